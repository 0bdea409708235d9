"""The text that all variants are judged on: documents that none of them is trained on, encoded by each one's tokenizer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tokenizers
import torch

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_batches, read_table
from llm_assets.formats.tables import DOCUMENTS
from llm_assets.model.score import Score, score_windows
from llm_assets.model.transformer import Transformer
from llm_assets.sampling.score import TOKENS_AT_ONCE
from llm_assets.section import fingerprint
from llm_assets.tokenizer.bpe import encode_text, end_of_text, token_bytes

LEAST_BYTES = 10_000
"""Of less text a difference between variants says nothing."""


@dataclass(frozen=True)
class HeldOut:
    """Texts, and where they are from, for a person."""

    texts: tuple[str, ...]
    origin: str

    @property
    def bytes(self) -> int:
        """UTF-8 bytes of all texts."""
        return sum(len(text.encode()) for text in self.texts)

    @property
    def digest(self) -> str:
        """sha256 (hex) of the texts."""
        return fingerprint(list(self.texts))


def common_validation(shards: Sequence[dict[str, Artefact]], corpora: dict[str, Artefact], most_bytes: int) -> HeldOut:
    """Documents that every variant keeps and holds out for validation, as the baseline's corpus has their text.

    ``shards`` are each variant's, by crawl, and ``corpora`` the baseline's. A document is in one split, so that no variant
    is trained on any of them; the split is drawn by family, so neither on a near copy that deduplication knows of. Of more than
    ``most_bytes`` some are taken, evenly spaced. ConfigError where too little is common to all.
    """
    held_out = HeldOut(sample_validation(shards, corpora, most_bytes), f"validation documents common to all {len(shards)} variants")
    if held_out.bytes < LEAST_BYTES:
        raise ConfigError(
            f"the variants have only {held_out.bytes:,} bytes of validation text in common: give a text by --held-out, "
            "or a larger shards.validation_fraction to the root"
        )
    return held_out


def sample_validation(shards: Sequence[dict[str, Artefact]], corpora: dict[str, Artefact], most_bytes: int) -> tuple[str, ...]:
    """Texts of the validation documents that all of ``shards`` hold out; of more than ``most_bytes`` some, evenly spaced."""
    texts: list[str] = []
    for crawl, corpus in corpora.items():
        held = [_validation(each[crawl]) for each in shards]
        common = held[0]
        for other in held[1:]:
            common = np.intersect1d(common, other, assume_unique=True)
        texts += _read_texts(corpus, common)
    sizes = np.cumsum([len(text.encode()) for text in texts]) if texts else np.zeros(1)
    step = max(1, -(-int(sizes[-1]) // most_bytes))
    return tuple(texts[::step])


def score_folder(folder: Path, texts: Sequence[str], device: str, *, masked: bool = False) -> float:
    """Bits per byte of a model's folder on texts, by its own tokenizer; NaN where they hold nothing."""
    from llm_assets.sampling.generate import open_model
    from llm_assets.training.determinism import reproducible

    model, tokenizer = open_model(folder, device)
    with reproducible(1, model.cos.device.type):
        return score_texts(model, tokenizer, texts, masked=masked).bits_per_byte


def read_held_out(path: Path) -> HeldOut:
    """The text of a file, or of the field ``text`` of each of its JSON lines. Whether a variant has seen it is the user's to know."""
    try:
        content = path.read_text(encoding="utf-8")
        texts = [json.loads(line)["text"] for line in content.splitlines() if line.strip()] if path.suffix == ".jsonl" else [content]
    except OSError as error:
        raise ConfigError(f"--held-out {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"this is no text in UTF-8, and no JSON lines with a text each: {error!r}", path) from error
    held_out = HeldOut(tuple(texts), path.name)
    if held_out.bytes < LEAST_BYTES:
        raise ConfigError(f"--held-out {path}: {held_out.bytes:,} bytes are too little to compare on; {LEAST_BYTES:,} are wanted")
    return held_out


def score_texts(model: Transformer, tokenizer: tokenizers.Tokenizer, texts: Sequence[str], *, masked: bool = False) -> Score:
    """Every token of the texts predicted once, in windows of the model's context that end-of-text opens and parts.

    Unlike the score of shards, the rest that fills no window counts as well: every variant is judged on every byte. A model trained with
    ``document_masking`` is judged ``masked``, each token seeing its own text alone.
    """
    end = end_of_text(tokenizer)
    ids = [end]
    for text in texts:
        ids += [*encode_text(tokenizer, text), end]
    windows: Iterator[tuple[torch.Tensor, ...]] = _windows(torch.tensor(ids), model.dimensions.context)
    if masked:
        windows = ((inputs, targets, (inputs == end).cumsum(1)) for inputs, targets in windows)
    return score_windows(model, windows, [len(raw) for raw in token_bytes(tokenizer)])


def _windows(ids: torch.Tensor, context: int) -> Iterator[tuple[torch.Tensor, ...]]:
    whole = (len(ids) - 1) // context
    together = max(1, TOKENS_AT_ONCE // context)
    for start in range(0, whole, together):
        first, count = start * context, min(together, whole - start) * context
        yield ids[first : first + count].view(-1, context), ids[first + 1 : first + count + 1].view(-1, context)
    if whole * context < len(ids) - 1:
        yield ids[None, whole * context : -1], ids[None, whole * context + 1 :]


def _validation(shards: Artefact) -> np.ndarray:
    rows = read_table(shards.table("documents"), DOCUMENTS, ["doc", "split"])
    return np.unique(rows.filter(pc.equal(rows["split"], "validation"))["doc"].to_numpy())


def _read_texts(corpus: Artefact, docs: np.ndarray) -> list[str]:
    wanted = pa.array(docs)
    return [
        text
        for path in corpus.table("corpus")
        for batch in read_batches(path, ["doc", "text"])
        for text in batch.filter(pc.is_in(batch["doc"], value_set=wanted))["text"].to_pylist()
    ]
