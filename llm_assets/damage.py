"""Is every file still what it was when it was written? Hashes anew what manifests name, and the archives that crawls were read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llm_assets.errors import DataError
from llm_assets.formats.manifest import MANIFEST, Artefact, hash_file
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.plan import label, list_outputs
from llm_assets.root import DataRoot


@dataclass(frozen=True)
class Inspection:
    """One file. ``verdict`` is whole, damaged (other bytes than were written) or missing."""

    output: str
    file: str
    verdict: str
    manifest: Path

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.verdict == "whole"

    def __str__(self) -> str:
        return f"{self.output}: {self.file} is {self.verdict}"


REMEDY = "where an output is damaged, delete its manifest.json, and the next run makes it anew; an archive must come back from a copy"


def inspect_root(root: DataRoot) -> Iterator[Inspection]:
    """Every file of every current output, of disabled crawls too; of ``raw_crawl`` also the archives elsewhere on this disk."""
    names = [crawl.name for crawl in root.crawls(disabled=True)]
    for asset, crawl in list_outputs(names):
        yield from _inspect_output(root, asset, crawl)


def _inspect_output(root: DataRoot, asset: str, crawl: str | None) -> Iterator[Inspection]:
    place, output = root.place(asset, crawl), label(asset, crawl)
    try:
        manifest = root.manifest(asset, crawl)
    except DataError:
        yield Inspection(output, MANIFEST, "damaged", place / MANIFEST)
        return
    if manifest is None:
        return
    whole = True
    for entry in manifest.files:
        verdict = _judge(root, place / manifest.folder / entry.path, entry.sha256)
        whole = whole and verdict == "whole"
        yield Inspection(output, entry.path, verdict, place / MANIFEST)
    if asset == "raw_crawl" and whole:
        for path, digest in _list_archives(root.open(manifest)):
            yield Inspection(output, str(path), _judge(root, path, digest), place / MANIFEST)


def _list_archives(raw: Artefact) -> Iterator[tuple[Path, str]]:
    for row in read_table(raw.table("files"), FILES).to_pylist():
        if not row["removed"] and row["location"].startswith("/"):
            yield Path(row["location"]), row["sha256"]


def _judge(root: DataRoot, path: Path, digest: str) -> str:
    try:
        found = root.hash(path) if path.is_relative_to(root.home) else hash_file(path)
    except FileNotFoundError:
        found = None
    except OSError:  # a disk that cannot read it any more
        found = ""
    return "missing" if found is None else "whole" if found == digest else "damaged"
