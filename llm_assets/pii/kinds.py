"""What a kind of personal data is: how it is found, and what stands in for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Replacement = Literal["fineweb", "tags"]
"""What a value gives way to: an ordinary-looking stand-in from a reserved list, or a typed tag such as ``<EMAIL>``."""

WALL = "\ufdd0"
"""A noncharacter that hides stand-ins from the finders. No find may hold it or touch it: every finder's borders name
it, so that a stand-in never turns its neighbours into finds."""


@dataclass(frozen=True)
class Kind:
    """One kind of personal data. To add one: its file, a line in ``KINDS``, a test file.

    ``find`` yields the (start, end) of its values in a text, left to right, apart from each other, at most a few
    hundred characters long, in time linear in the text.
    ``hint`` is a regular expression that any text with a value matches, and that means the same to Python and to
    Polars: what spares most texts the finder.
    ``stand_ins`` are reserved for documentation and reach nobody; redaction and checks leave them alone.
    ``label`` is what the tag says, where that is not the name. ``steady`` is False for a finder that may judge a value otherwise
    once other values are gone: a text is asked for it once, and idempotence is not promised.
    """

    name: str
    find: Callable[[str], Iterator[tuple[int, int]]]
    hint: str
    stand_ins: tuple[str, ...]
    label: str = ""
    steady: bool = True

    @property
    def tag(self) -> str:
        """The typed tag, say ``<IP_ADDRESS>``."""
        return f"<{(self.label or self.name).upper()}>"

    def stand_in(self, replacement: Replacement, number: int) -> str:
        """What the value number ``number`` (from 0) of a document gives way to: never decided by the value itself."""
        return self.tag if replacement == "tags" else self.stand_ins[number % len(self.stand_ins)]
