"""MinHash signatures and their bands (Broder 1997; banding as in Leskovec, Rajaraman, Ullman, chapter 3).

The permutations are those of datasketch 2.0, scheme ``affine32``: a shingle's hash goes through MurmurHash3's finaliser h
once, and permutation k maps it to a_k h + b_k mod 2^32, a_k odd; the signature holds the least value under each. So

    datasketch.MinHash(num_perm=112, seed=1, hashfunc=hash_shingle, scheme="affine32")

updated with the same shingles has the same ``hashvalues``, bit for bit, and a stored signature can be given to it.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from llm_assets.dedup.shingles import Shingles, fnv1a


def draw_permutations(count: int, seed: int) -> npt.NDArray[np.uint32]:
    """Multipliers and summands of ``count`` permutations, shape (2, count), as datasketch draws them."""
    generator = np.random.RandomState(seed)
    multipliers = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return np.stack([multipliers, generator.randint(0, 1 << 32, count, dtype=np.uint32)])


def sign_shingles(shingles: Shingles, permutations: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Signatures, shape (documents, permutations). That of a document without shingles is all 2^32 - 1."""
    return _sign(shingles.hashes, shingles.offsets, permutations[0], permutations[1])


def hash_bands(signatures: npt.NDArray[np.uint32], bands: int) -> npt.NDArray[np.uint64]:
    """FNV-1a (64 bits) of the little-endian bytes of each band's values, shape (documents, bands)."""
    values = np.ascontiguousarray(signatures, "<u4").view(np.uint8)
    return _hash_slices(values.reshape(-1), values.size // max(1, len(signatures) * bands)).reshape(-1, bands)


@numba.njit(cache=True)
def _sign(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    multipliers: npt.NDArray[np.uint32],
    summands: npt.NDArray[np.uint32],
) -> npt.NDArray[np.uint32]:
    signatures = np.full((len(offsets) - 1, len(multipliers)), 0xFFFFFFFF, np.uint32)
    for document in range(len(offsets) - 1):
        least = signatures[document]
        for place in range(offsets[document], offsets[document + 1]):
            mixed = _mix(hashes[place])
            for k in range(len(least)):
                # Numba widens to 64 bits; cut back at once, so that the loop becomes 32-bit vector instructions.
                least[k] = min(least[k], np.uint32(np.uint32(multipliers[k] * mixed) + summands[k]))
    return signatures


@numba.njit(cache=True)
def _mix(value: np.uint32) -> np.uint32:
    """MurmurHash3's 32-bit finaliser, a bijection."""
    value = np.uint32(value ^ value >> np.uint32(16))
    value = np.uint32(value * np.uint32(0x85EBCA6B))
    value = np.uint32(value ^ value >> np.uint32(13))
    value = np.uint32(value * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ value >> np.uint32(16))


@numba.njit(cache=True)
def _hash_slices(data: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.uint64]:
    count = len(data) // width if width else 0
    hashes = np.empty(count, np.uint64)
    for place in range(count):
        hashes[place] = fnv1a(data, place * width, (place + 1) * width)
    return hashes
