"""Asset ``filtered_docs``: the documents within all bounds, and for each of the others the first bound it broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from llm_assets.catalog import bind, connect, read_query, run_query
from llm_assets.engine import Engine
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import DOCS, REJECTIONS
from llm_assets.quality.bounds import Filter, bounds_table
from llm_assets.quality.signals import SIGNALS
from llm_assets.report import Report

STAGE = "filtered_docs"


def decide_documents(signals: Artefact, target: Path, filters: Mapping[str, Filter], engine: Engine) -> Report:
    """Writes ``docs.parquet`` and ``rejections.parquet``; reads no text.

    The filters' order is the order in which bounds are tried: the first one broken is the reason. Raises ConfigError where a
    bound names a signal that is not measured.
    """
    bounds = bounds_table(filters)
    unknown = sorted(set(bounds["signal"].to_pylist()) - set(SIGNALS.names[2:]))
    if unknown:
        raise ConfigError(f"there are bounds on {', '.join(unknown)}, but the signals are {', '.join(SIGNALS.names[2:])}")
    rejected: Counter[str] = Counter()
    with connect(engine.memory, engine.threads, engine.spill) as connection:
        bind(connection, "signals", signals.table("signals"), SIGNALS)
        bind(connection, "bounds", bounds)
        connection.sql(read_query("quality/broken")).create("broken")
        kept = write_table(target / "docs.parquet", run_query(connection, "quality/kept"), DOCS)
        reasons = run_query(connection, "quality/decide", stage=STAGE)
        write_table(target / "rejections.parquet", _count_rules(reasons, rejected), REJECTIONS)
        read, broken = connection.table("signals").shape[0], connection.table("broken").shape[0]
    return Report(STAGE, read, kept, dict(sorted(rejected.items())), {"broken_bounds": broken})


def _count_rules(batches: Iterable[pa.RecordBatch], counts: Counter[str]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        counts.update(batch.column("rule").to_pylist())
        yield batch
