"""Digits that the words beside them make a phone number: "call 785 8949", "Fax: 06-24312407", "(88) 684-334 office"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_assets.pii.kinds import WALL

_DIGITS = re.compile(
    rf"""
    (?: \( (?<![0-9A-Za-z_{WALL}].)
      | [0-9+] (?<![0-9A-Za-z_+({WALL}$€£\#].)(?<![0-9{WALL}][-./:,+].)(?<![$€£\#][ ].) )
    (?: (?<=\()[0-9]{{1,5}}\)[ -]?[0-9] )? [0-9]{{0,11}} (?:[ ./\u00a0\u2010\u2011-][0-9]{{2,8}}){{0,5}} (?<=[0-9])
    (?>(?:[ ]?(?:x|ext\.?)[ ]?[0-9]{{1,6}}+)?)
    (?![0-9A-Za-z_%€{WALL}]|[-./:,+][0-9{WALL}])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_NO_NUMBER = re.compile(
    r"""
    [0-9]{1,2}([./-])[0-9]{1,2}\1(?:[0-9]{2}|[0-9]{4}) | [0-9]{4}([./-])[0-9]{1,2}\2[0-9]{1,2}(?:[ ][0-9]{1,2})?  # dates
    | (?:1[89]|20)[0-9]{2}[ /\u2010\u2011–-]{1,3}(?:1[89]|20)[0-9]{2}                                              # years
    | [1-9][0-9]{0,2}([ .\u00a0])[0-9]{3}(?:\3[0-9]{3})?                                                          # sums
    """,
    re.VERBOSE,
)
_LEAST_DIGITS, _MOST_DIGITS = 6, 15

_CONTEXT = 56
"""Characters before a number that may call it a phone number."""

_BEFORE = re.compile(
    r"""
    (?<![^\W_])
    (?: (?:tele)?phones? | tel | (?:tele)?fax | mobiles? | cell(?:phone|ular)? | hotline | helpline | whatsapp | sms | dial | call(?:ing)?
      | t[eé]l[eé]fonos? | t[eé]l[eé]phones? | telefono | telefon(?:nummer|e)? | telefoon | handy(?:nummer)? | m[oó]vil | portable
      | celular | cellulare | (?:answer|reach|contact|ring|text)(?:ing|ed|able)?(?:[ ](?:me|us|him|her|them|you))?[ ](?:at|on|under) )
    (?: [ \t\u00a0]+ (?:numbers?|no|nr|num|is|at|on|me|us|him|her|them|my|our|the|office|home|work|line|toll|free|now|today|direct) \b )*
    [\s.:;=#|*"'()\[\]>-]*
    \Z
    """,
    re.VERBOSE | re.IGNORECASE,
)
_AFTER = re.compile(
    r"[ \u00a0]?[ (\u2010-\u2014-]?(?:office|fax|mobile|cell|work|home|tel|phone)\b(?=[)\\,;|]|[ \t]*(?:\n|\Z))", re.IGNORECASE
)


def find_called_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Places of numbers with a word for phones just before or after them.

    >>> list(find_called_numbers("call me on 785 8949 after 2019-2020"))
    [(11, 19)]
    """
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        if _may_be_dialled(match[0]) and (_BEFORE.search(text[max(0, start - _CONTEXT) : start]) or _AFTER.match(text, end)):
            yield start, end


def _may_be_dialled(written: str) -> bool:
    dialled = re.split("[xe]", written.lower(), maxsplit=1)[0]
    return _NO_NUMBER.fullmatch(written) is None and _LEAST_DIGITS <= sum(letter.isdigit() for letter in dialled) <= _MOST_DIGITS
