"""Decides by its URL alone whether a page is read: domains, URLs and words that promise nothing to learn from.

After RefinedWeb (Penedo et al. 2023, appendix G.1) and FineWeb; unlike datatrove's, it sees through case, percent
signs, punycode and full-width letters, and a listed domain covers the domains below it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick, Implementation

from llm_assets.errors import ConfigError
from llm_assets.extract.block_lists import BlockLists, Listed, ListFile
from llm_assets.extract.config import UrlFilter
from llm_assets.extract.list_source import DOMAINS, URLS, find_categories
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.urls import name_site, parent_domains, parent_urls, space_words, split_url

BUILTIN = Path(__file__).parent / "block_list"


class UrlJudge:
    """A URL filter with its lists read. ``folders`` are the side inputs by the names that the filter uses."""

    def __init__(self, config: UrlFilter, folders: Mapping[str, Path]) -> None:
        own = [ListFile("builtin/domains", BUILTIN / "domains.txt", of_domains=True)] if config.builtin else []
        files = [*own, *(file for name in config.block_lists for file in _find_files(name, folders[name], config.categories))]
        self._lists = BlockLists(files)
        self._has_urls = any(not file.of_domains for file in files)
        self._hard, self._soft, stretches = (
            map(read_words, ("hard_words", "soft_words", "sub_words")) if config.builtin else [frozenset()] * 3
        )
        self._sub_words = sorted(stretches)
        self._max_soft = config.max_soft_words
        patterns = [*(b" %b " % word for word in self._hard | self._soft), *self._sub_words]
        self._find_any = BytesAhoCorasick(patterns, implementation=Implementation.DFA).find_matches_as_indexes

    def judge(self, url: str) -> Rejection | None:
        """The first rule that a URL breaks, or None."""
        host, path = split_url(url)
        if listed := self._lists.find(parent_domains(host), True):
            return _tell("domain", listed)
        if self._has_urls and self._lists.has_urls_of(name_site(host)) and (listed := self._lists.find(parent_urls(host, path), False)):
            return _tell("url", listed)
        spaced = space_words(host, path)
        letters = spaced.replace(b" ", b"")
        return self._judge_words(spaced, letters) if self._find_any(spaced + letters) else None

    def _judge_words(self, spaced: bytes, letters: bytes) -> Rejection | None:
        words = frozenset(spaced.split())
        if hard := words & self._hard:
            return Rejection("url_filter.hard_word", len(hard), high=0, detail=f"builtin/hard_words: {_join(hard)}")
        if found := next((stretch for stretch in self._sub_words if stretch in letters), None):
            return Rejection("url_filter.sub_word", 1, high=0, detail=f"builtin/sub_words: {found.decode()}")
        soft = words & self._soft
        if len(soft) > self._max_soft:
            return Rejection("url_filter.soft_words", len(soft), high=self._max_soft, detail=f"builtin/soft_words: {_join(soft)}")
        return None


@functools.lru_cache(maxsize=1)
def load_judge(config: UrlFilter, folders: tuple[tuple[str, Path], ...]) -> UrlJudge:
    """A judge, kept between the work items of one process."""
    return UrlJudge(config, dict(folders))


def check_lists(config: UrlFilter, folders: Mapping[str, Path]) -> tuple[str, ...]:
    """Warnings about categories that a block list lacks. ConfigError where a list is not given, or nothing of it would be read."""
    missing = [name for name in config.block_lists if name not in folders]
    if missing:
        given = ", ".join(sorted(folders)) or "none"
        raise ConfigError(f"url_filter.block_lists: {', '.join(missing)} is not among the inputs given: {given}")
    return tuple(warning for name in config.block_lists for warning in _check_list(name, folders[name], config.categories))


def read_words(name: str) -> frozenset[bytes]:
    """One of the project's own lists of words, as UTF-8."""
    lines = (BUILTIN / f"{name}.txt").read_bytes().splitlines()
    return frozenset(line for line in lines if line and not line.startswith(b"#"))


def _check_list(name: str, folder: Path, categories: tuple[str, ...]) -> tuple[str, ...]:
    there = find_categories(folder)
    if "" in there:  # read whatever the categories
        return ()
    if not set(categories) & set(there):
        wanted, had = ", ".join(categories), ", ".join(there) or "none"
        raise ConfigError(f"url_filter.categories: block list {name} has none of {wanted}; it has: {had}")
    return tuple(f"block list {name} has no category {category}" for category in categories if category not in there)


def _find_files(name: str, folder: Path, categories: tuple[str, ...]) -> Iterator[ListFile]:
    """What is read of a block list: files without a category, and those of the categories wanted."""
    for place in (".", *categories):
        for kind in (DOMAINS, URLS):
            file = folder / place / kind
            if file.is_file():
                yield ListFile(f"{name}/{file.relative_to(folder).as_posix()}", file, of_domains=kind == DOMAINS)


def _tell(rule: str, listed: Listed) -> Rejection:
    return Rejection(f"url_filter.{rule}", detail=f"{listed.name}: {listed.entry}")


def _join(words: frozenset[bytes]) -> str:
    return ", ".join(word.decode() for word in sorted(words))
