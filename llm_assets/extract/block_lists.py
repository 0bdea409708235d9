"""Lists of domains, URLs and words that are not read: the project's own, and folders as UT1 makes them.

A list may hold millions of entries and is read by every worker, so entries are kept as sorted 64-bit hashes: 10 bytes
an entry where a set of strings takes 120. With five million entries, a URL that is not listed is taken for a listed
one in 10^12 cases once, and always the same one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from llm_assets.errors import ConfigError, DataError
from llm_assets.extract.urls import parent_urls, split_url

BUILTIN = Path(__file__).parent / "block_list"


class BlockList:
    """Entries by hash, each with the list it stands on (the first, where it stands on several)."""

    def __init__(self, lists: Sequence[tuple[str, Iterable[bytes]]]) -> None:
        self._names = [name for name, _ in lists]
        hashes = [np.fromiter(map(_hash, entries), dtype=np.uint64) for _, entries in lists]
        joined = np.concatenate(hashes) if hashes else np.empty(0, dtype=np.uint64)
        sources = np.repeat(np.arange(len(hashes), dtype=np.uint16), [len(part) for part in hashes])
        keys, first = np.unique(joined, return_index=True)
        # bisect on an array is five times as fast as numpy on a single number.
        self._keys = array("Q", keys.tobytes())
        self._sources = array("H", sources[first].tobytes())

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, entry: str) -> str | None:
        """Name of the list that ``entry`` stands on, or None."""
        key = _hash(entry.encode("utf-8", "replace"))
        place = bisect_left(self._keys, key)
        if place < len(self._keys) and self._keys[place] == key:
            return self._names[self._sources[place]]
        return None


def read_domains(path: Path) -> Iterator[bytes]:
    """Domains of a file, one a line, as :func:`~llm_assets.extract.urls.split_url` would write them."""
    for line in _read_lines(path):
        if line.isascii():
            yield line.lower().removeprefix(b".").removesuffix(b".")
        else:
            yield split_url(line.decode("utf-8", "replace")).host.encode("utf-8", "replace")


def read_urls(path: Path) -> Iterator[bytes]:
    """URLs of a file, one a line, in the widest form that still names the whole entry."""
    for line in _read_lines(path):
        entry = next(parent_urls(split_url(line.decode("utf-8", "replace"))))
        yield entry.encode("utf-8", "replace")


def read_words(name: str) -> frozenset[str]:
    """One of the project's own lists of words."""
    return frozenset(line.decode("utf-8") for line in _read_lines(BUILTIN / f"{name}.txt"))


def find_categories(name: str, folder: Path, categories: Sequence[str]) -> list[str]:
    """Those of ``categories`` that a UT1-style folder has. ConfigError where it has none of them."""
    found = [category for category in categories if (folder / category).is_dir()]
    if not found:
        there = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_dir())) if folder.is_dir() else "no such folder"
        raise ConfigError(f"url_filter.categories: block list {name} has none of {', '.join(categories)}; it has: {there or 'none'}")
    return found


def _read_lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for line in file:
                entry = line.strip()
                if entry and not entry.startswith(b"#"):
                    yield entry
    except OSError as error:
        raise DataError(f"the block list cannot be read ({error.strerror or error})", path) from error


def _hash(entry: bytes) -> int:
    return int.from_bytes(blake2b(entry, digest_size=8).digest(), "little")
