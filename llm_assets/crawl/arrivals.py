"""Files that have arrived in a watched folder: whole, and no longer growing. One that is half copied is left alone.

A file that is being written changes again and again, whatever time of change it is given afterwards: the system keeps the time of
the last change to a file itself (``ctime``). One that has settled may still have been cut off, and is read to its end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llm_assets.crawl.download_check import is_whole_gzip
from llm_assets.crawl.local_files import LocalFiles
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.warc import read_records

PATIENCE = 12
"""Settled files wait for those that still grow, so that what is copied together becomes one crawl: that many times the settling."""


@dataclass(frozen=True)
class Arrivals:
    """What lies in a watched folder that no crawl has. ``ready`` are to be taken now."""

    ready: tuple[Path, ...] = ()
    growing: tuple[Path, ...] = ()
    cut_off: tuple[Path, ...] = ()


def find_arrivals(watched: LocalFiles, known: Collection[str], settle_seconds: float, now: float) -> Arrivals:
    """Files of the folder that are not ``known``, as they stand at ``now`` (seconds since 1970).

    Settled ones are ready once nothing grows any more, or when the first of them has waited long enough. ConfigError where the
    folder is not there.
    """
    settled: dict[Path, float] = {}
    growing = []
    for path in _list_files(watched):
        if str(path) not in known:
            age = now - path.stat().st_ctime
            if age >= settle_seconds:
                settled[path] = age
            else:
                growing.append(path)
    if growing and max(settled.values(), default=0.0) < PATIENCE * settle_seconds:
        return Arrivals(growing=tuple(growing))
    whole = {path: _is_whole(path) for path in settled}
    ready, cut_off = (tuple(path for path, well in whole.items() if well is wanted) for wanted in (True, False))
    return Arrivals(ready, tuple(growing), cut_off)


def _list_files(watched: LocalFiles) -> list[Path]:
    try:
        return watched.find_files()
    except ConfigError:
        if any(sign in str(watched.path) for sign in "*?["):
            return []  # a glob that matches nothing yet
        raise


def _is_whole(path: Path) -> bool:
    stat = path.stat()
    return _is_whole_as(path, stat.st_size, stat.st_ctime_ns)


@lru_cache(maxsize=1024)
def _is_whole_as(path: Path, size: int, changed: int) -> bool:
    """Whether a file of that size and time of change ends where it should: read once, and not at every look."""
    del changed
    if path.suffix == ".gz":
        return size > 0 and is_whole_gzip(path)
    try:
        return size > 0 and all(True for _ in read_records(path))
    except DataError:
        return False
