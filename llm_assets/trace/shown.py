"""A traced text as a person may see it: redacted and harmless, and still cut where its runs begin and end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from llm_assets.display import for_plain_text
from llm_assets.trace.text import Trace

Piece = tuple[str, tuple[int, ...]]
"""Characters of a text, and the numbers of the runs that hold them."""


def show_pieces(trace: Trace) -> list[Piece]:
    """The pieces of a text, safe to be shown; joined, they are what is shown of the text as a whole.

    Where a cut would keep the redactor from seeing what it must, as one within an e-mail address, the line it is in is not cut.
    """
    shown = [piece for line in _split_lines(trace) for piece in _show_line(line)]
    whole = for_plain_text(trace.text)
    if "".join(text for text, _ in shown) != whole:
        return [(whole, ())]
    return [("".join(text for text, _ in pieces), runs) for runs, pieces in groupby(shown, lambda piece: piece[1])]


def _split_lines(trace: Trace) -> Iterator[list[Piece]]:
    """The pieces of each line, its end included."""
    numbered: list[tuple[int, Piece]] = []
    line = 0
    for text, runs in trace.pieces():
        for part in text.splitlines(keepends=True):
            numbered.append((line, (part, runs)))
            line += part.endswith("\n")
    for _, pieces in groupby(numbered, lambda each: each[0]):
        yield [piece for _, piece in pieces]


def _show_line(pieces: list[Piece]) -> list[Piece]:
    shown = [(for_plain_text(text), runs) for text, runs in pieces]
    whole = for_plain_text("".join(text for text, _ in pieces))
    return shown if "".join(text for text, _ in shown) == whole else [(whole, ())]
