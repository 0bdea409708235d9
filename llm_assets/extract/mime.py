"""What kind of document a payload is: what its header says, unless its own first element says otherwise.

Read are HTML, XHTML and plain text. A feed, a site map or a drawing is refused as what it is, even where it is served as HTML; a
page served as XML or as plain text is read as the page it is.
"""

from __future__ import annotations

import re

from resiliparse.parse.encoding import detect_mime

XHTML_TYPE = "application/xhtml+xml"
HTML_TYPES = frozenset({"text/html", XHTML_TYPE})
TEXT_TYPES = frozenset({"text/plain"})

_XML_TYPES = frozenset({"text/xml", "application/xml"})
_ROOT_BYTES = 8_192
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>(?:\s|<\?[^<>]{0,2000}>|<!--.{0,4000}?-->|<!(?!--)[^<>]{0,2000}>)*)<(?:[\w.-]{1,40}:)?([A-Za-z][\w.-]{0,40})",
    re.DOTALL,
)
_ROOT_TYPES = {
    b"rss": "application/rss+xml",
    b"feed": "application/atom+xml",
    b"rdf": "application/rdf+xml",
    b"urlset": "application/xml",
    b"sitemapindex": "application/xml",
    b"opml": "text/x-opml",
    b"svg": "image/svg+xml",
}


def find_mime(declared: str | None, payload: bytes) -> str:
    """The MIME type to treat a payload as, in lower case. ``declared`` is the header's, without parameters.

    >>> find_mime("text/html", b"<?xml version='1.0'?><rss version='2.0'>")
    'application/rss+xml'
    """
    if declared is not None and declared not in HTML_TYPES | TEXT_TYPES | _XML_TYPES:
        return declared
    match = _ROOT.match(payload, 0, _ROOT_BYTES)
    root = match[1].lower() if match else b""
    if root in _ROOT_TYPES:
        return _ROOT_TYPES[root]
    if root == b"html" and (declared is None or declared not in HTML_TYPES):
        return XHTML_TYPE if declared in _XML_TYPES else "text/html"
    return declared or detect_mime(payload)
