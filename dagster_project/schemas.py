"""Columns of every table an asset holds, as Dagster's schemas: its main table where Dagster looks for one, the others by name."""

from __future__ import annotations

import dagster as dg
import pyarrow as pa

from llm_assets.formats import tables
from llm_assets.plan import ASSETS
from llm_assets.quality.signals import DESCRIPTIONS
from llm_assets.shelves import SHELVES

MEANINGS = {signal.name: f"{signal.definition} ({signal.unit})" for signal in DESCRIPTIONS}
"""What a signal's column holds."""


def column_schemas(asset: str) -> dict[str, dg.MetadataValue]:
    """The schemas of an asset's tables; none where it holds no table."""
    held = {table: schema for schema, sources in SHELVES.values() for of, table in sources if of == asset}
    held |= {"files": tables.FILES} if asset == "raw_crawl" else {}
    main = next((table for table in ASSETS[asset].kept if table in held), None)
    names = {table: "dagster/column_schema" if table == main else f"columns of {table}" for table in held}
    return {names[table]: dg.MetadataValue.table_schema(_describe_table(schema)) for table, schema in sorted(held.items())}


def _describe_table(schema: pa.Schema) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(field.name, str(field.type), MEANINGS.get(field.name), dg.TableColumnConstraints(nullable=field.nullable))
            for field in schema
        ]
    )
