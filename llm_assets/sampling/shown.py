"""What a model writes, as a person may see it while it is being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llm_assets.display import for_plain_text

ADDRESS_LETTERS = 64
"""What is written is held back by so many letters, since they may be the beginning of an address."""


def redact_pieces(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces redacted and harmless, as far as no later one can make an address of what is shown."""
    written, shown = "", 0
    for piece in pieces:
        written += piece
        sure = for_plain_text(written)[shown:-ADDRESS_LETTERS]
        shown += len(sure)
        yield sure
    yield for_plain_text(written)[shown:]
