"""A root of two crawls that were measured and signed, without any text: what is decided of them, and by whom."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa

from llm_assets.dedup.config import Signatures
from llm_assets.dedup.duplicates import remove_duplicates
from llm_assets.dedup.scheme import describe_scheme
from llm_assets.engine import LocalEngine
from llm_assets.formats import tables
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import describe_output, put_manifest, record_check
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.quality.decisions import decide_documents
from llm_assets.quality.signals import SIGNALS
from llm_assets.recipe import Recipe, parse_recipe, put_recipe
from llm_assets.root import DataRoot
from llm_assets.step import begin_step

CRAWLS = ("a", "b")
DOCUMENTS = 60
RECIPE = """
[filters.language]
languages = { en = 0.65, de = 0.8 }
[filters.gopher_quality]
min_words = 30
[filters.c4]
[signatures]
bands = 3
rows = 2
"""
SIGNED = Signatures(bands=3, rows=2)
ENGINE = LocalEngine()
HOSTILE_TITLE = "\x1b[31m[bold red]<script>alert(1)</script> mail ada@mail.test \u202e"


def make_judged_root(folder: Path) -> DataRoot:
    """Signals and signatures of all crawls, drawn by a fixed seed: few values, so that bounds and buckets are hit often."""
    root = DataRoot.at(folder)
    put_recipe(root.recipe, RECIPE)
    draw = random.Random(7)
    for sequence, name in enumerate(CRAWLS):
        (folder / "warcs" / name).mkdir(parents=True)
        (folder / "warcs" / name / "0.warc").write_bytes(b"unread")
        root.add_crawl(name, "warc_files", {"path": str(folder / "warcs" / name)})
        docs = [make_doc(sequence, 0, number) for number in range(DOCUMENTS)]
        _put(root, "raw_crawl", name, "files", tables.FILES.empty_table())
        texts = [{"doc": doc, "url": f"https://site{doc % 4}.test/{name}/{doc}", "title": HOSTILE_TITLE} for doc in docs]
        without_text = pa.schema([tables.TEXTS.field(column) for column in ("doc", "url", "title")])
        _put(root, "extracted_text", name, "texts", pa.Table.from_pylist(texts, schema=without_text))
        _put(root, "quality_signals", name, "signals", pa.Table.from_pylist([_measure(doc, draw) for doc in docs], schema=SIGNALS))
        _put(
            root,
            "minhash_signatures",
            name,
            "signatures",
            pa.Table.from_pylist([_sign(doc, draw) for doc in docs], schema=tables.SIGNATURES),
        )
    return root


def _measure(doc: int, draw: random.Random) -> dict[str, object]:
    good = {"mean_word_length": 5.0, "alpha_word_fraction": 1.0, "stop_words": 8.0}
    drawn = {
        "words": float(draw.randrange(20, 80, 10)),
        "sentences": float(draw.randrange(4, 9)),
        "curly_brackets": float(draw.random() < 0.2),
    }
    known = {"doc": doc, "language": draw.choice(["en", "en", "de", "fr"]), "language_score": draw.choice([0.6, 0.7, 0.9])}
    return dict.fromkeys(SIGNALS.names, 0.0) | good | drawn | known


def _sign(doc: int, draw: random.Random) -> dict[str, object]:
    """Values from a small pool: of twelve texts some are copies in part; which are equal is drawn apart."""
    text = draw.randrange(12)
    values = [text * 10 if draw.random() < 0.7 else draw.randrange(1_000, 9_000) for _ in range(SIGNED.permutations)]
    bands = [hash((band, *values[band * 2 : band * 2 + 2])) % 2**63 for band in range(SIGNED.bands)]
    return {"doc": doc, "exact": bytes([draw.randrange(100)] * 16), "signature": values, "bands": bands}


def _put(root: DataRoot, asset: str, crawl: str, table: str, rows: pa.Table) -> None:
    folder = root.place(asset, crawl) / "1"
    write_table(folder / f"{table}.parquet", [rows], rows.schema, describe_scheme(SIGNED) if table == "signatures" else None)
    inputs = {key: version for key, version in Snapshot(root, read(root)).inputs(asset, crawl).items() if version is not None}
    put_manifest(root.place(asset, crawl), describe_output(asset, crawl, folder, ASSETS[asset].kept, ASSETS[asset].code, inputs))
    _pass_checks(root, asset, crawl)


def run_decisions(root: DataRoot) -> None:
    """What a run does of filters and deduplication, under the root's recipe."""
    recipe = read(root)
    for name in CRAWLS:
        with begin_step(root, recipe, ENGINE, "filtered_docs", name) as step:
            step.report = decide_documents(step.read("quality_signals"), step.folder, recipe.filters, ENGINE)
        _pass_checks(root, "filtered_docs", name)
    for name in CRAWLS:
        with begin_step(root, recipe, ENGINE, "deduped_docs", name) as step:
            older = [(step.read("filtered_docs", each), step.read("minhash_signatures", each)) for each in step.older]
            step.report = remove_duplicates(
                step.read("filtered_docs"), step.read("minhash_signatures"), older, step.folder, recipe.dedup, ENGINE
            )
        _pass_checks(root, "deduped_docs", name)


def _pass_checks(root: DataRoot, asset: str, crawl: str) -> None:
    manifest = root.manifest(asset, crawl)
    assert manifest is not None
    for check in ASSETS[asset].checks:
        record_check(root.place(asset, crawl), manifest.folder, check, passed=True)


def read(root: DataRoot) -> Recipe:
    return parse_recipe(root.recipe.read_text(encoding="utf-8"))


def kept_docs(root: DataRoot, asset: str) -> set[int]:
    """Keys that a stage let through, over all crawls."""
    crawls = Snapshot(root, read(root)).crawls
    parts = [part for name in crawls if root.manifest(asset, name) for part in root.artefact(asset, name).table("docs")]
    return set(read_table(parts, tables.DOCS)["doc"].to_pylist())
