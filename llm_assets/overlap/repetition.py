"""Table ``repetition``: what documents of a crawl have in common, line by line and wherever passages begin."""

from __future__ import annotations

from pathlib import Path

from llm_assets.catalog import bind, connect, run_query
from llm_assets.engine import Engine
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import LINES, PASSAGES, REPETITION
from llm_assets.overlap.config import Repetition
from llm_assets.overlap.lines import measure_lines
from llm_assets.overlap.passages import measure_passages
from llm_assets.quality.cleaning import Cleaning


def measure_repetition(
    parts: list[Path], docs: tuple[Path, ...], target: Path, cleaning: Cleaning, repetition: Repetition, engine: Engine
) -> None:
    """Writes table ``repetition`` into ``target``, and beside it ``lines`` and ``passages`` as far as they are asked for."""
    if repetition.lines:
        measure_lines(parts, docs, target, cleaning, engine)
    if repetition.passages:
        measure_passages(parts, docs, target, cleaning, repetition, engine)
    with connect(engine.memory, engine.threads, engine.spill) as connection:
        for name, schema in (("lines", LINES), ("passages", PASSAGES)):
            bind(connection, name, sorted((target / name).glob("*.parquet")), schema)
        write_table(target / "repetition.parquet", run_query(connection, "overlap/repetition"), REPETITION)
