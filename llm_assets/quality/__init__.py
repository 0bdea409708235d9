"""Measures documents, cleans their lines, and decides which of them are worth learning from.

A filter is a frozen configuration with the signals it needs and bounds on them. The order in which they are tried is the
recipe's.
"""

from __future__ import annotations

from llm_assets.quality.bounds import Filter
from llm_assets.quality.c4 import C4
from llm_assets.quality.fineweb import FineWebQuality
from llm_assets.quality.gopher import GopherQuality, GopherRepetition
from llm_assets.quality.language import LanguageFilter

FILTERS: dict[str, type[Filter]] = {
    "language": LanguageFilter,
    "gopher_repetition": GopherRepetition,
    "gopher_quality": GopherQuality,
    "c4": C4,
    "fineweb_quality": FineWebQuality,
}
