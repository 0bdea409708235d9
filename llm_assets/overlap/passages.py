"""Passages that several documents of a crawl have, wherever in a line they begin (Lee et al. 2022), measured and not cut out.

The cleaned texts are compared in blocks of whole documents, in the order of their keys, since a suffix array must be in memory. How large a
block is stands in the recipe and never hangs on the machine; what only documents of different blocks share is not found.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from pydantic import ByteSize, TypeAdapter

from llm_assets.engine import Engine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import PASSAGES
from llm_assets.overlap.config import Repetition
from llm_assets.overlap.suffixes import MEMORY, find_passages
from llm_assets.overlap.survivors import read_survivors
from llm_assets.quality.cleaning import Cleaning, clean_texts
from llm_assets.utf8 import Utf8


def measure_passages(
    parts: list[Path], docs: tuple[Path, ...], target: Path, cleaning: Cleaning, repetition: Repetition, engine: Engine
) -> None:
    """Writes table ``passages`` into ``target``, a part a block; one block is in memory at a time.

    DataError says how much memory a block needs where the engine's is less, ConfigError that
    this is no size.
    """
    limit = _parse_memory(engine.memory)
    for number, block in enumerate(_read_blocks(parts, docs, cleaning, repetition.passage_block_bytes)):
        needed = ByteSize(MEMORY * (block["bytes"].sum() + block.height))
        if needed > limit:
            raise DataError(
                f"repeated passages of {block.height:,} documents need {needed.human_readable(decimal=True)} of memory, and may take "
                f"{engine.memory}: allow more, or set a smaller repetition.passage_block_bytes"
            )
        found = find_passages(Utf8.of(block["text"]), repetition.passage_bytes)
        columns = {name: found[:, column] for column, name in enumerate(PASSAGES.names[2:])}
        table = block.select("doc", "bytes").with_columns(pl.Series(name, values) for name, values in columns.items())
        write_table(target / f"passages/{number:05}.parquet", [table.to_arrow().cast(PASSAGES)], PASSAGES)


def _parse_memory(written: str) -> int:
    """Bytes. A share of the machine's memory, which DuckDB takes too, is refused."""
    if written.endswith("%"):
        raise ConfigError(f"repeated passages want the memory as a size, such as 4GB, not {written!r}")
    return TypeAdapter(ByteSize).validate_python(written)


def _read_blocks(parts: list[Path], docs: tuple[Path, ...], cleaning: Cleaning, block_bytes: int) -> Iterator[pl.DataFrame]:
    """Columns ``doc``, ``text`` (cleaned) and ``bytes``, block by block; a document is of the block in which it begins."""

    def pieces() -> Iterator[tuple[int, pl.DataFrame]]:
        before = 0
        for part in parts:
            for frame in read_survivors(part, docs):
                texts = clean_texts(frame["text"], cleaning)
                sized = frame.select("doc", text=texts).with_columns(bytes=pl.col("text").str.len_bytes().cast(pl.UInt64))
                begins = before + pl.col("bytes").cum_sum() - pl.col("bytes")
                for (block,), piece in sized.with_columns(block=begins // block_bytes).group_by("block", maintain_order=True):
                    yield int(str(block)), piece
                before += int(sized["bytes"].sum())

    for _, block in itertools.groupby(pieces(), key=lambda numbered: numbered[0]):
        yield pl.concat([piece for _, piece in block])
