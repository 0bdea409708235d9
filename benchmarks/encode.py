"""Encoding documents: from a table of texts to token ids in a file. Judged by whether every text comes back, and beside
tokenizers' ``encode_batch`` on the same texts: how fast that is, and whether its ids are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from benchmarks.documents import FEW, read_documents, write_texts
from benchmarks.measure import Work, cpu_seconds
from benchmarks.trial import Trial
from llm_assets.formats.shard import Tokens
from llm_assets.report import Figure
from llm_assets.shards.encode import EncodedPart, choose_corpus_engine, encode_part, open_part
from llm_assets.tokenizer.bpe import end_of_text, load_tokenizer, thread_pool, token_bytes, train_bpe

TRAINING_DOCUMENTS = 2_000
PEER_BATCH = 8
"""Documents that ``encode_batch`` gets at once; it holds some 90 bytes a byte of them."""


def prepare(trial: Trial) -> Work[EncodedPart]:
    """Texts on disk, and a tokenizer: the one given, or one trained in set-up on the first documents."""
    texts, few = write_texts(trial, "texts", trial.limit), write_texts(trial, "few", FEW)
    tokenizer = trial.tokenizer or train_tokenizer(trial)
    (part,), (small,) = texts.artefact.table("texts"), few.artefact.table("texts")
    scratch = trial.scratch / "ids"
    scratch.mkdir()
    engine, _ = choose_corpus_engine([part], tokenizer)
    end = end_of_text(load_tokenizer(tokenizer))

    def encode(part: Path) -> EncodedPart:
        return open_part(scratch, part, encode_part(part, tokenizer, engine, end, scratch))

    def judge(encoded: EncodedPart) -> Mapping[str, Figure | None]:
        tokens = int(encoded.lengths.sum())
        return {
            "engine": engine,
            "tokens": tokens,
            "bytes_per_token": round(encoded.text_bytes / max(tokens - texts.documents, 1), 4),
            "lossless_documents": _count_lossless(trial, tokenizer, encoded),
            **_encode_by_peer(trial, tokenizer, encoded),
        }

    return Work(texts.documents, texts.bytes, lambda: encode(small), lambda: encode(part), judge)


def train_tokenizer(trial: Trial) -> Path:
    """A tokenizer.json of the recipe, trained on the first documents of the input."""
    count = min(trial.limit or TRAINING_DOCUMENTS, TRAINING_DOCUMENTS)
    path = trial.scratch / "tokenizer.json"
    with thread_pool(enabled=False):
        trained = train_bpe((document.text for document in read_documents(trial.input, count)), trial.recipe.tokenizer)
    path.write_text(trained.to_str(), encoding="utf-8")
    return path


def _count_lossless(trial: Trial, tokenizer: Path, encoded: EncodedPart) -> int:
    """Documents whose ids are their very bytes."""
    raw = token_bytes(load_tokenizer(tokenizer))
    documents = read_documents(trial.input, trial.limit)
    return sum(
        b"".join(raw[token] for token in ids.tolist()) == document.text.encode()
        for ids, document in zip(_split_documents(encoded), documents, strict=True)
    )


def _encode_by_peer(trial: Trial, path: Path, encoded: EncodedPart) -> Mapping[str, Figure]:
    """What tokenizers makes of the same texts, on one thread: its speed, texts in memory, and documents of the same ids."""
    tokenizer = load_tokenizer(path)
    ours, documents = _split_documents(encoded), read_documents(trial.input, trial.limit)
    equal, spent = 0, 0.0
    with thread_pool(enabled=False):
        while batch := [document.text for document in islice(documents, PEER_BATCH)]:
            before = cpu_seconds()
            encodings = tokenizer.encode_batch(batch, add_special_tokens=False)
            spent += cpu_seconds() - before
            equal += sum(np.array_equal(next(ours), encoding.ids) for encoding in encodings)
    return {"equal_documents": equal, "encode_batch_mb_per_cpu_s": float(f"{encoded.text_bytes / 1e6 / spent:.4g}")}


def _split_documents(encoded: EncodedPart) -> Iterator[Tokens]:
    """Ids of each document, without the end-of-text behind them."""
    ids = encoded.tokens()
    return (ids[start : end - 1] for start, end in pairwise([0, *np.cumsum(encoded.lengths).tolist()]))
