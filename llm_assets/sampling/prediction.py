"""What a model expects next, as a value: what the tables of ``evaluation_samples`` hold and what pictures show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Candidate:
    """A token that may come next. Bytes of its text that are no whole character are shown by number."""

    token: int
    text: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The likeliest next tokens after a window, likeliest first.

    ``window`` holds the window's latest tokens, or one redacted text where they spell an address; ``correct`` is the token that
    came, where that is known, and ``rank`` the number of tokens held likelier than it.
    """

    window: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    correct: Candidate | None = None
    rank: int | None = None

    @property
    def bars(self) -> tuple[Candidate, ...]:
        """What is drawn: the candidates, and the correct token where it is none of them."""
        if self.correct is None or any(each.token == self.correct.token for each in self.candidates):
            return self.candidates
        return (*self.candidates, self.correct)


@dataclass(frozen=True, kw_only=True)
class Table(Prediction):
    """A prediction at a place of a shard: ``shard`` is numbered within the split, ``position`` is the correct token's in it;
    ``text`` is that of the whole window."""

    shard: int
    position: int
    text: str


def read_table(value: Mapping[str, Any]) -> Table:
    """A table as ``dataclasses.asdict`` wrote it."""
    candidates = tuple(Candidate(**each) for each in value["candidates"])
    return Table(**{**value, "window": tuple(value["window"]), "candidates": candidates, "correct": Candidate(**value["correct"])})
