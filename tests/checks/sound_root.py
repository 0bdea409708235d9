"""A small root whose every output passes its checks, and how one table of it is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from safetensors.torch import save_file

from llm_assets.engine import LocalEngine
from llm_assets.formats import tables
from llm_assets.formats.doc import format_doc, make_doc
from llm_assets.formats.manifest import Artefact, describe_output, put_manifest
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.quality.decisions import decide_documents
from llm_assets.quality.signals import SIGNALS
from llm_assets.recipe import put_recipe, read_recipe
from llm_assets.root import DataRoot
from llm_assets.shards.config import Shards
from llm_assets.shards.stage import pack_shards
from llm_assets.tokenizer.bpe import train_bpe
from llm_assets.tokenizer.config import Tokenizer

RECIPE = """
[filters.language]
languages = { en = 0.65, de = 0.8 }
[filters.gopher_quality]
min_words = 30
[filters.gopher_quality.by_language.de]
min_words = 20
[sampling]
prompts = ["", "The"]
windows = 1
"""
CRAWL = "a"
ENGINE = LocalEngine()
DOCS = [make_doc(0, 0, number) for number in range(8)]
NO_DOCUMENT, WITHOUT_TEXT = make_doc(0, 0, 8), make_doc(0, 0, 9)
TEXTS = [f"Document {number} tells of bïrds and 日本. " * (number + 1) for number in range(4)]
GOOD = {"mean_word_length": 5.0, "alpha_word_fraction": 1.0, "stop_words": 8.0, "words": 50.0}
SCHEMAS = {"texts": tables.TEXTS, "records": tables.RECORDS, "signals": SIGNALS, "signatures": tables.SIGNATURES, "docs": tables.DOCS}
SCHEMAS |= {"rejections": tables.REJECTIONS, "corpus": tables.CORPUS, "documents": tables.DOCUMENTS}

Rows = list[dict[str, Any]]


def measured(number: int) -> dict[str, Any]:
    """Signals of a document: one in German of few words, one of the others of too few, one in no language that is wanted."""
    language = {5: "de", 7: "fr"}.get(number, "en")
    words = {5: 25.0, 6: 25.0}.get(number, 50.0)
    known = {"doc": DOCS[number], "language": language, "language_score": 0.9, "words": words}
    return dict.fromkeys(SIGNALS.names, 0.0) | GOOD | known


def rejection(doc: int, stage: str, rule: str) -> dict[str, Any]:
    return {"doc": doc, "stage": stage, "rule": rule}


def make_sound_root(folder: Path) -> DataRoot:
    """One crawl of ten records, of which four documents reach the corpus."""
    root = DataRoot.at(folder)
    put_recipe(root.recipe, RECIPE)
    root.add_crawl(CRAWL, "warc_files", {"path": str(folder)})
    records = [{"doc": doc, "offset": 0, "length": 1, "type": "response", "opt_outs": []} for doc in [*DOCS, WITHOUT_TEXT]]
    records.append({"doc": NO_DOCUMENT, "offset": 0, "length": 1, "type": "warcinfo", "opt_outs": None})
    texts = [{"doc": doc, "url": "https://a.invalid/", "text": "a text"} for doc in DOCS]
    write(root, "extracted_text", records=records, texts=texts, rejections=[rejection(WITHOUT_TEXT, "extracted_text", "empty")])
    write(root, "quality_signals", signals=[measured(number) for number in range(8)])
    write(root, "minhash_signatures", signatures=[{"doc": doc, "exact": bytes(16)} for doc in DOCS])
    recipe = read_recipe(root.recipe)
    put(root, "filtered_docs", lambda target: decide_documents(root.artefact("quality_signals", CRAWL), target, recipe.filters, ENGINE))
    survivors = [{"doc": doc, "family": doc, "cluster_size": 1} for doc in DOCS[:5]]
    write(root, "deduped_docs", {"docs": tables.DEDUPED}, docs=survivors, rejections=[rejection(DOCS[5], "deduped_docs", "exact")])
    write(root, "selected_docs", docs=[{"doc": doc} for doc in DOCS[:4]], rejections=[rejection(DOCS[4], "selected_docs", "forgotten")])
    corpus = [
        {"text": text, "id": format_doc(doc), "dump": CRAWL, "url": "https://a.invalid/", "file_path": "a.warc", "doc": doc}
        | {"language": "en", "language_score": 0.9}
        for doc, text in zip(DOCS, TEXTS, strict=False)
    ]
    write(root, "pii_scrubbed_corpus", corpus=corpus, rejections=[])
    put(root, "tokenizer", lambda target: train_bpe(TEXTS, Tokenizer(vocabulary=300)).save(str(target / "tokenizer.json")))
    pack(root)
    put(root, "trained_model", write_model)
    put(root, "evaluation_samples", write_samples)
    return root


def pack(root: DataRoot) -> None:
    corpus, deduped = (root.artefact(asset, CRAWL) for asset in ("pii_scrubbed_corpus", "deduped_docs"))
    config = Shards(validation_fraction=0.3, shard_tokens=200)
    put(root, "token_shards", lambda target: pack_shards(corpus, deduped, root.artefact("tokenizer"), target, config, ENGINE))


def write_model(target: Path, loss: float = 3.5, weight: float = 0.1) -> None:
    curve = {"training": {"step": [1, 2], "loss": [4.0, loss]}, "validation": {"step": [2], "loss": [3.9], "bits_per_byte": [None]}}
    (target / "curve.json").write_text(json.dumps(curve), encoding="utf-8")
    save_file({"head": torch.tensor([0.5, weight])}, target / "model.safetensors")


def write_samples(target: Path, samples: int = 2, probabilities: Sequence[float] = (0.5, 0.25), loss: float = 3.9) -> None:
    table = {"candidates": [{"token": 1, "text": "a", "probability": each} for each in probabilities]}
    written = {"samples": [{"prompt": "", "text": ""}] * samples, "next_tokens": [table], "scores": {"validation_loss": loss}}
    for name, value in written.items():
        (target / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


def put(root: DataRoot, asset: str, fill: Callable[[Path], object]) -> None:
    """Makes a folder, once it is filled, the current output of an asset."""
    node = ASSETS[asset]
    crawl = CRAWL if node.per_crawl else None
    place = root.place(asset, crawl)
    folder = place / str(len(list(place.glob("*"))))
    folder.mkdir(parents=True)
    fill(folder)
    inputs = Snapshot(root, read_recipe(root.recipe)).inputs(asset, crawl)
    put_manifest(
        place, describe_output(asset, crawl, folder, node.kept, node.code, {name: str(version) for name, version in inputs.items()})
    )


def write(root: DataRoot, asset: str, schemas: dict[str, pa.Schema] | None = None, **rows: Rows) -> None:
    """Makes tables the current output of an asset."""
    known = SCHEMAS | (schemas or {})
    put(root, asset, lambda target: [write_rows(target / f"{name}.parquet", each, known[name]) for name, each in rows.items()])


def change(root: DataRoot, asset: str, table: str, damage: Callable[[Rows], Rows]) -> None:
    """Replaces one table of an output by what ``damage`` makes of its rows; all else stays as it is."""
    output: Artefact = root.artefact(asset, CRAWL)
    schema = tables.DEDUPED if (asset, table) == ("deduped_docs", "docs") else SCHEMAS[table]

    def fill(target: Path) -> None:
        for entry in output.files:
            (target / entry.path).write_bytes((output.folder / entry.path).read_bytes())
        write_rows(target / f"{table}.parquet", damage(read_table(output.table(table), schema).to_pylist()), schema)

    put(root, asset, fill)
