"""Scores by domain and language, against a computation that takes one token after the other."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows, write_table
from llm_assets.formats.shard import open_shard, write_shard
from llm_assets.formats.tables import CORPUS, DOCUMENTS
from llm_assets.sampling.generate import open_model
from llm_assets.sampling.score import score_shards
from llm_assets.sampling.sources import UNKNOWN, find_sources
from llm_assets.tokenizer.bpe import end_of_text
from llm_assets.training.batches import Windows, open_split

DOMAINS = ("a.example", "b.example", "c.example")
LANGUAGES = ("en", "de")


def pack(shards: Artefact, target: Path) -> tuple[Artefact, Artefact]:
    """The validation shard in two, with the tables that say whose each token is: document n is of domain n mod 3 and language n mod 2."""
    header, tokens = open_shard(shards.folder / "validation-00000.tokens")
    ends = np.flatnonzero(tokens == header.end_of_text) + 1
    rows, corpus, half = [], [], len(ends) // 2
    for shard, part in enumerate((ends[:half], ends[half:])):
        first = ends[half - 1] if shard else 0
        starts = [first, *part[:-1]]
        documents = [tokens[start:end] for start, end in zip(starts, part, strict=True)]
        write_shard(
            target / "shards" / f"validation-{shard:05d}.tokens",
            documents,
            split="validation",
            vocabulary=header.vocabulary,
            end_of_text=header.end_of_text,
            tokenizer=header.tokenizer,
        )
        for start, ids in zip(starts, documents, strict=True):
            number = len(rows)
            rows.append({"doc": number, "split": "validation", "shard": shard, "start": int(start - first), "length": len(ids)})
            base = {"text": "", "dump": "c", "file_path": "", "language_score": 1.0, "id": format_doc(number), "doc": number}
            corpus.append({**base, "url": f"https://{DOMAINS[number % 3]}/{number}", "language": LANGUAGES[number % 2]})
    write_table(target / "shards/documents.parquet", [pa.Table.from_pylist(rows, DOCUMENTS)], DOCUMENTS)
    write_rows(target / "corpus/corpus.parquet", corpus, CORPUS)
    return Artefact.of_folder(target / "shards"), Artefact.of_folder(target / "corpus")


def compute_slowly(folder: Path, packed: Artefact, context: int) -> tuple[float, dict[str, float]]:
    """Bits per byte in all and by name: each token predicted by itself, its bytes those of the text it stands in."""
    model, tokenizer = open_model(folder, "cpu")
    end = end_of_text(tokenizer)
    bits: dict[str, float] = defaultdict(float)
    sizes: dict[str, int] = defaultdict(int)
    number = 0
    for shard in (0, 1):
        _, tokens = open_shard(packed.folder / f"validation-{shard:05d}.tokens")
        document = number
        owners = []
        for token in tokens.tolist():
            owners.append(document)
            document += token == end
        number = document
        for place in range(1, (len(tokens) - 1) // context * context + 1):
            seen = tokens[(place - 1) // context * context : place].tolist()
            with torch.no_grad():
                probability = model(torch.tensor([seen]))[0, -1].double().softmax(-1)[int(tokens[place])].item()
            if tokens[place] == end:
                continue
            raw = "".join(tokenizer.id_to_token(int(tokens[place])))  # a character of the vocabulary stands for a byte
            for name in ("all", DOMAINS[owners[place] % 3], LANGUAGES[owners[place] % 2]):
                bits[name] -= math.log2(probability)
                sizes[name] += len(raw)
    by_name = {name: bits[name] / sizes[name] for name in bits}
    return by_name.pop("all"), by_name


def test_bits_per_byte_by_domain_and_language_are_those_of_a_slow_computation(artefacts: Any, tmp_path: Path) -> None:
    shards, corpus = pack(artefacts[1], tmp_path)
    model, tokenizer = open_model(artefacts[0].folder, "cpu")
    sources = find_sources([shards], [corpus])
    windows = Windows([tokens for _, tokens in open_split([shards], "validation")], 24)
    whole = score_shards(model, tokenizer, windows, None, sources)
    in_all, by_name = compute_slowly(artefacts[0].folder, shards, 24)
    assert whole.bits_per_byte == pytest.approx(in_all, rel=1e-5)
    scored = sources.by("domains") | sources.by("languages")
    assert {name: score.bits_per_byte for name, score in scored.items()} == pytest.approx(by_name, rel=1e-5)
    assert sum(score.bytes for score in sources.by("domains").values()) == whole.bytes


def test_documents_of_a_corpus_that_has_changed_are_of_no_known_source(artefacts: Any, tmp_path: Path) -> None:
    shards, _ = pack(artefacts[1], tmp_path)
    model, tokenizer = open_model(artefacts[0].folder, "cpu")
    sources = find_sources([shards], [None])
    whole = score_shards(model, tokenizer, Windows([tokens for _, tokens in open_split([shards], "validation")], 24), 5, sources)
    assert {name: score.bytes for name, score in sources.by("domains").items()} == {UNKNOWN: whole.bytes}
