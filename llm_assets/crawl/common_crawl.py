"""Source of Common Crawl: a stretch of the WARC files of one of its crawls, or what it has of a domain.

    llm-assets crawl add march --source common_crawl --crawl CC-MAIN-2026-12 --warcs 0:800
    llm-assets crawl add march --source common_crawl --crawl CC-MAIN-2026-12 --warcs 0:800 --stream
    llm-assets crawl add example --source common_crawl --crawl CC-MAIN-2026-12 --domain example.org --limit 5000

``crawl-data/CRAWL/warc.paths.gz`` lists the files; a file's number is its place there. Downloaded, its location is its path
there, as in FineWeb's ``file_path``; streamed, its URL, with its length and ETag to know it by. What is published does not
change, so what has been fetched is never asked for again, and no more of it stays than the declaration names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from llm_assets.crawl.captures import fetch_capture, join_records
from llm_assets.crawl.cdx import find_captures
from llm_assets.crawl.download import download
from llm_assets.crawl.fetch_all import fetch_all
from llm_assets.crawl.listing import parse_slice, read_listing
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.remote_file import describe_remote
from llm_assets.crawl.shelf import Shelf
from llm_assets.crawl.source import Collected, Source
from llm_assets.engine import Progress
from llm_assets.errors import ConfigError, DataError

_CRAWL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(/[0-9]+)*")
_MAIN = re.compile(r"CC-MAIN-(20\d\d-([0-4]\d|5[0-3])|20\d\d-20\d\d|2012)")
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_MAX_NAMED = 20


class CommonCrawl(Source):
    """WARC files of one crawl of Common Crawl, or of a mirror of the same shape, or its records of one domain."""

    crawl: str
    """Its name there: ``CC-MAIN-2026-12``, or ``CC-NEWS/2026/03``."""

    warcs: str = ""
    """Which of its files, as a slice of their list: ``0:800`` is the first 800, ``:`` all of them (some 100,000 of 1 GB)."""

    domain: str = ""
    """In place of ``warcs``: a domain whose pages, and those of all domains below it, are looked up in the index."""

    limit: int = Field(default=10_000, ge=1)
    """Records of the domain at most, in the index's order."""

    stream: bool = False
    """Leaves the files where they are: they are read over the network while their text is extracted, and not kept."""

    base_url: str = "https://data.commoncrawl.org/"
    """Where the paths in the list begin: ``https://…``, or a store that fsspec knows, such as ``s3://commoncrawl/``."""

    index_url: str = "https://index.commoncrawl.org/"
    """Where domains are looked up."""

    max_missing: int = Field(default=0, ge=0)
    """Listed files, or records, that the server may lack; with more of them there is no crawl. Their numbers stay free."""

    @field_validator("crawl")
    @classmethod
    def _is_name(cls, crawl: str) -> str:
        if not _CRAWL.fullmatch(crawl) or (crawl.startswith("CC-MAIN") and not _MAIN.fullmatch(crawl)):
            raise ValueError("a crawl is named as in CC-MAIN-2026-12 (year and week, 00 to 53) or CC-NEWS/2026/03")
        return crawl

    @field_validator("warcs")
    @classmethod
    def _is_stretch(cls, warcs: str) -> str:
        if warcs:
            parse_slice(warcs)
        return warcs

    @field_validator("domain")
    @classmethod
    def _is_domain(cls, domain: str) -> str:
        if not domain:
            return domain
        try:
            name = domain.strip().rstrip(".").lower().encode("idna").decode()
        except UnicodeError as error:
            raise ValueError("a domain is wanted, such as example.org") from error
        if not _DOMAIN.fullmatch(name):
            raise ValueError("a domain is wanted, such as example.org, without http:// and path")
        return name

    @field_validator("base_url", "index_url")
    @classmethod
    def _end_in_slash(cls, url: str) -> str:
        if not re.match(r"[a-z][a-z0-9+.-]*://", url):
            raise ValueError("a URL is wanted, such as https://data.commoncrawl.org/ or s3://commoncrawl/")
        return url.rstrip("/") + "/"

    @model_validator(mode="after")
    def _choose(self) -> Self:
        if bool(self.warcs) == bool(self.domain):
            raise ValueError("either warcs (FROM:TO, such as 0:800) or domain (such as example.org) is wanted")
        if self.stream and self.domain:
            raise ValueError("stream is for warcs: of a domain only its own records are fetched, and those are kept")
        return self

    @property
    def numbering(self) -> str | None:
        """The list of files, under the locations they have: their paths there or, streamed, their URLs."""
        return None if self.domain else f"{self.base_url if self.stream else ''}{self.crawl}"

    def describe_listing(self) -> Any:
        """Nothing: what is published does not change, and a look at it would be a download."""
        return None

    def collect(self, target: Path, place: Path, progress: Progress) -> Collected:
        """Fetches, or only describes, the files of the list, or fetches the records of the domain.

        DataError names what does not arrive, or the first of too many missing files. ConfigError where the list has no
        such stretch.
        """
        patience, shelf = Patience(), Shelf(place, target)
        if self.domain:
            return self._collect_records(shelf, target, patience, progress)
        listed = self._read_list(shelf, patience)
        return self._describe(listed, shelf, patience, progress) if self.stream else self._download(listed, shelf, patience, progress)

    @property
    def _list(self) -> str:
        return f"crawl-data/{self.crawl}/warc.paths.gz"

    def _read_list(self, shelf: Shelf, patience: Patience) -> Collected:
        """Paths of the list and their places in it. DataError where the list does not arrive or is none."""
        path = shelf.path(self._list)
        download(self.base_url + self._list, path, patience)
        start, stop = parse_slice(self.warcs)
        paths = read_listing(path)
        chosen = {name: number for number, name in enumerate(paths) if start <= number and (stop is None or number < stop)}
        if not chosen:
            raise ConfigError(f"warcs: {self.warcs} of {self.crawl} is nothing, there are {len(paths):,} files")
        short = stop is not None and stop > len(paths)
        warnings = (f"{self.crawl} has {len(paths):,} files, fewer than {self.warcs} asks for",) if short else ()
        return Collected(list(chosen), warnings, chosen)

    def _download(self, listed: Collected, shelf: Shelf, patience: Patience, progress: Progress) -> Collected:
        def fetch(location: str) -> None:
            download(self.base_url + location, shelf.path(location), patience)

        fetched = fetch_all(listed.locations, fetch, patience.stop, "downloading", progress)
        warnings = self._judge_missing(fetched.missing)
        for location in fetched.results:
            shelf.hand_out(location)
        shelf.keep_only({self._list, *fetched.results})
        return replace(listed, locations=list(fetched.results), missing=tuple(fetched.missing), warnings=listed.warnings + warnings)

    def _describe(self, listed: Collected, shelf: Shelf, patience: Patience, progress: Progress) -> Collected:
        def fetch(location: str) -> tuple[int, str]:
            file = describe_remote(self.base_url + location, patience)
            return file.bytes, file.digest

        fetched = fetch_all(listed.locations, fetch, patience.stop, "asking for sizes", progress)
        warnings = self._judge_missing(fetched.missing)
        shelf.keep_only({self._list})
        urls = {location: self.base_url + location for location in fetched.results}
        return Collected(
            list(urls.values()),
            listed.warnings + warnings,
            {url: listed.numbers[location] for location, url in urls.items()},
            tuple(fetched.missing),
            {urls[location]: measured for location, measured in fetched.results.items()},
        )

    def _collect_records(self, shelf: Shelf, target: Path, patience: Patience, progress: Progress) -> Collected:
        answers = f"index/{self.crawl}/{self.domain}"
        captures = find_captures(self.index_url, self.crawl, self.domain, self.limit, shelf.path(answers), patience)
        known = {capture.location: capture for capture in captures}

        def fetch(location: str) -> None:
            fetch_capture(self.base_url, known[location], shelf.path(location), patience)

        fetched = fetch_all(list(known), fetch, patience.stop, "fetching records", progress, "records")
        warnings = self._judge_missing(fetched.missing)
        shelf.keep_only({path for path in shelf.list() if path.startswith(f"{answers}/")} | set(fetched.results))
        if not known:
            warnings = (f"the index of {self.crawl} has no page of {self.domain}: the crawl is empty",)
        locations = join_records([shelf.path(location) for location in fetched.results], target, "domain")
        return Collected(locations, warnings, missing=tuple(fetched.missing))

    def _judge_missing(self, missing: Sequence[str]) -> tuple[str, ...]:
        """What to tell of what the server lacks. DataError where that is too much."""
        if not missing:
            return ()
        named = ", ".join(missing[:_MAX_NAMED]) + (", …" if len(missing) > _MAX_NAMED else "")
        lacking = f"the server lacks {len(missing):,} of what is listed: {named}"
        if len(missing) > self.max_missing:
            raise DataError(f"{lacking}; max_missing allows {self.max_missing:,}. What came is kept", self.base_url)
        return (lacking,)
