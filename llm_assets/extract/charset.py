"""The characters of a page: which encoding its bytes are in, and their text.

The order is the WHATWG's: a byte order mark, the HTTP header, the page's own ``<meta>``, then a guess. But what is
declared is often wrong. So bytes that are UTF-8 and hold more than ASCII are read as UTF-8 whatever is declared, since text in
another encoding hardly ever is valid UTF-8; and a declaration that loses most of what is not ASCII is not believed where another
loses less.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

META_BYTES = 4_096
"""Where a page's own declaration is looked for; the standard asks for 1,024, and pages come later with it."""

BELIEVED_LOSS = 0.5
"""Share of the characters outside ASCII that a declared encoding may fail to decode. A page in another encoding loses nearly
all of them; one cut off in the middle of a character, or with a quotation pasted in, loses few."""

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF_16 = frozenset({"utf-16-le", "utf-16-be"})
_META = re.compile(rb"""<(?:meta|\?xml)\b[^<>]{0,1000}?(?:charset|encoding)\s{0,9}=\s{0,9}["']?\s{0,9}([\w:.+-]{1,40})""", re.IGNORECASE)
_SUPERSETS = {"gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs"}
"""What browsers decode those labels with."""

_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\f\r") + b"\x7f"


class Decoded(NamedTuple):
    """A page's text and the Python codec it was decoded with."""

    text: str
    charset: str


def decode_page(payload: bytes, header: str | None = None) -> Decoded:
    """The text of a page. What cannot be decoded becomes U+FFFD. ``header`` is the charset of the HTTP header.

    >>> decode_page("<meta charset=latin1>é".encode("latin-1"))
    Decoded(text='<meta charset=latin1>é', charset='cp1252')
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if payload.startswith(mark):
            return Decoded(payload[len(mark) :].decode(codec, "replace"), codec)
    if _is_multibyte_utf_8(payload):
        return Decoded(payload.decode("utf-8", "replace"), "utf-8")
    best: Decoded | None = None
    least = 2.0
    for codec in _candidates(payload, header):
        text = payload.decode(codec, "replace")
        lost = _lost_fraction(text)
        if lost < least:
            best, least = Decoded(text, codec), lost
        if lost <= BELIEVED_LOSS:
            break
    assert best is not None
    return best


def garbled_fraction(text: str) -> float:
    """Share of a text's characters that are control characters or could not be decoded: high for binary files."""
    raw = text.encode("utf-8", "replace")
    controls = len(raw) - len(raw.translate(None, _CONTROLS))
    return (controls + text.count("\ufffd")) / max(len(text), 1)


def _candidates(payload: bytes, header: str | None) -> Iterator[str]:
    meta = _META.search(payload, 0, META_BYTES)
    for codec in (_find_codec(header or ""), _find_codec(meta[1].decode("ascii", "replace") if meta else "")):
        if codec in _UTF_16 and meta:
            yield "utf-8"  # a page with a legible <meta> is not in UTF-16, whatever it says
        elif codec is not None:
            yield codec
    if not payload.isascii():
        yield _find_codec(detect_encoding(payload) or "") or "utf-8"
    yield "utf-8"


def _is_multibyte_utf_8(payload: bytes) -> bool:
    """A last character that is cut off does not count."""
    if payload.isascii():
        return False
    try:
        return not codecs.getincrementaldecoder("utf-8")().decode(payload).isascii()
    except UnicodeDecodeError:
        return False


def _lost_fraction(text: str) -> float:
    lost = text.count("\ufffd")
    return lost / (len(text) - len(text.encode("ascii", "ignore"))) if lost else 0.0


def _find_codec(label: str) -> str | None:
    """Python's codec for a label as the WHATWG maps it (``iso-8859-1`` means windows-1252), or None."""
    name = map_encoding_to_html5(label.strip(), fallback_utf8=False)
    return None if name is None else _SUPERSETS.get(name, name)
