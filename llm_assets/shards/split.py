"""Which documents are held out for validation: whole families, so that no copy straddles the split."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from llm_assets.tokenizer.sample import Keys, draw_numbers

CRAWL_BITS = np.uint64(48)
"""A key shifted right by these is the sequence number of its crawl."""


def hold_out(docs: Keys, families: Keys, fraction: float, seed: int) -> npt.NDArray[np.bool_]:
    """True for each document whose family falls in validation, drawn by a hash of the family's root.

    The draw is the same in every crawl, so a copy that survives in a later crawl joins its elders. In a small crawl it may
    leave a split empty: then the family drawn lowest moves to validation, or the one drawn highest to training; a lone
    family is for training. Only a family that began in this crawl moves, so an elder crawl cannot hold it on the other
    side; later crawls do not follow the move. Where none began here, a split may stay empty.
    """
    numbers = draw_numbers(families, "validation", seed)
    held: npt.NDArray[np.bool_] = numbers < np.uint64(fraction * 2.0**64)
    movable = numbers[families >> CRAWL_BITS == docs >> CRAWL_BITS]
    if movable.size and fraction > 0 and not held.any() and np.unique(families).size > 1:
        held = numbers == movable.min()
    elif movable.size and held.all():
        held = numbers != movable.max()
    return held
