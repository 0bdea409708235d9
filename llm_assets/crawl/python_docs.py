"""Source of the demonstration crawl: a site of the documentation that lies inside the running Python.

The language topics, the standard library's docstrings and the descriptions and licences of installed packages are served on
loopback, and crawled over real HTTP into real WARC files. No network is used. The same Python and packages give the
same bytes.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from pydantic import Field

from llm_assets.crawl.source import Collected, Source
from llm_assets.engine import Progress

FILE_BYTES = 4 << 20
"""A WARC file is ended when it holds as many bytes, uncompressed, so that several workers have something to do."""

MAX_REQUESTS = 20_000
"""A site that wants more has gone wrong."""


class PythonDocs(Source):
    """The documentation inside this Python, as a web site."""

    max_pages: int = Field(default=2_000, ge=0)
    """Pages of documentation at most, evenly spread over what there is. Index pages and the labelled site come on top."""

    labelled_site: bool = True
    """Adds the small site of this project whose every page has a known fate in the pipeline (``labelled_site/labels.toml``)."""

    date: str = Field(default="2026-01-01T00:00:00Z", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    """WARC-Date of every record (ISO 8601, UTC)."""

    def describe_listing(self) -> Any:
        """The Python and its packages, with their versions."""
        from llm_assets.crawl.package_docs import list_packages

        packages = [[package.name, package.version] for package in list_packages()]
        return {"python": platform.python_version(), "packages": packages}

    def collect(self, target: Path, place: Path, progress: Progress) -> Collected:
        """Serves, crawls and writes ``warc/00000.warc.gz`` and following; their paths relative to ``target``."""
        from llm_assets.crawl.fetch import crawl_hosts
        from llm_assets.crawl.python_site import build_site, list_seeds
        from llm_assets.crawl.recorder import record_crawl
        from llm_assets.crawl.server import PageServer

        del place, progress
        with PageServer(build_site(self.max_pages, self.labelled_site)) as server:
            exchanges = crawl_hosts(list_seeds(self.labelled_site), MAX_REQUESTS, proxy=server.proxy)
            paths = record_crawl(exchanges, target / "warc", self.date, FILE_BYTES)
        return Collected([path.relative_to(target).as_posix() for path in paths])
