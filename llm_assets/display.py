"""The one way for text of pages and models to a person's eyes: redacted, harmless, clipped, escaped for where it is shown.

The web is hostile, and so may be what a model learnt from it. Characters that steer a terminal, turn the reading direction or
hide are taken out before the redactor looks, since they also split addresses; escaping comes last, so that no limit cuts it.
"""

from __future__ import annotations

import html
import re

from llm_assets.pii.redact import redact_for_display

_LINE_END = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_ESCAPE_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # colours and cursor moves
    "|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c\x9d\n]{0,2048}+(?:\x07|\x1b\\\\|\x9c)"  # window titles, hyperlinks, the clipboard
    "|\x1b[ -/]*+[0-~]"
)
_MARKUP = re.compile(r"(\\*)\[([a-z#/@][^[]*?\])?")
"""A bracket with the backslashes before it, and what makes it one of rich's tags."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"  # direction, zero width, tags, noncharacters
)
_SURROGATE = re.compile("[\ud800-\udfff]")

_MARKDOWN = re.compile(r"[\\`*_\[\]|~$]")
_MARKDOWN_START = re.compile(r"\A([#+=-]|[0-9]{1,9}(?=[.)]))")
_MARKDOWN_LINK = re.compile(r"(?<=[A-Za-z]):(?=//)|(?<=\bwww)\.", re.IGNORECASE)


def for_terminal(text: str, limit: int | None = None) -> str:
    r"""Rich markup that prints the text as it is. ``limit`` is in characters, the ellipsis included.

    >>> for_terminal("[red]ada@example.edu")
    '\\[red]<EMAIL>'
    """
    return _escape_markup(_clip(_make_safe(text), limit))


def for_markdown(text: str, limit: int | None = None) -> str:
    r"""One line of Markdown, fit for a table's cell, that shows the text as it is: no markup, no HTML, no link.

    (A viewer that looks for bare addresses in what it shows may still link one to itself.)

    >>> for_markdown("a | b\n[home](https://example.com)")
    'a \\| b \\[home\\](https&#58;//example.com)'
    """
    line = html.escape(_clip(" ".join(_make_safe(text).split()), limit), quote=False)
    line = _MARKDOWN_START.sub(_escape_start, _MARKDOWN.sub(r"\\\g<0>", line))
    return _MARKDOWN_LINK.sub(lambda match: f"&#{ord(match[0])};", line)


def for_html(text: str, limit: int | None = None) -> str:
    """The text for an element's content or a quoted attribute; never for an address, a style or a script.

    >>> for_html('<script>"')
    '&lt;script&gt;&quot;'
    """
    return html.escape(_clip(_make_safe(text), limit))


def for_plain_text(text: str, limit: int | None = None) -> str:
    """The text for where nothing is markup, such as a picture."""
    return _clip(_make_safe(text), limit)


def _escape_markup(text: str) -> str:
    """Rich's markup that prints as the text. Its own ``escape`` loses a backslash before a bracket that opens no tag."""

    def double(match: re.Match[str]) -> str:
        backslashes, tag = match.groups()
        if tag is not None:
            return f"{backslashes * 2}\\[{tag}"
        return f"{backslashes}\\[" if backslashes else "["

    escaped = _MARKUP.sub(double, text)
    # An odd backslash at the end would escape the markup that follows the text.
    return escaped + "\\" * ((len(escaped) - len(escaped.rstrip("\\"))) % 2)


def _make_safe(text: str) -> str:
    """Redacted, and nothing in it but letters, marks, tabs and newlines."""
    text = _LINE_END.sub("\n", text)
    text = _UNSEEN.sub("", _ESCAPE_SEQUENCE.sub("", text))
    return redact_for_display(_SURROGATE.sub("\ufffd", text))


def _clip(text: str, limit: int | None) -> str:
    return text if limit is None or len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _escape_start(match: re.Match[str]) -> str:
    """What would open a heading, a list or a rule: a backslash goes before the mark, or after a list's number."""
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"
