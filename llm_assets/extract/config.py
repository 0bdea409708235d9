"""What extraction is told."""

from __future__ import annotations

from pydantic import Field, field_validator

from llm_assets.extract.engines import ENGINES
from llm_assets.extract.engines.settings import EngineSettings
from llm_assets.section import Section


class UrlFilter(Section):
    """Which URLs are not read at all: FineWeb's and RefinedWeb's filter (Penedo et al. 2023, 2024).

    A page falls when its domain or URL is listed, when its URL holds a hard word, an unwanted stretch of letters, or
    more soft words than allowed.
    """

    builtin: bool = True
    """Use the project's own short lists: words, and a few domains."""

    block_lists: tuple[str, ...] = ()
    """Names of side inputs: folders as UT1 makes them, with ``CATEGORY/domains`` and ``CATEGORY/urls``, or with these two alone."""

    categories: tuple[str, ...] = ("adult", "mixed_adult", "agressif", "ddos", "gambling", "malware", "phishing", "warez")
    """What is read of folders with categories. FineWeb reads ``adult``; UT1 also lists banks, blogs and the press."""

    max_soft_words: int = Field(default=1, ge=0)
    """Distinct soft words a URL may hold: with FineWeb, two are one too many."""


class Extraction(EngineSettings):
    """How the main text is taken out of a page, and which pages are too much for that.

    The limits that decide are of the page, never of the clock, so that the outcome is the same on every machine. Processor time
    and memory are limited ten times looser, for pages on which a parser hangs, explodes or crashes.
    """

    engine: str = "blend"
    """A name in ``llm_assets.extract.engines.ENGINES``."""

    max_bytes: int = Field(default=5 << 20, ge=0)
    """Bytes of a page, its encodings undone. Common Crawl itself cuts pages off at this size."""

    max_nodes: int = Field(default=50_000, ge=0)
    """Markup in a page, counted as ``<`` before anything is parsed. Of 1,641 pages in a trial, none had more than 20,247."""

    max_cpu_seconds: int = Field(default=60, ge=1)
    """Processor time after which the system ends the process that reads a page, to the second. No page within the limits above
    comes near; it is there for what makes a parser loop."""

    max_memory_bytes: int = Field(default=2 << 30, ge=64 << 20)
    """Memory of that process, all of it, beyond which the page is rejected; at twice as much the system gives no more."""

    max_garbled_fraction: float = Field(default=0.05, ge=0, le=1)
    """Share of characters that are control characters or could not be decoded: beyond it a page is no text, whatever it says."""

    @field_validator("engine")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in ENGINES:
            raise ValueError(f"there is no engine {name!r}; there are {', '.join(sorted(ENGINES))}")
        return name
