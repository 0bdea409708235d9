"""Payment card numbers: an issuer's first digits and length, the groups they are printed in, and Luhn's check digit.

Thirteen digits that begin with 4 are left alone: no card has them any more, and bar codes do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_assets.pii.kinds import WALL, Kind

_NEIGHBOUR = f"[0-9A-Za-z_{WALL}]"

_CARD = re.compile(
    rf"""
    [2-6] (?<!{_NEIGHBOUR}.)(?<![0-9{WALL}][-./:,+].)                                 # not the tail of another number
    (?: [0-9]{{3}}(?P<gap>[ \u00a0-])[0-9]{{4}}(?P=gap)[0-9]{{4}}(?P=gap)[0-9]{{4}}   # 4 4 4 4
      | [0-9]{{3}}(?P<mark>[ \u00a0-])[0-9]{{6}}(?P=mark)[0-9]{{4,5}}                 # 4 6 5 and 4 6 4
      | [0-9]{{13,18}}+
    )
    (?!{_NEIGHBOUR}|[-./,:][0-9{WALL}])
    """,
    re.VERBOSE | re.DOTALL,
)

_ISSUED = re.compile(
    """
    4[0-9]{15}(?:[0-9]{3})?                                                   # Visa
    | (?:5[1-5]|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]+  # Mastercard, told from others by its length
    | 3[47][0-9]{13}                                                          # American Express
    | 3(?:0[0-59]|[689][0-9])[0-9]{11}                                        # Diners Club
    | 35(?:2[89]|[3-8][0-9])[0-9]{12}                                         # JCB
    | 220[0-4][0-9]{12}                                                       # Mir
    | (?:6011|64[4-9][0-9]|65[0-9]{2}|62[0-9]{2})[0-9]{12,15}                 # Discover, UnionPay
    | (?:50|5[6-8]|63|67)[0-9]{14}                                            # Maestro
    """,
    re.VERBOSE,
)
_MASTERCARD_DIGITS = 16
_SEPARATORS = str.maketrans("", "", " \u00a0-")


def find_card_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Places of card numbers.

    >>> list(find_card_numbers("paid with 4242-4242-4242-4242, order 4242424242424243"))
    [(10, 29)]
    """
    return (match.span() for match in _CARD.finditer(text) if _is_card(match[0].translate(_SEPARATORS)))


def _is_card(digits: str) -> bool:
    from stdnum import luhn

    if not _ISSUED.fullmatch(digits) or (digits[0] in "25" and len(digits) != _MASTERCARD_DIGITS):
        return False
    return bool(luhn.is_valid(digits))


CARD_NUMBER = Kind(
    name="card_number",
    find=find_card_numbers,
    hint="[0-9](?:[ \u00a0-]?[0-9]){13}",
    # numbers that payment services give out for trials: no card has them
    stand_ins=("4111 1111 1111 1111", "5555 5555 5555 4444", "6011 1111 1111 1117"),
)
