"""Plain text, such as a docstring or a licence, as HTML: paragraphs, lists and blocks of code."""

from __future__ import annotations

import re
import textwrap
from html import escape

_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_BULLET = re.compile(r"[ \t]*(?:[-*•]|\(?[0-9a-z]{1,2}[.)])[ \t]+")
_RULE = re.compile(r"[\s=*~_#+-]+")


def render_plain_text(text: str) -> str:
    r"""HTML of ``text``. Blank lines part paragraphs; what is indented after a colon, or starts with ``>>>``, is code.

    >>> render_plain_text("One\nline.\n\n- an item\n- another")
    '<p>One line.</p>\n<ul><li>an item</li><li>another</li></ul>'
    """
    blocks: list[str] = []
    after_colon = False
    for raw in _BLANK.split(text.expandtabs().strip("\n")):
        block = raw.strip("\n")
        if not block.strip() or _RULE.fullmatch(block):
            continue
        lines = block.split("\n")
        indented = all(line.startswith("  ") for line in lines if line.strip())
        if block.lstrip().startswith(">>>") or (indented and after_colon):
            blocks.append(f"<pre>{escape(textwrap.dedent(block), quote=False)}</pre>")
            continue
        after_colon = block.rstrip().endswith(":")
        blocks.append(_render_items(lines) if _BULLET.match(lines[0]) else f"<p>{_join_lines(lines)}</p>")
    return "\n".join(blocks)


def _render_items(lines: list[str]) -> str:
    items: list[list[str]] = []
    for line in lines:
        if (bullet := _BULLET.match(line)) or not items:
            items.append([line[bullet.end() if bullet else 0 :]])
        else:
            items[-1].append(line)
    return "<ul>" + "".join(f"<li>{_join_lines(item)}</li>" for item in items) + "</ul>"


def _join_lines(lines: list[str]) -> str:
    return escape(" ".join(line.strip() for line in lines if not _RULE.fullmatch(line)).strip(), quote=False)
