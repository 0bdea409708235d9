"""Encoding documents: from a table of texts to token ids in a file. Judged by whether every text comes back."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.documents import FEW, read_documents, write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.report import Figure
from llm_assets.shards.encode import EncodedPart, encode_part
from llm_assets.tokenizer.bpe import load_tokenizer, thread_pool, token_bytes, train_bpe

TRAINING_DOCUMENTS = 2_000


def prepare(trial: Trial) -> Work[EncodedPart]:
    """Texts on disk, and a tokenizer: the one given, or one trained in set-up on the first documents."""
    texts, few = write_texts(trial, "texts", trial.limit), write_texts(trial, "few", FEW)
    tokenizer = trial.tokenizer or _train_tokenizer(trial)
    (part,), (small,) = texts.artefact.table("texts"), few.artefact.table("texts")
    scratch = trial.scratch / "ids"
    scratch.mkdir()

    def judge(encoded: EncodedPart) -> Mapping[str, Figure | None]:
        tokens = int(encoded.lengths.sum())
        return {
            "tokens": tokens,
            "bytes_per_token": round(encoded.text_bytes / max(tokens - texts.documents, 1), 4),
            "lossless_documents": _count_lossless(trial, tokenizer, encoded),
        }

    return Work(
        texts.documents,
        texts.bytes,
        lambda: encode_part(small, tokenizer, scratch),
        lambda: encode_part(part, tokenizer, scratch),
        judge,
    )


def _train_tokenizer(trial: Trial) -> Path:
    count = min(trial.limit or TRAINING_DOCUMENTS, TRAINING_DOCUMENTS)
    path = trial.scratch / "tokenizer.json"
    with thread_pool(enabled=False):
        trained = train_bpe((document.text for document in read_documents(trial.input, count)), trial.recipe.tokenizer)
    path.write_text(trained.to_str(), encoding="utf-8")
    return path


def _count_lossless(trial: Trial, tokenizer: Path, encoded: EncodedPart) -> int:
    """Documents whose ids, without the end-of-text behind them, are their very bytes."""
    raw = token_bytes(load_tokenizer(tokenizer))
    ids = encoded.tokens()
    places = pairwise([0, *np.cumsum(encoded.lengths).tolist()])
    return sum(
        b"".join(raw[token] for token in ids[start : end - 1].tolist()) == document.text.encode()
        for (start, end), document in zip(places, read_documents(trial.input, trial.limit), strict=True)
    )
