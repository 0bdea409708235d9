"""The corpus as a dataset to hand on: its Parquet files by crawl, and the card that says what they are.

The folder is one that ``datasets.load_dataset`` and the Hugging Face Hub read: ``README.md``, and ``data/CRAWL/00000.parquet`` …
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from llm_assets.catalog import bind, connect, fetch_rows
from llm_assets.dataset_card import CORPUS_ASSET, CorpusCounts, write_card
from llm_assets.engine import Progress
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import hash_file
from llm_assets.formats.tables import CORPUS
from llm_assets.plan import Snapshot, survey
from llm_assets.recipe import Recipe
from llm_assets.root import DataRoot

TABLE = "corpus"
CARD = "README.md"
MOST_HOSTS = 10
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ExportedFile:
    """One file of the dataset: where it lies now, where it goes below the folder, and what its bytes must be."""

    crawl: str
    source: Path
    path: str
    documents: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Export:
    """What an export writes."""

    files: tuple[ExportedFile, ...]
    card: str

    @property
    def bytes(self) -> int:
        """Size of the whole dataset."""
        return len(self.card.encode()) + sum(file.bytes for file in self.files)


def plan_export(root: DataRoot, recipe: Recipe, crawls: Sequence[str] = ()) -> Export:
    """The dataset of the named crawls, or of all that are enabled and have a corpus; nothing is written.

    ConfigError where a crawl's corpus is not current, since the card would tell of another recipe, or where there is no document.
    """
    snapshot = Snapshot(root, recipe)
    chosen = _choose_crawls(snapshot, crawls)
    files = tuple(file for crawl in chosen for file in _list_files(root, crawl))
    if not files:
        raise ConfigError("the corpus holds no document: `llm-assets funnel` tells where they went")
    redactions: dict[str, int] = dict.fromkeys(recipe.pii.kinds, 0)
    for crawl in chosen:
        manifest = snapshot.manifest(CORPUS_ASSET, crawl)
        figures = manifest.report.get("figures", {}) if manifest else {}
        for kind in redactions:
            redactions[kind] += figures.get(f"{kind}_redactions", 0)
    with connect() as connection:
        bind(connection, TABLE, [file.source for file in files], CORPUS)
        languages = fetch_rows(connection, "export/languages")
        hosts = fetch_rows(connection, "export/hosts", most=MOST_HOSTS)
    return Export(files, write_card(recipe, CorpusCounts(languages, hosts, redactions)))


def _choose_crawls(snapshot: Snapshot, wanted: Sequence[str]) -> list[str]:
    for crawl in wanted:
        snapshot.root.crawl(crawl)
    standings = {each.crawl: each for each in survey(snapshot) if each.asset == CORPUS_ASSET and each.crawl is not None}
    for crawl in wanted or list(standings):
        if crawl not in standings:
            raise ConfigError(f"crawl {crawl} is disabled: `llm-assets crawl enable {crawl}`")
        standing = standings[crawl]
        if wanted and standing.made is None:
            raise ConfigError(f"crawl {crawl} has no corpus yet: `llm-assets run` makes it")
        if standing.made is not None and not standing.settled:
            because = ", ".join(standing.because) or f"{', '.join(standing.waits_for)} is not current"
            raise ConfigError(f"the corpus of crawl {crawl} is not current ({because}): `llm-assets run` first")
    return [crawl for crawl in snapshot.crawls if standings[crawl].state == "current" and (not wanted or crawl in wanted)]


def _list_files(root: DataRoot, crawl: str) -> Iterator[ExportedFile]:
    """Parts of a crawl's corpus that hold a document."""
    artefact = root.artefact(CORPUS_ASSET, crawl)
    entries = {entry.path: entry for entry in artefact.files}
    for source in artefact.table(TABLE):
        entry = entries[source.relative_to(artefact.folder).as_posix()]
        if documents := pq.read_metadata(source).num_rows:
            yield ExportedFile(crawl, source, f"data/{crawl}/{source.name}", documents, entry.bytes, entry.sha256)


def check_folder(folder: Path) -> None:
    """ConfigError unless ``folder`` can be made, or is empty: an export never mixes with what is there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty: name a folder that is, or that does not exist yet")


def write_export(export: Export, folder: Path, *, link: bool, progress: Progress) -> None:
    """Writes the dataset as a whole or not at all: beside ``folder`` first, then in its place.

    Files are copied, or with ``link`` hard-linked, and each is held against the hash in its manifest on the way: DataError names
    one that is damaged, and ConfigError tells where links cannot be.
    """
    check_folder(folder)
    waiting = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(waiting, ignore_errors=True)
    try:
        for done, file in enumerate(export.files):
            progress("exporting the corpus", done, len(export.files), "files")
            target = waiting / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = _link(file.source, target) if link else _copy(file.source, target)
            if digest != file.sha256:
                raise DataError("the file is not what its manifest says: run the asset again", file.source)
        (waiting / CARD).write_text(export.card, encoding="utf-8")
        waiting.replace(folder)
        progress("exporting the corpus", len(export.files), len(export.files), "files")
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def _copy(source: Path, target: Path) -> str:
    """Digest of what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as write:
        while chunk := read.read(_CHUNK):
            digest.update(chunk)
            write.write(chunk)
    return digest.hexdigest()


def _link(source: Path, target: Path) -> str:
    try:
        target.hardlink_to(source)
    except OSError as error:
        raise ConfigError(f"a file cannot be in two folders here ({error.strerror}): leave out --link, and it is copied") from error
    return hash_file(target)
