"""Stage ``raw_crawl``: from a declaration to a numbered list of WARC files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from llm_assets.crawl.declaration import Declaration
from llm_assets.engine import Engine
from llm_assets.errors import DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import FILES
from llm_assets.report import Report


def collect_files(declaration: Declaration, previous: Artefact | None, target: Path, engine: Engine) -> Report:
    """Writes ``files.parquet`` (schema FILES), and below ``target`` the WARC files that the source makes itself.

    The list is append-only: a location that ``previous`` knows keeps its number, new ones follow in sorted order, and those
    gone stay as tombstones (``removed``, with the size and digest they had). ConfigError where the source is not there.
    """
    target.mkdir(parents=True, exist_ok=True)
    collected = declaration.parameters.collect(target)
    known = [] if previous is None else read_table(previous.table("files"), FILES).to_pylist()
    paths = [resolve_location(target, location) for location in collected.locations]
    measured = dict(zip(collected.locations, engine.map(_measure_file, paths, "hashing files"), strict=True))
    rows = _number_files(known, measured)
    make_doc(declaration.sequence, max(len(rows) - 1, 0), 0)  # refuses numbers that no document key can hold
    write_rows(target / "files.parquet", rows, FILES)
    figures = {"bytes": sum(size for size, _ in measured.values()), "removed": len(rows) - len(measured)}
    return Report("raw_crawl", len(measured), len(measured), figures=figures, unit="files", warnings=collected.warnings)


def resolve_location(folder: Path, location: str) -> Path:
    """Where a file of ``files.parquet`` lies: at its absolute path, or below the output's ``folder``."""
    if ".." in PurePosixPath(location).parts:
        raise DataError(f"a location leads out of its folder: {location!r}", folder / "files.parquet")
    return folder / location


def _number_files(known: Sequence[dict[str, Any]], measured: dict[str, tuple[int, str]]) -> list[dict[str, Any]]:
    """Rows by number: the known ones as they are now, then the new ones."""
    rows = []
    for row in known:
        size, digest = measured.get(row["location"], (row["bytes"], row["sha256"]))
        rows.append({**row, "bytes": size, "sha256": digest, "removed": row["location"] not in measured})
    new = sorted(measured.keys() - {row["location"] for row in known})
    for number, location in enumerate(new, len(rows)):
        size, digest = measured[location]
        rows.append({"file": number, "location": location, "bytes": size, "sha256": digest, "removed": False})
    return rows


def _measure_file(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_size, hash_file(path)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror})", path) from error
