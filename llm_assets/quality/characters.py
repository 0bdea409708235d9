r"""What kinds of characters there are, for patterns and for kernels that walk UTF-8.

Kinds come from the Unicode categories of Python's ``unicodedata``; whitespace is Unicode's White_Space, as in Polars'
``strip_chars`` and ``\s``.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

WHITESPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
TERMINALS = ".!?…‥؟۔।॥։።፧။៕‼‽⁇⁈⁉。．！？｡"
"""What ends a sentence, in the scripts that mark it."""

WIDE_TERMINALS = "。！？｡"
"""Those that end it without a space after them."""

QUOTES = "\"'”’“»«›」』＂"
UNSPACED_BLOCKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),  # Myanmar
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),  # Han
    (0xFF66, 0xFF9F),  # Katakana
    (0x20000, 0x323AF),  # Han
)
"""Blocks of the scripts that put no spaces between words."""

SPACE: Final = 1
LETTER: Final = 2
NUMBER: Final = 4
MARK: Final = 8
LOWER: Final = 16
TERMINAL: Final = 32
WIDE: Final = 64
QUOTE: Final = 128
UNSPACED: Final = 256
INVISIBLE: Final = 512
ALPHANUMERIC: Final = LETTER | NUMBER

_ASSIGNED = 0x32400
"""Past it lie no letters: variation selectors, tags and private use."""

_CATEGORIES = {"L": LETTER, "N": NUMBER, "M": MARK, "C": INVISIBLE}
_SETS = {SPACE: WHITESPACE, TERMINAL: TERMINALS, WIDE: WIDE_TERMINALS, QUOTE: QUOTES}


@cache
def character_kinds() -> NDArray[np.uint16]:
    """The kinds (flags) of every code point, 0x110000 of them."""
    kinds = np.zeros(0x110000, np.uint16)
    for code in range(_ASSIGNED):
        category = unicodedata.category(chr(code))
        kinds[code] = _CATEGORIES.get(category[0], 0) | (LOWER if category == "Ll" else 0)
    for flag, characters in _SETS.items():
        kinds[[ord(character) for character in characters]] |= flag
    for first, last in UNSPACED_BLOCKS:
        kinds[first : last + 1] |= np.where(kinds[first : last + 1] & LETTER, UNSPACED, 0).astype(np.uint16)
    return kinds
