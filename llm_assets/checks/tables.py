"""Queries of ``sql/checks`` over the tables of a crawl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pyarrow as pa

from llm_assets.catalog import bind, connect, fetch_rows
from llm_assets.root import DataRoot
from llm_assets.shelves import SHELVES

Table: TypeAlias = tuple[str, str] | pa.Table
"""An asset's table, by their names; or one that is at hand."""


def find_rows(root: DataRoot, crawl: str | None, query: str, bound: Mapping[str, Table]) -> list[dict[str, Any]]:
    """Rows of ``sql/checks/QUERY.sql`` over what its names are bound to, as the manifests name it now."""
    with connect() as connection:
        for name, table in bound.items():
            if isinstance(table, pa.Table):
                bind(connection, name, table)
            else:
                asset, part = table
                bind(connection, name, root.artefact(asset, crawl).table(part), schema_of(asset, part))
        return fetch_rows(connection, f"checks/{query}")


def schema_of(asset: str, table: str) -> pa.Schema:
    """The columns of an asset's table."""
    return next(schema for schema, sources in SHELVES.values() if (asset, table) in sources)
