"""A value for eyes: numbers, document keys, what pages and models say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from llm_assets.display import for_terminal
from llm_assets.formats.doc import format_doc
from llm_assets.notation import show_number
from llm_assets.plain_values import DOC_KEYS

CELL_CHARACTERS = 300


def show_value(name: str, value: Any, written: str | None = None, null: str = "") -> str:  # noqa: PLR0911  # one line a type
    """A value as markup of one line: ``written`` is the format of a number, ``null`` what stands for nothing."""
    match value:
        case None:
            return null
        case bool():
            return "yes" if value else "no"
        case int() if name in DOC_KEYS:
            return format_doc(value)
        case int() | float() | Decimal():
            return written.format(value) if written else f"{value:,}" if isinstance(value, int) else show_number(float(value))
        case bytes():
            return value.hex()
        case list() | tuple():
            return ", ".join(show_value(name, each, written, null) for each in value)
    return for_terminal(" ".join(str(value).split()), CELL_CHARACTERS)
