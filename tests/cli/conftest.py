"""A command line in this process, and a root with a page for every fate, made without running the pipeline."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from cli_pages import COPY, CRAWLED, GONE, HOSTILE, KEPT, PAGES, RECIPE, key, measured

from llm_assets.cli import main
from llm_assets.cli.shared import PIPED_WIDTH, stdout
from llm_assets.engine import LocalEngine
from llm_assets.formats import tables
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact, describe_output, put_manifest, with_figures
from llm_assets.formats.parquet import write_rows
from llm_assets.quality.decisions import decide_documents
from llm_assets.quality.signals import SIGNALS
from llm_assets.recipe import Recipe, parse_recipe
from llm_assets.root import DataRoot
from llm_assets.shelves import rebuild_catalog


class Shelf:
    """Puts outputs into a root, as a run would."""

    def __init__(self, root: DataRoot) -> None:
        self.root = root

    def put(self, asset: str, contents: Mapping[str, tuple[Sequence[Mapping[str, Any]], pa.Schema]], inputs: Mapping[str, str]) -> None:
        folder = self.root.place(asset, "pages") / "1"
        for table, (rows, schema) in contents.items():
            write_rows(folder / f"{table}.parquet", rows, schema)
        self.finish(asset, inputs)

    def finish(self, asset: str, inputs: Mapping[str, str]) -> None:
        place = self.root.place(asset, "pages")
        manifest = describe_output(asset, "pages", place / "1", ("docs",), "1", inputs)
        put_manifest(place, with_figures(manifest, {"kept": 2, "unit": "documents", "read": 2}, CRAWLED, 1.25))


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """A root whose one crawl, ``pages``, holds PAGES as records 1 to 6, and a WARC header as record 0. It is for reading."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "0.warc").write_bytes(b"unread")
    root = DataRoot.at(folder / "home")
    root.recipe.write_text(RECIPE, encoding="utf-8")
    root.add_crawl("pages", "warc_files", {"path": str(folder)})
    _fill(Shelf(root), parse_recipe(RECIPE))
    rebuild_catalog(root)
    return root


@pytest.fixture
def own_pages(pages: DataRoot, tmp_path: Path) -> DataRoot:
    """A copy of that root, to be changed."""
    shutil.copytree(pages.home, tmp_path / "home")
    root = DataRoot.at(tmp_path / "home")
    rebuild_catalog(root)
    return root


def _fill(shelf: Shelf, recipe: Recipe) -> None:
    root = shelf.root
    warc = {"file": 0, "location": "pages.warc", "bytes": 9_000, "sha256": "0" * 64, "removed": False}
    shelf.put("raw_crawl", {"files": ([warc], tables.FILES)}, {})
    record = {"offset": 1_000, "length": 500, "mime": "text/html", "type": "response", "date": CRAWLED}
    records = [{**record, "doc": key(0), "type": "warcinfo"}]
    records += [{**record, "doc": key(number), "url": page.url, "status": page.status} for number, page in PAGES.items()]
    read = {number: page for number, page in PAGES.items() if page.status == 200}
    texts = [{"doc": key(n), "url": page.url, "title": page.title, "text": "mail ada@mail.test"} for n, page in read.items()]
    gone = {"doc": key(GONE), "stage": "extracted_text", "rule": "http_status", "value": 404.0, "low": 200.0, "high": 299.0}
    extracted = {"records": (records, tables.RECORDS), "texts": (texts, tables.TEXTS), "rejections": ([gone], tables.REJECTIONS)}
    shelf.put("extracted_text", extracted, {})
    shelf.put("quality_signals", {"signals": ([measured(page, key(n)) for n, page in read.items()], SIGNALS)}, {})
    signals = Artefact.of_folder(root.place("quality_signals", "pages") / "1")
    decide_documents(signals, root.place("filtered_docs", "pages") / "1", recipe.filters, LocalEngine())
    shelf.finish("filtered_docs", {"recipe/filters": recipe.fingerprint("filters")})
    near = {"doc": key(COPY), "stage": "deduped_docs", "rule": "near", "value": 0.97, "detail": format_doc(key(KEPT))}
    pair = {"doc": key(COPY), "elder": key(KEPT), "kind": "near", "similarity": 0.97, "removed": True}
    left = [{"doc": key(n), "family": key(n), "cluster_size": 2 if n == KEPT else 1} for n in (KEPT, HOSTILE)]
    shelf.put(
        "deduped_docs",
        {"docs": (left, tables.DEDUPED), "duplicates": ([pair], tables.DUPLICATES), "rejections": ([near], tables.REJECTIONS)},
        {},
    )
    base = {"dump": "pages", "file_path": "pages.warc", "language": "en", "language_score": 0.99, "text": "mail email@example.com"}
    corpus = [{**base, "doc": key(n), "id": format_doc(key(n)), "url": PAGES[n].url} for n in (KEPT, HOSTILE)]
    finding = {"doc": key(KEPT), "field": "text", "kind": "email", "start": 5, "end": 22}
    shelf.put("pii_scrubbed_corpus", {"corpus": (corpus, tables.CORPUS), "findings": ([finding], tables.FINDINGS)}, {})
    place = {"doc": key(KEPT), "split": "train", "shard": 0, "start": 1_234, "length": 56}
    shelf.put("token_shards", {"documents": ([place], tables.DOCUMENTS)}, {})


class Outcome(NamedTuple):
    """What a call of the command line left behind."""

    status: int
    out: str
    err: str


Call = Callable[..., Outcome]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """``llm-assets`` with these words, on a page of ``width`` columns; ``home`` is the root it works on."""
    for name in ("LLM_ASSETS_HOME", "LLM_ASSETS_STATE", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*words: str, home: DataRoot | Path | None = None, width: int = PIPED_WIDTH) -> Outcome:
        start = ["--home", str(home.home if isinstance(home, DataRoot) else home)] if home else []
        monkeypatch.setattr(sys, "argv", ["llm-assets", *start, *words])
        stdout.width = width
        with pytest.raises(SystemExit) as ended:
            main()
        return Outcome(int(ended.value.code or 0), *capsys.readouterr())

    yield invoke
    stdout.width = PIPED_WIDTH
