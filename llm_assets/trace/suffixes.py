"""The suffix array of tokens (Manber and Myers 1990): where each suffix begins, in the order of the suffixes.

The tokens are sorted as the bytes of big-endian numbers, which are in the order of the tokens; of the suffixes of these bytes
those are kept that begin with a token. A suffix that begins another one comes before it.
"""

from __future__ import annotations

from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt
from pydivsufsort import divsufsort

from llm_assets.formats.shard import Tokens

Suffixes = npt.NDArray[np.unsignedinteger]


def write_suffixes(tokens: Tokens, path: Path) -> None:
    """Writes the suffix array of one-dimensional tokens (unsigned) as a ``.npy`` of uint32, or of uint64 past 2^32 tokens."""
    width = tokens.dtype.itemsize
    of_bytes = divsufsort(tokens.astype(tokens.dtype.newbyteorder(">")).view(np.uint8))
    dtype = np.dtype("<u4") if tokens.size <= 1 << 32 else np.dtype("<u8")
    suffixes = np.empty(tokens.size, dtype)
    _keep_tokens(of_bytes, width, suffixes)
    np.save(path, suffixes)


@numba.njit(cache=True)
def _keep_tokens(of_bytes: npt.NDArray[np.signedinteger], width: int, suffixes: Suffixes) -> None:
    rank = 0
    for place in of_bytes:
        if place % width == 0:
            suffixes[rank] = place // width
            rank += 1
