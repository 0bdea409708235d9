"""Social security numbers of the United States, 3-2-4 digits with hyphens; individual taxpayers' numbers are none.

With blanks between them the same digits are house and suite numbers as often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_assets.pii.kinds import WALL, Kind

_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z_{WALL}])(?<![0-9{WALL}][-./,+])[0-8][0-9]{{2}}-[0-9]{{2}}-[0-9]{{4}}"
    rf"(?![0-9A-Za-z_{WALL}]|[-./,+][0-9{WALL}])"
)


def find_us_ssns(text: str) -> Iterator[tuple[int, int]]:
    """Places of numbers that could have been given out.

    >>> list(find_us_ssns("SSN 536-90-4399, part 000-12-3456"))
    [(4, 15)]
    """
    return (match.span() for match in _NUMBER.finditer(text) if _is_given(match[0]))


def _is_given(number: str) -> bool:
    from stdnum.us import ssn

    return bool(ssn.is_valid(number))


US_SSN = Kind(
    name="us_ssn",
    find=find_us_ssns,
    hint="[0-9]{3}-[0-9]{2}-[0-9]{4}",
    # kept for advertisements, never given out
    stand_ins=("987-65-4320", "987-65-4321", "987-65-4322"),
)
