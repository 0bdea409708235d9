"""A value for eyes, and for JSON: numbers, document keys, what pages and models say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from llm_assets.display import for_terminal
from llm_assets.formats.doc import format_doc
from llm_assets.notation import MOST_EXACT, show_number
from llm_assets.pii.redact import redact_for_display

DOC_KEYS = frozenset({"doc", "elder", "family"})
"""Columns that hold document keys: JSON numbers of that size would be rounded, so they are shown as text."""

OWN_NAMES = frozenset(
    {"id", "elder_id", "crawl", "dump", "stage", "rule", "signal", "output", "asset", "digest", "version", "date", "view"}
)
"""Columns of this project's own making, in which the redactor would only do harm."""

CELL_CHARACTERS = 300


def make_plain(name: str, value: Any) -> Any:  # noqa: PLR0911  # one line a type
    """A value as JSON has it; ``name`` is its column. Texts are redacted, and numbers that JSON or its readers lack are none."""
    match value:
        case None | bool():
            return value
        case int():
            return format_doc(value) if name in DOC_KEYS else value if abs(value) < MOST_EXACT else str(value)
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return make_plain(name, int(value) if value == value.to_integral_value() else float(value))
        case bytes():
            return value.hex()
        case str():
            return value if name in OWN_NAMES else redact_for_display(value)
        case Mapping():
            return {str(key): make_plain(str(key), each) for key, each in value.items()}
        case Sequence():
            return [make_plain(name, each) for each in value]
    return str(value)


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
