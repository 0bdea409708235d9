"""Phone numbers written to be dialled: a careful first version that would rather miss one.

Found are international numbers (``+49 30 1234567``, ``0049-…``), North American ones (``(212) 555-0187``) and national
ones with a trunk zero (``020 7946 0958``, ``01.23.45.67.89``), of 10 to 15 digits. Dates, versions, ISBNs and bare runs of
digits are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_assets.pii.kinds import WALL, Kind

_GAP = "[ \u00a0]"
_MARK = "[-. \u00a0\u2010\u2011]"

_NUMBER = re.compile(
    rf"""
    (?<![0-9A-Za-z_+{WALL}])(?<![0-9{WALL}][-./:])                        # not the tail of another number
    (?:
        (?:\+|00(?=[1-9][0-9]{{0,2}}{_MARK})){_GAP}?[1-9](?:[ \u00a0()/.\u2010\u2011-]{{0,2}}[0-9]){{9,14}}+
      | (?:\+?1{_MARK})?(?:\([2-9][0-9]{{2}}\){_GAP}?|[2-9][0-9]{{2}}{_MARK})[2-9][0-9]{{2}}{_MARK}[0-9]{{4}}
      | 0[1-9](?P<pair>{_MARK})[0-9]{{2}}(?:(?P=pair)[0-9]{{2}}){{3}}
      | (?:0[1-9]-(?=[0-9]{{8}})|0[1-9][0-9]{{1,3}}(?:{_MARK}|{_GAP}?/{_GAP}?)|\(0[1-9][0-9]{{0,3}}\){_GAP}?)
        (?:[0-9]{{7,8}} | [0-9]{{3,4}}{_MARK}[0-9]{{3,4}} | [0-9]{{2,3}}(?P<mark>{_MARK})[0-9]{{2}}(?P=mark)[0-9]{{2}})
    )
    (?:{_GAP}?(?:x|ext\.?){_GAP}?[0-9]{{1,6}}+)?+
    (?![-.]?[0-9{WALL}])
    """,
    re.VERBOSE | re.IGNORECASE,
)


def find_phone_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Places of phone numbers.

    >>> list(find_phone_numbers("call +1 212-555-0187 before 2024-03-01"))
    [(5, 20)]
    """
    return (match.span() for match in _NUMBER.finditer(text))


PHONE = Kind(
    name="phone",
    find=find_phone_numbers,
    hint="[0-9]",
    # numbers that the North American plan keeps for fiction
    stand_ins=("+1 202-555-0100", "+1 202-555-0101", "+1 202-555-0102"),
)
