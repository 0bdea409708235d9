"""Lists of domains and URLs that are not read: files of one entry a line, which may hold millions.

Every worker reads them, so an entry is kept as its hash and its place in the file: 16 bytes where a set of strings takes 120.
Where a hash is found the line itself is compared, so that no collision decides anything.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from llm_assets.errors import DataError
from llm_assets.extract.urls import parent_urls, split_url

_BLOCK_BYTES = 1 << 16
_OF_DOMAINS = b"abcdefghijklmnopqrstuvwxyz0123456789.-_\n"
_SIEVE_BITS = 5
"""The sieve has 2^5 to 2^6 bits an entry; of what is not listed, one in as many passes it."""


class ListFile(NamedTuple):
    """A file of domains, or else of URLs, by the name that rejections tell."""

    name: str
    path: Path
    of_domains: bool


class Listed(NamedTuple):
    """What was found, and the name of the first file that lists it."""

    name: str
    entry: str


def spell_domain(line: str) -> str:
    """The domain that a line names, as :func:`~llm_assets.extract.urls.split_url` writes it; empty where it names none.

    >>> spell_domain("*.Bücher.example.")
    'xn--bcher-kva.example'
    """
    return split_url(line.strip().lstrip("*."))[0]


def spell_url(line: str) -> str:
    """The URL that a line names, as :func:`~llm_assets.extract.urls.parent_urls` writes it; empty where it names none.

    >>> spell_url("https://WWW.site.example/a/")
    'site.example/a'
    """
    host, path = split_url(line)
    return parent_urls(host, path)[0] if host else ""


class BlockLists:
    """The entries of several files. DataError where one cannot be read.

    An entry is a number: the high bits of its hash, and below them its place, as if the files lay one behind the other. The
    highest bits alone lead to its slot in a sieve, which most of what is not listed does not pass.
    """

    def __init__(self, files: Sequence[ListFile]) -> None:
        self._files = files
        self._contents = [_map_file(file.path) for file in files]
        self._starts = [0, *accumulate(map(len, self._contents))]
        self._place_bits = self._starts[-1].bit_length()
        entries = np.concatenate([np.empty(0, np.int64), *self._hash_files()])
        entries.sort()
        self._shift = 64 - (len(entries).bit_length() + _SIEVE_BITS)
        sieve = np.zeros(1 << (61 - self._shift), np.uint8)
        slots = entries >> self._shift  # counted from the end where negative, here as below
        np.bitwise_or.at(sieve, slots >> 3, (1 << (slots & 7)).astype(np.uint8))
        self._entries, self._sieve = entries.data, sieve.tobytes()

    def find(self, candidates: Iterable[str], of_domains: bool) -> Listed | None:
        """The first that is listed of some domains, or of some URLs; spelt as :func:`spell_domain` does, or :func:`spell_url`."""
        sieve, shift = self._sieve, self._shift
        for entry in candidates:
            slot = hash(entry) >> shift
            if sieve[slot >> 3] >> (slot & 7) & 1:
                for number, start in self._find_places(hash(entry)):
                    if self._files[number].of_domains == of_domains and self._has_entry(number, start, entry):
                        return Listed(self._files[number].name, entry)
        return None

    def has_urls_of(self, site: str) -> bool:
        """False where surely no URL is listed of a site, as :func:`~llm_assets.extract.urls.name_site` writes it."""
        slot = hash(site) >> self._shift
        return bool(self._sieve[slot >> 3] >> (slot & 7) & 1)

    def _find_places(self, key: int) -> Iterator[tuple[int, int]]:
        """File and offset of each line with this hash, in order."""
        first = key >> self._place_bits << self._place_bits
        for index in range(bisect_left(self._entries, first), len(self._entries)):
            place = self._entries[index] - first
            if place >> self._place_bits:
                break
            number = bisect_right(self._starts, place) - 1
            yield number, place - self._starts[number]

    def _has_entry(self, number: int, start: int, entry: str) -> bool:
        """Whether the line of a file that starts there names an entry."""
        content = self._contents[number]
        end = content.find(b"\n", start)
        line = content[start : end if end >= 0 else len(content)]
        return line == entry.encode("utf-8", "replace") or _spell(line, self._files[number].of_domains) == entry

    def _hash_files(self) -> Iterator[NDArray[np.int64]]:
        for file, first in zip(self._files, self._starts, strict=False):
            for start, block in _read_blocks(file.path):
                places, entries = _read_entries(block, file.of_domains)
                hashes = np.fromiter(map(hash, entries), np.int64, len(entries))
                yield (hashes >> self._place_bits << self._place_bits) | (first + start + np.asarray(places, np.int64))


def _read_blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Stretches of whole lines, each with where it starts."""
    start = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            block += file.readline()
            yield start, block
            start += len(block)


def _read_entries(block: bytes, of_domains: bool) -> tuple[Sequence[int] | NDArray[np.int64], list[str]]:
    """Where the entries of some lines start, and the entries."""
    lines = b"\n" + block.lower().replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\n"
    if of_domains and not (lines.translate(None, _OF_DOMAINS) or b"\n\n" in lines or b"\n." in lines or b".\n" in lines):
        # Spelt rightly as they are: what makes a million of them quick.
        breaks = np.flatnonzero(np.frombuffer(block.removesuffix(b"\n"), np.uint8) == ord("\n"))
        return np.concatenate([[0], breaks + 1]), lines.decode("ascii").split("\n")[1:-1]
    starts, entries, start = [], [], 0
    for line in block.split(b"\n"):
        if entry := _spell(line, of_domains):
            # The site of a URL is entered at the same place, so that a look at it tells whether URLs of it are listed.
            found = [entry] if of_domains else [entry, entry[: entry.index("/") + 1]]
            entries += found
            starts += [start] * len(found)
        start += len(line) + 1
    return starts, entries


def _spell(line: bytes, of_domains: bool) -> str:
    text = line.decode("utf-8", "replace").strip()
    return "" if text.startswith("#") else spell_domain(text) if of_domains else spell_url(text)


def _map_file(path: Path) -> mmap.mmap | bytes:
    """The bytes of a file, which stay on disk until they are looked at."""
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
    except OSError as error:
        raise DataError(f"the block list cannot be read ({error.strerror or error})", path) from error
