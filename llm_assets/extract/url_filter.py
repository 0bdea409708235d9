"""Decides by its URL alone whether a page is read: domains, URLs and words that promise nothing to learn from.

After RefinedWeb (Penedo et al. 2023, appendix G.1) and FineWeb; unlike datatrove's, it sees through case, percent
signs, punycode and full-width letters, and a listed domain covers the domains below it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from llm_assets.errors import ConfigError
from llm_assets.extract.block_lists import BUILTIN, BlockList, find_categories, read_domains, read_urls, read_words
from llm_assets.extract.config import UrlFilter
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.urls import parent_domains, parent_urls, split_url


class UrlJudge:
    """A URL filter with its lists read. ``folders`` are the UT1-style folders by the names the filter uses."""

    def __init__(self, config: UrlFilter, folders: Mapping[str, Path]) -> None:
        places = [(f"{name}/{category}", folder / category) for name, category, folder in _iterate_categories(config, folders)]
        domains = [(f"{name}/domains", read_domains(place / "domains")) for name, place in places if (place / "domains").is_file()]
        urls = [(f"{name}/urls", read_urls(place / "urls")) for name, place in places if (place / "urls").is_file()]
        if config.builtin:
            domains.insert(0, ("builtin/domains", read_domains(BUILTIN / "domains.txt")))
        self._domains = BlockList(domains)
        self._urls = BlockList(urls)
        self._hard = read_words("hard_words") if config.builtin else frozenset()
        self._soft = read_words("soft_words") if config.builtin else frozenset()
        self._sub_words = sorted(read_words("sub_words")) if config.builtin else []
        self._max_soft = config.max_soft_words

    def judge(self, url: str) -> Rejection | None:
        """The first rule that the URL breaks, or None."""
        parts = split_url(url)
        for domain in parent_domains(parts.host):
            if name := self._domains.find(domain):
                return Rejection("url_filter.domain", detail=f"{name}: {domain}")
        for prefix in parent_urls(parts) if len(self._urls) else ():
            if name := self._urls.find(prefix):
                return Rejection("url_filter.url", detail=f"{name}: {prefix}")
        words = frozenset(parts.words)
        if hard := words & self._hard:
            return Rejection("url_filter.hard_word", len(hard), high=0, detail=f"builtin/hard_words: {', '.join(sorted(hard))}")
        letters = "".join(parts.words)
        for stretch in self._sub_words:
            if stretch in letters:
                return Rejection("url_filter.sub_word", 1, high=0, detail=f"builtin/sub_words: {stretch}")
        soft = words & self._soft
        if len(soft) > self._max_soft:
            detail = f"builtin/soft_words: {', '.join(sorted(soft))}"
            return Rejection("url_filter.soft_words", len(soft), high=self._max_soft, detail=detail)
        return None


@functools.lru_cache(maxsize=1)
def load_judge(config: UrlFilter, folders: tuple[tuple[str, Path], ...]) -> UrlJudge:
    """A judge, kept between the work items of one process."""
    return UrlJudge(config, dict(folders))


def check_lists(config: UrlFilter, folders: Mapping[str, Path]) -> tuple[str, ...]:
    """Warnings about categories that a block list lacks. ConfigError where a list is not given, or lacks them all."""
    found: dict[str, set[str]] = {}
    for name, category, _ in _iterate_categories(config, folders):
        found.setdefault(name, set()).add(category)
    return tuple(
        f"block list {name} has no category {category}"
        for name in config.block_lists
        for category in config.categories
        if category not in found[name]
    )


def _iterate_categories(config: UrlFilter, folders: Mapping[str, Path]) -> list[tuple[str, str, Path]]:
    """Name, category and folder of everything that is read."""
    missing = [name for name in config.block_lists if name not in folders]
    if missing:
        given = ", ".join(sorted(folders)) or "none"
        raise ConfigError(f"url_filter.block_lists: {', '.join(missing)} is not among the inputs given: {given}")
    return [
        (name, category, folders[name])
        for name in config.block_lists
        for category in find_categories(name, folders[name], config.categories)
    ]
