"""E-mail addresses, also with ``%40`` for the ``@`` as URLs write them."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator

from llm_assets.pii.kinds import WALL, Kind

_LETTER = "A-Za-z\u00c0-\u024f\u0300-\u052f"  # alphabets written with spaces: a Chinese sentence may touch an address
_WORD = f"[{_LETTER}0-9_]"
_MARK = "[.'+-]"
_BORDER = f"[{_LETTER}0-9_{WALL}]"

_SIGNS = ("@", "%40")
_ADDRESS = re.compile(
    rf"""
    (?<!{_BORDER})(?<!{_BORDER}{_MARK})(?<!{_BORDER}{_MARK}{_MARK})   # three marks are a dotted or drawn line: not ours
    (?:(?<=%)[0-9A-Fa-f]{{2}})?                                       # the rest of an escape such as %3D
    (?P<address>
        {_WORD}{{1,64}}+ (?:(?:{_MARK}{{1,2}}+|%2[Bb]){_WORD}{{1,64}}+){{0,15}}+ {_MARK}{{0,2}}+
        (?:@|%40)
        (?:[{_LETTER}0-9-]{{1,63}}+\.){{1,8}}
        (?P<last>[Xx][Nn]--[A-Za-z0-9-]{{1,59}}+|[{_LETTER}]{{2,24}}+) (?![{_LETTER}0-9{WALL}])
    )
    """,
    re.VERBOSE,
)

_BEFORE, _AFTER = 1_200, 603
"""Characters around an at sign, more than an address can have by the pattern's own limits."""

_FILE_ENDINGS = frozenset(["png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "ico", "css", "js", "json", "html", "htm", "xml", "pdf"])
"""``logo@2x.png``: none of these is a top-level domain."""


def find_email_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Places of e-mail addresses.

    >>> list(find_email_addresses("write to ada@example.edu."))
    [(9, 24)]
    """
    for start, end in _find_neighbourhoods(text):
        for match in _ADDRESS.finditer(text, start, end):
            if match["last"].lower() not in _FILE_ENDINGS:
                yield match.span("address")


def _find_neighbourhoods(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of the text in which every at sign lies with all that can belong to its address; most text is in none."""
    start = end = 0
    for sign in heapq.merge(*(_find_all(text, sign) for sign in _SIGNS)):
        if sign - _BEFORE > end:
            if end:
                yield start, end
            start = sign - _BEFORE
        end = sign + _AFTER
    if end:
        yield max(start, 0), end


def _find_all(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


EMAIL = Kind(
    name="email",
    find=find_email_addresses,
    hint="@|%40",
    # RFC 2606 reserves the domains; the first two are FineWeb's
    stand_ins=("email@example.com", "firstname.lastname@example.org", "name@example.net"),
)
