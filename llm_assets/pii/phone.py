"""Phone numbers written to be dialled, told by their form or by the words beside them.

By form alone: international numbers (``+49 30 1234567``, ``0049-…``) that the country's numbering plan has room for, North
American ones (``(212) 555-0187``) and national ones with a trunk zero (``020 7946 0958``, ``01.23.45.67.89``), of 10 to 15
digits. Beside a word such as "call" or "fax" also the short and local ones (:mod:`llm_assets.pii.phone_words`). Dates,
versions, ISBNs and bare runs of digits are none.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator

from llm_assets.pii.kinds import WALL, Kind
from llm_assets.pii.phone_words import find_called_numbers

_GAP = "[ \u00a0]"
_MARK = "[-. \u00a0\u2010\u2011]"

_NUMBER = re.compile(
    rf"""
    (?<![0-9A-Za-z_+{WALL}])(?<![0-9{WALL}][-./:])                        # not the tail of another number
    (?:
        (?P<abroad>(?:\+|00(?=[1-9][0-9]{{0,2}}{_MARK})){_GAP}?[1-9](?:[ \u00a0()/.\u2010\u2011-]{{0,2}}[0-9]){{9,14}}+)
      | (?:\+?1{_MARK})?(?:\([2-9][0-9]{{2}}\){_GAP}?|[2-9][0-9]{{2}}{_MARK})[2-9][0-9]{{2}}{_MARK}[0-9]{{4}}
      | 0[1-9](?P<pair>{_MARK})[0-9]{{2}}(?:(?P=pair)[0-9]{{2}}){{3}}
      | (?:0[1-9]-(?=[0-9]{{8}})|0[1-9][0-9]{{1,3}}(?:{_MARK}|{_GAP}?/{_GAP}?)|\(0[1-9][0-9]{{0,3}}\){_GAP}?)
        (?:[0-9]{{7,8}} | [0-9]{{3,4}}{_MARK}[0-9]{{3,4}} | [0-9]{{2,3}}(?P<mark>{_MARK})[0-9]{{2}}(?P=mark)[0-9]{{2}})
    )
    (?>(?:{_GAP}?(?:x|ext\.?){_GAP}?[0-9]{{1,6}}+)?)
    (?![-.]?[0-9{WALL}])
    """,
    re.VERBOSE | re.IGNORECASE,
)


def find_phone_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Places of phone numbers.

    >>> list(find_phone_numbers("call +1 212-555-0187 before 2024-03-01"))
    [(5, 20)]
    """
    end = 0
    for place in heapq.merge(_find_formed(text), find_called_numbers(text), key=lambda place: (place[0], -place[1])):
        if place[0] >= end:
            end = place[1]
            yield place


def _find_formed(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _NUMBER.finditer(text) if match["abroad"] is None or _is_possible(match["abroad"]))


def _is_possible(number: str) -> bool:
    """Whether there is such a country code, and a number of that country may be as long."""
    import phonenumbers

    written = number if number.startswith("+") else f"+{number[2:]}"
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(written))
    except phonenumbers.NumberParseException:
        return False


PHONE = Kind(
    name="phone",
    find=find_phone_numbers,
    hint="[0-9](?:[ \u00a0()./\u2010\u2011-]{0,3}[0-9]){5}",
    # numbers that the North American plan keeps for fiction
    stand_ins=("+1 202-555-0100", "+1 202-555-0101", "+1 202-555-0102"),
)
