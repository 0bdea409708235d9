"""Texts to ids, many at a time: by fastokens wherever its ids are those of tokenizers, which defines them.

fastokens reads the same ``tokenizer.json`` and is some fifty times faster on a core. That its ids are the same is a claim,
so a run holds it against its own first documents, and falls back on tokenizers where it does not stand. Which of the two
encodes is no part of any output.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import fastokens
import numpy as np
import numpy.typing as npt

from llm_assets.tokenizer.bpe import encode_text, load_tokenizer, thread_pool

REFERENCE, FASTEST = "tokenizers", "fastokens"

CHECKED_CHARACTERS = 1 << 18
"""Of a run's first documents, on which the two must agree. They cost tokenizers a fifth of a second."""


@dataclass(frozen=True)
class Encoded:
    """Ids of texts, one after the other; those of text i are ``ids[starts[i]:starts[i + 1]]``."""

    ids: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each text."""
        return np.diff(self.starts)

    def ended_by(self, end: int) -> Encoded:
        """The same with one more id behind each text."""
        return Encoded(np.insert(self.ids, self.starts[1:], end), self.starts + np.arange(self.starts.size))


Encode = Callable[[Sequence[str]], Encoded]
"""Encodes texts on the calling thread alone. A special token that a text spells is ordinary characters."""


def load_encoder(path: Path, engine: str) -> Encode:
    """The encoder of a ``tokenizer.json`` by an engine's name. DataError where the file is missing or damaged."""
    return _ENGINES[engine](path)


def choose_engine(path: Path, texts: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The fastest engine that encodes these texts as tokenizers does, and a warning where that is tokenizers itself.

    Of the texts, the first CHECKED_CHARACTERS are compared. DataError where the file is no tokenizer.
    """
    sample = _first_characters(texts)
    truth = load_encoder(path, REFERENCE)(sample)
    try:
        claimed = load_encoder(path, FASTEST)(sample)
    except Exception as error:  # what it cannot read or encode it refuses by errors of many kinds, and any of them means slow
        return REFERENCE, (f"{FASTEST} cannot use this tokenizer, so that encoding is slow: {error}",)
    if np.array_equal(truth.ids, claimed.ids) and np.array_equal(truth.starts, claimed.starts):
        return FASTEST, ()
    return REFERENCE, (f"{FASTEST} encodes the first documents otherwise than {REFERENCE}, so that encoding is slow; please report it",)


def _load_reference(path: Path) -> Encode:
    tokenizer = load_tokenizer(path)

    def encode(texts: Sequence[str]) -> Encoded:
        with thread_pool(enabled=False):
            each = [np.array(encode_text(tokenizer, text), np.uint32) for text in texts]
        starts = np.cumsum([0, *(ids.size for ids in each)], dtype=np.int64)
        return Encoded(np.concatenate([np.empty(0, np.uint32), *each]), starts)

    return encode


def _load_fastest(path: Path) -> Encode:
    os.environ.setdefault("FASTOKENS_BPE_THREADS", "1")  # read at its first batch; the engine has a process for each core
    tokenizer = fastokens.Tokenizer.from_json_str(path.read_text(encoding="utf-8"))

    def encode(texts: Sequence[str]) -> Encoded:
        ids, starts = tokenizer.encode_batch_flat(texts, split_special_tokens=True)
        return Encoded(np.frombuffer(ids, "<u4"), np.frombuffer(starts, "<u8").astype(np.int64))

    return encode


_ENGINES: Mapping[str, Callable[[Path], Encode]] = {REFERENCE: _load_reference, FASTEST: _load_fastest}


def _first_characters(texts: Iterable[str]) -> list[str]:
    """Texts until they are long enough in all, the last one cut."""
    chosen, left = [], CHECKED_CHARACTERS
    for text in texts:
        chosen.append(text[:left])
        left -= len(chosen[-1])
        if left <= 0:
            break
    return chosen
