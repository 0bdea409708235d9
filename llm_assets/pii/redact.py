"""Replaces personal data by stand-ins, and keeps of a value only its kind and the place of its stand-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm_assets.pii import KINDS
from llm_assets.pii.kinds import WALL, Kind, Replacement

MAX_LOOKS = 16
"""A value that overlapped another comes to light once that is gone, so a text is looked at until nothing is found. Values are
short and borders hold, so two looks do; what still yields values after this many was made to, and goes as one value."""


@dataclass(frozen=True)
class Finding:
    """One redaction: the name of the kind, and the UTF-8 bytes ``start`` to ``end`` that its stand-in takes in the redacted text."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class _Place:
    """Characters ``start`` to ``end`` of a text: a value to be replaced, or (``replaced``) a stand-in put there."""

    start: int
    end: int
    kind: Kind
    replaced: bool = False


def redact(text: str, kinds: Sequence[Kind], replacement: Replacement, hinted: Sequence[Kind] | None = None) -> tuple[str, list[Finding]]:
    """The text with every value of the kinds replaced, and where the stand-ins are, in order.

    ``hinted`` are those of the kinds whose hint the text matches, where that is known: no other is looked for.

    Where values overlap the leftmost goes first, of those the longest. Stand-ins already there are left alone, so
    redacting twice changes nothing. Stand-ins are dealt out in turn: equal values do not get equal ones.

    >>> redact("ada@example.edu, bob@example.edu", [KINDS["email"]], "fineweb")[0]
    'email@example.com, firstname.lastname@example.org'
    """
    done: list[_Place] = []
    looks = 0
    likely = kinds if hinted is None else hinted
    while found := find_values(text, kinds, [kind for kind in likely if kind.steady or not looks]):
        looks += 1
        if looks > MAX_LOOKS:
            found, done = [(0, len(text), found[0][2])], []
        places = sorted([*done, *(_Place(start, end, kind) for start, end, kind in found)], key=lambda place: place.start)
        text, done = _put_stand_ins(text, places, replacement, {kind.name: 0 for kind in kinds})
    return text, list(_to_bytes(text, done))


def redact_for_display(text: str) -> str:
    """The text as a person may see it in a terminal, a report, a log: every kind replaced by its typed tag.

    >>> redact_for_display("ada@example.edu wrote from 93.184.216.34")
    '<EMAIL> wrote from <IP_ADDRESS>'
    """
    return redact(text, tuple(KINDS.values()), "tags")[0]


def redact_values(value: Any) -> Any:
    """A JSON-like value, every text in it as a person may see it; keys are left as they are."""
    match value:
        case str():
            return redact_for_display(value)
        case Mapping():
            return {key: redact_values(inner) for key, inner in value.items()}
        case list() | tuple():
            return [redact_values(inner) for inner in value]
    return value


@contextmanager
def private_errors() -> Iterator[None]:
    """Takes personal data out of what an exception of the body says, and of what it was raised from, before anything logs it.

    Libraries quote what they choke on: a URL, a line of a page.
    """
    try:
        yield
    except Exception as error:
        told: BaseException | None = error
        while told is not None:
            told.args = tuple(redact_for_display(part) if isinstance(part, str) else part for part in told.args)
            for name, part in vars(told).items():
                if isinstance(part, str):
                    setattr(told, name, redact_for_display(part))
            told = told.__cause__ or told.__context__
        raise


def find_values(text: str, kinds: Sequence[Kind], hinted: Sequence[Kind] | None = None) -> list[tuple[int, int, Kind]]:
    """Characters (start, end) and kind of what is to be replaced: no overlaps, left to right, and no stand-ins of the kinds."""
    text = _hide_stand_ins(text, tuple(kinds))
    found = [(start, end, kind) for kind in (kinds if hinted is None else hinted) for start, end in kind.find(text)]
    found.sort(key=lambda value: (value[0], -value[1]))
    apart: list[tuple[int, int, Kind]] = []
    for value in found:
        if not apart or value[0] >= apart[-1][1]:
            apart.append(value)
    return apart


def _hide_stand_ins(text: str, kinds: tuple[Kind, ...]) -> str:
    """The text with walls of the same length for stand-ins, so that places hold."""
    for reserved in _reserved(kinds):
        text = text.replace(reserved, WALL * len(reserved))
    return text


@lru_cache
def _reserved(kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    """Every stand-in of the kinds, the longest first, since one may begin as another does."""
    return tuple(sorted({text for kind in kinds for text in (kind.tag, *kind.stand_ins)}, key=lambda text: (-len(text), text)))


def _put_stand_ins(text: str, places: Sequence[_Place], replacement: Replacement, counts: dict[str, int]) -> tuple[str, list[_Place]]:
    """The text with stand-ins where values were, and the places of all stand-ins in it."""
    pieces: list[str] = []
    done: list[_Place] = []
    read = written = 0
    for place in places:
        number = counts[place.kind.name]
        counts[place.kind.name] += 1
        new = text[place.start : place.end] if place.replaced else place.kind.stand_in(replacement, number)
        pieces += (text[read : place.start], new)
        written += place.start - read
        done.append(_Place(written, written + len(new), place.kind, replaced=True))
        read, written = place.end, written + len(new)
    return "".join((*pieces, text[read:])), done


def _to_bytes(text: str, places: Sequence[_Place]) -> Iterator[Finding]:
    """The places in UTF-8 bytes: characters before each are counted once."""
    read = size = 0
    for place in places:
        start = size + _utf8_size(text[read : place.start])
        size = start + _utf8_size(text[place.start : place.end])
        read = place.end
        yield Finding(place.kind.name, start, size)


def _utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
