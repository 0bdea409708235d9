"""A root with a corpus of a few pages, packed and indexed by the stages as a run has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from llm_assets.engine import LocalEngine
from llm_assets.formats import tables
from llm_assets.formats.doc import format_doc, make_doc
from llm_assets.formats.manifest import describe_output, put_manifest, put_text
from llm_assets.formats.parquet import write_rows
from llm_assets.gate import FILE, chosen_shards
from llm_assets.plan import ASSETS
from llm_assets.recipe import override, put_recipe, read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.shards.stage import pack_shards
from llm_assets.shelves import rebuild_catalog
from llm_assets.step import begin_step
from llm_assets.tokenizer.stage import build_tokenizer
from llm_assets.trace.stage import index_shards

CRAWL = "pages"
RECIPE = '[tokenizer]\nvocabulary = 500\n[shards]\nvalidation_fraction = 0\n[trace_index]\nsplits = ["train"]\npart_tokens = 300\n'


def make_traced_root(home: Path, pages: Sequence[tuple[str, str]]) -> DataRoot:
    """A root whose corpus is these pages (URL and text): page i is record i of the crawl's one file."""
    root = DataRoot.at(home)
    put_recipe(root.recipe, RECIPE)
    root.add_crawl(CRAWL, "warc_files", {"path": str(home)})
    docs = [make_doc(0, 0, number) for number in range(len(pages))]
    base = {"dump": CRAWL, "file_path": "pages.warc", "language": "en", "language_score": 0.99}
    corpus = [{**base, "doc": doc, "id": format_doc(doc), "url": url, "text": text} for doc, (url, text) in zip(docs, pages, strict=True)]
    survivors = [{"doc": doc, "family": doc, "cluster_size": 1} for doc in docs]
    put_table(root, "pii_scrubbed_corpus", "corpus", corpus)
    put_table(root, "deduped_docs", "docs", survivors)
    materialize(root, "tokenizer")
    materialize(root, "token_shards")
    index_training_set(root)
    rebuild_catalog(root)
    return root


def put_table(root: DataRoot, asset: str, table: str, rows: Sequence[dict[str, object]]) -> None:
    """Makes a table the current output of the crawl."""
    place = root.place(asset, CRAWL)
    write_rows(place / "1" / f"{table}.parquet", rows, {"corpus": tables.CORPUS, "docs": tables.DEDUPED}[table])
    put_manifest(place, describe_output(asset, CRAWL, place / "1", ASSETS[asset].kept, ASSETS[asset].code, {}))


def index_training_set(root: DataRoot) -> None:
    """Makes the crawl's shards the training set, and indexes them."""
    materialize(root, "training_set")
    materialize(root, "trace_index")


def change_recipe(root: DataRoot, setting: str) -> None:
    put_recipe(root.recipe, override(root.recipe.read_text(encoding="utf-8"), [setting]))


def materialize(root: DataRoot, asset: str) -> None:
    """Runs one stage as its asset does."""
    recipe, engine = read_recipe(root.recipe), LocalEngine()
    with begin_step(root, recipe, engine, asset, CRAWL if ASSETS[asset].per_crawl else None) as step:
        match asset:
            case "tokenizer":
                step.report = build_tokenizer([step.read("pii_scrubbed_corpus", CRAWL)], step.folder, recipe.tokenizer, engine)
            case "token_shards":
                corpus, deduped, model = map(step.read, ("pii_scrubbed_corpus", "deduped_docs", "tokenizer"))
                step.report = pack_shards(corpus, deduped, model, step.folder, recipe.shards, engine)
            case "training_set":
                # Chosen by hand: the gate wants to see all that lies before the corpus, too.
                content = {"tokenizer": step.snapshot.version("tokenizer"), "shards": {CRAWL: step.snapshot.version("token_shards", CRAWL)}}
                put_text(step.folder / FILE, json.dumps(content))
                step.report = Report(asset, 1, 1)
            case "trace_index":
                step.report = index_shards(chosen_shards(step), step.folder, recipe.trace_index, step.engine, step.read_reusable())
