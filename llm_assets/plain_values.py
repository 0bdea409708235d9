"""Values of the catalog as JSON has them: numbers, document keys, what pages and models say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llm_assets.formats.doc import format_doc
from llm_assets.notation import MOST_EXACT
from llm_assets.pii.redact import redact_for_display

DOC_KEYS = frozenset({"doc", "elder", "family"})
"""Columns that hold document keys: JSON numbers of that size would be rounded, so they are shown as text."""

OWN_NAMES = frozenset(
    {"id", "elder_id", "crawl", "dump", "stage", "rule", "signal", "output", "asset", "digest", "version", "date", "view"}
)
"""Columns of this project's own making, in which the redactor would only do harm."""


def make_plain(name: str, value: Any, say: Callable[[str], str] = redact_for_display) -> Any:  # noqa: PLR0911  # one line a type
    """A value as JSON has it; ``name`` is its column. Numbers that JSON or its readers lack are none.

    ``say`` makes a text fit to be seen: it redacts at least.
    """
    match value:
        case None | bool():
            return value
        case int():
            return format_doc(value) if name in DOC_KEYS else value if abs(value) < MOST_EXACT else str(value)
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return make_plain(name, int(value) if value == value.to_integral_value() else float(value), say)
        case bytes():
            return value.hex()
        case str():
            return value if name in OWN_NAMES else say(value)
        case Mapping():
            return {str(key): make_plain(str(key), each, say) for key, each in value.items()}
        case Sequence():
            return [make_plain(name, each, say) for each in value]
    return str(value)
