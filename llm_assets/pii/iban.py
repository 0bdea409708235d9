"""International bank account numbers (ISO 13616), in one piece or in groups of four, upper or lower case."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_assets.pii.kinds import WALL, Kind

_NEIGHBOUR = f"[0-9A-Za-z_{WALL}]"
_GAP = "[ \u00a0-]"
_COUNTRY = 2
_SHORTEST = 15

# Atomic groups, and no possessive quantifier of a group: Python before 3.11.5 loses matches by those.
_ACCOUNT = re.compile(
    rf"""
    [0-9] (?<=[A-Za-z]{{2}}.)(?<!{_NEIGHBOUR}..[0-9])(?<![0-9{WALL}]-..[0-9]) [0-9]   # two check digits, after the country
    (?: [0-9A-Za-z]{{11,30}}+
      | (?>(?:{_GAP}[0-9A-Za-z]{{4}}(?![0-9A-Za-z])){{2,7}} (?:{_GAP}[0-9A-Za-z]{{1,3}}(?![0-9A-Za-z]))?)
    )
    (?!{_NEIGHBOUR}|-[0-9{WALL}])
    """,
    re.VERBOSE | re.DOTALL,
)
_SEPARATORS = str.maketrans("", "", " \u00a0-")


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """Places of account numbers whose country, length and check digits fit.

    >>> list(find_ibans("to GB33 BUKB 2020 1555 5555 55 by May"))
    [(3, 30)]
    """
    for match in _ACCOUNT.finditer(text):
        start, end = match.start() - _COUNTRY, match.end()
        while end - start >= _SHORTEST and not _is_account(text[start:end].translate(_SEPARATORS)):
            end = max(text.rfind(gap, start, end) for gap in " \u00a0-")  # the last group may be a word that follows
        if end - start >= _SHORTEST:
            yield start, end


def _is_account(number: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(number))


IBAN = Kind(
    name="iban",
    find=find_ibans,
    hint="[A-Za-z]{2}[0-9]{2}[ \u00a0-]?[0-9A-Za-z]{4}[ \u00a0-]?[0-9A-Za-z]{4}",
    # the registry's own examples, of accounts that do not exist
    stand_ins=("GB33 BUKB 2020 1555 5555 55", "DE89 3704 0044 0532 0130 00", "FR14 2004 1010 0505 0001 3M02 606"),
)
