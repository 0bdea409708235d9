"""Stage ``raw_crawl``: from a declaration to a numbered list of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from llm_assets.crawl.declaration import Declaration
from llm_assets.crawl.files import resolve_location
from llm_assets.engine import Engine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import FILES
from llm_assets.report import Report


def collect_files(declaration: Declaration, previous: Artefact | None, target: Path, place: Path, engine: Engine) -> Report:
    """Writes ``files.parquet`` (schema FILES), and below ``target`` the files that the source makes or brings.

    The list is append-only: a location that ``previous`` knows keeps its number, new ones follow in sorted order, and those
    gone stay as tombstones (``removed``, with the size and digest they had). A source that numbers its files itself is
    followed. ``place`` is the folder of the crawl's outputs, where a source keeps what it need not fetch again. ConfigError where the
    source is not there, or a number it gives is another file's.
    """
    target.mkdir(parents=True, exist_ok=True)
    source = declaration.parameters
    collected = source.collect(target, place, engine.progress)
    known = [] if previous is None else read_table(previous.table("files"), FILES).to_pylist()
    here = [location for location in collected.locations if location not in collected.measured]
    paths = [resolve_location(target, location) for location in here]
    measured = {**collected.measured, **dict(zip(here, engine.map(_measure_file, paths, "hashing files"), strict=True))}
    rows = _number_files(known, measured, collected.numbers)
    make_doc(declaration.sequence, max((row["file"] for row in rows), default=0), 0)  # refuses numbers that no document key can hold
    write_rows(target / "files.parquet", rows, FILES)
    figures = {"bytes": sum(size for size, _ in measured.values()), "removed": len(rows) - len(measured), **collected.figures}
    missing = len(collected.missing)
    rejected = {"missing": missing} if missing else {}
    return Report("raw_crawl", len(measured) + missing, len(measured), rejected, figures, "files", collected.warnings)


def _number_files(
    known: Sequence[dict[str, Any]], measured: Mapping[str, tuple[int, str]], given: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Rows by number: the known ones as they are now, and the new ones under the numbers given, or else the next."""
    rows = {}
    for row in known:
        size, digest = measured.get(row["location"], (row["bytes"], row["sha256"]))
        rows[row["file"]] = {**row, "bytes": size, "sha256": digest, "removed": row["location"] not in measured}
    free = count(max(rows, default=-1) + 1)
    for location in sorted(measured.keys() - {row["location"] for row in known}):
        number = given[location] if location in given else next(free)
        if number in rows:
            raise ConfigError(
                f"file number {number} of this crawl is {rows[number]['location']}: {location} belongs to another crawl, add one"
            )
        size, digest = measured[location]
        rows[number] = {"file": number, "location": location, "bytes": size, "sha256": digest, "removed": False}
    return [rows[number] for number in sorted(rows)]


def _measure_file(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_size, hash_file(path)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror})", path) from error
