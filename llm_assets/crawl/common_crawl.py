"""Source of Common Crawl: a stretch of the WARC files of one of its crawls, downloaded.

    llm-assets crawl add march --source common_crawl --crawl CC-MAIN-2026-12 --warcs 0:800

``crawl-data/CRAWL/warc.paths.gz`` lists the files; a file's number is its place there, and its location is its path there, as in
FineWeb's ``file_path``. What is published does not change, so what has been downloaded is never asked for again.

Files arrive in ``downloads/`` beside the output's folder and are linked into it: so they outlive a run that fails, and an
output that is replaced. No more of them stay than the declaration names.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from llm_assets.crawl.download import Downloader
from llm_assets.crawl.remote import MissingFileError
from llm_assets.crawl.source import Collected, Source
from llm_assets.engine import Progress
from llm_assets.errors import ConfigError, DataError

CONNECTIONS = 4
"""Files under way at once, however many workers there are: the service is shared, and asks not to be pressed."""

MAX_LISTING_BYTES = 1 << 26
"""Unpacked. A crawl of 100,000 files lists them in 14 MB."""

_LOCATION = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._=-]*/)*[A-Za-z0-9_][A-Za-z0-9._=-]*\.warc\.gz")


class CommonCrawl(Source):
    """WARC files of one crawl of Common Crawl, or of a mirror of the same shape."""

    crawl: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(/[0-9]+)*$")
    """Its name there: ``CC-MAIN-2026-12``, or ``CC-NEWS/2026/03``."""

    warcs: str = Field(pattern=r"^[0-9]{0,8}:[0-9]{0,8}$")
    """Which of its files, as a slice of their list: ``0:800`` is the first 800, ``:`` all of them (some 100,000 of 1 GB)."""

    base_url: str = "https://data.commoncrawl.org/"
    """Where the paths in the list begin: ``https://…``, or a store that fsspec knows, such as ``s3://commoncrawl/``."""

    max_missing: int = Field(default=0, ge=0)
    """Listed files that the server may lack; with more of them there is no crawl. Their numbers stay free."""

    @field_validator("base_url")
    @classmethod
    def _end_in_slash(cls, url: str) -> str:
        if not re.match(r"[a-z][a-z0-9+.-]*://", url):
            raise ValueError("a URL is wanted, such as https://data.commoncrawl.org/ or s3://commoncrawl/")
        return url.rstrip("/") + "/"

    @field_validator("warcs")
    @classmethod
    def _is_stretch(cls, warcs: str) -> str:
        start, stop = _parse_slice(warcs)
        if stop is not None and stop <= start:
            raise ValueError("no file lies between these numbers; write FROM:TO, the last one not included")
        return warcs

    def describe_listing(self) -> Any:
        """Nothing: what is published does not change, and a look at it would be a download."""
        return None

    def collect(self, target: Path) -> Collected:
        """Paths of the list and their places in it. DataError where the list does not arrive or is none."""
        listing = _shelf(target) / self._listing
        Downloader().download(self.base_url + self._listing, listing)
        start, stop = _parse_slice(self.warcs)
        paths = _read_listing(listing)
        chosen = {path: number for number, path in enumerate(paths) if start <= number and (stop is None or number < stop)}
        if not chosen:
            raise ConfigError(f"warcs: {self.warcs} of {self.crawl} is nothing, there are {len(paths):,} files")
        short = stop is not None and stop > len(paths)
        warnings = (f"{self.crawl} has {len(paths):,} files, fewer than {self.warcs} asks for",) if short else ()
        return Collected(list(chosen), warnings, chosen)

    def bring(self, collected: Collected, target: Path, progress: Progress) -> Collected:
        """Downloads what is not there yet. DataError names a file that does not arrive, or the first of too many missing ones."""
        shelf = _shelf(target)
        missing = self._download(collected.locations, shelf, progress)
        if len(missing) > self.max_missing:
            told = f"the server has no such file, nor {len(missing) - 1:,} others; max_missing allows {self.max_missing:,}"
            raise DataError(told, self.base_url + next(iter(missing)))
        here = [location for location in collected.locations if location not in missing]
        for location in here:
            _link(shelf / location, target / location)
        _remove_others(shelf, {self._listing, *here})
        lacking = (f"the server lacks {len(missing):,} files: {', '.join(missing)}",) if missing else ()
        return replace(collected, locations=here, missing=tuple(missing), warnings=collected.warnings + lacking)

    @property
    def _listing(self) -> str:
        return f"crawl-data/{self.crawl}/warc.paths.gz"

    def _download(self, locations: Sequence[str], shelf: Path, progress: Progress) -> dict[str, MissingFileError]:
        """Downloads, and gives the locations that the server lacks, in order."""
        missing: dict[str, MissingFileError] = {}
        downloader = Downloader()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            try:
                work = {pool.submit(downloader.download, self.base_url + path, shelf / path): path for path in locations}
                progress("downloading", 0, len(work))
                for done, future in enumerate(as_completed(work), 1):
                    try:
                        future.result()
                    except MissingFileError as error:
                        missing[work[future]] = error
                    progress("downloading", done, len(work))
            finally:  # also after an error or an interrupt: what is under way ends, and keeps what it has
                downloader.stop.set()
                pool.shutdown(cancel_futures=True)
        return {path: missing[path] for path in locations if path in missing}


def _parse_slice(warcs: str) -> tuple[int, int | None]:
    start, _, stop = warcs.partition(":")
    return int(start or 0), int(stop) if stop else None


def _shelf(target: Path) -> Path:
    return target.parent / "downloads"


def _read_listing(path: Path) -> list[str]:
    """Relative paths of WARC files. What a server lists is not to be trusted with a place on this disk."""
    with gzip.open(path) as file:
        text = file.read(MAX_LISTING_BYTES + 1)
    if len(text) > MAX_LISTING_BYTES:
        raise DataError(f"the list is longer than {MAX_LISTING_BYTES:,} bytes", path)
    paths = text.decode("utf-8", "replace").split()
    if strange := next((path for path in paths if not _LOCATION.fullmatch(path)), None):
        raise DataError(f"the list names {strange[:200]!r}, which is no path of a WARC file", path)
    if len(set(paths)) < len(paths):
        raise DataError("the list names a file twice", path)
    return paths


def _link(file: Path, link: Path) -> None:
    """A second name for a file; a copy where the file system has no such thing."""
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, link)


def _remove_others(shelf: Path, keep: set[str]) -> None:
    for folder, _, names in os.walk(shelf, topdown=False):
        for path in (Path(folder, name) for name in names):
            if path.relative_to(shelf).as_posix() not in keep:
                path.unlink()
        if not any(Path(folder).iterdir()):
            Path(folder).rmdir()
