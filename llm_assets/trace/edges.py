r"""How far a text and the documents agree in bytes around a place where their tokens agree.

At its edges the same text may be tokenised otherwise: ``The`` at the beginning of a text and `` The`` within one, ``.`` before a space and
``.\n`` at the end of a line. So the edges of a run are compared as bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from llm_assets.formats.shard import Tokens
from llm_assets.trace.search import Integers

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Vocabulary:
    """The bytes of all tokens, one after the other: those of token i are ``data[offsets[i]:offsets[i + 1]]``."""

    data: Bytes
    offsets: Integers

    @classmethod
    def of_tokens(cls, raw: Sequence[bytes]) -> Vocabulary:
        """The bytes of each token, as :func:`llm_assets.tokenizer.bpe.token_bytes` gives them."""
        return cls(np.frombuffer(b"".join(raw), np.uint8), np.cumsum([0, *map(len, raw)], dtype=np.int64))


@numba.njit(cache=True, nogil=True)
def measure_agreement(
    text: Bytes, begin: int, end: int, positions: Integers, length: int, tokens: Tokens, end_of_text: int, data: Bytes, offsets: Integers
) -> tuple[Integers, Integers]:
    """For each position, where the ``length`` tokens of ``text[begin:end]`` stand: bytes of the text that agree before and behind them.

    Documents end at ``end_of_text``. ``data`` and ``offsets`` are of a :class:`Vocabulary`.
    """
    before, behind = np.zeros(len(positions), np.int64), np.zeros(len(positions), np.int64)
    for number, position in enumerate(positions):
        place, token = begin, position - 1
        agrees = True
        while agrees and token >= 0 and tokens[token] != end_of_text:
            for byte in range(offsets[tokens[token] + 1] - 1, offsets[tokens[token]] - 1, -1):
                if place == 0 or text[place - 1] != data[byte]:
                    agrees = False
                    break
                place -= 1
            token -= 1
        before[number] = begin - place
        place, token = end, position + length
        agrees = True
        while agrees and token < len(tokens) and tokens[token] != end_of_text:
            for byte in range(offsets[tokens[token]], offsets[tokens[token] + 1]):
                if place == len(text) or text[place] != data[byte]:
                    agrees = False
                    break
                place += 1
            token += 1
        behind[number] = place - end
    return before, behind
