"""Random draws that belong to a document, not to its place in a stream.

A draw is a hash of the document's key, a seed and the purpose: another number of workers or a corpus read in another
order draws the same, and a document that is added changes no other's draw.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.int64]


def draw_numbers(docs: Keys, purpose: str, seed: int) -> Keys:
    """A number for each key, uniform over all of uint64; those of two purposes or seeds are independent.

    The mixing function is the finaliser of SplitMix64 (Steele et al. 2014), a bijection, so that two keys never tie.
    """
    salt = hashlib.sha256(f"{purpose}\0{seed}".encode()).digest()
    mixed = docs.astype(np.uint64)
    for start in (0, 8):
        mixed = mixed ^ np.uint64(int.from_bytes(salt[start : start + 8], "little"))
        mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ mixed >> np.uint64(31)
    return mixed


def find_cutoff(numbers: Keys, sizes: Bytes, budget: int) -> int:
    """The number up to which (included) documents are drawn so that their sizes, in the order of the numbers, reach the budget
    or end. -1 where there are none.

    >>> find_cutoff(np.array([30, 10, 20], np.uint64), np.array([5, 5, 5]), 6)
    20
    """
    if not numbers.size:
        return -1
    order = np.argsort(numbers, kind="stable")
    reached = np.cumsum(sizes[order])
    last = min(int(np.searchsorted(reached, budget)), numbers.size - 1)
    return int(numbers[order[last]])
