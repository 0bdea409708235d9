"""What a crawl source is: parameters that a declaration gives, a listing, and files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llm_assets.engine import Progress
from llm_assets.section import Section


@dataclass(frozen=True)
class Collected:
    """The files a source has: absolute paths or URLs of files that stay where they are, or paths below the target folder.

    A path's text is its location in ``files.parquet``. ``warnings`` tell what a person should know, such as that there is no file.
    ``numbers`` maps locations to the file numbers they have by themselves; others get the next free ones. ``missing`` names
    files that the source lists and does not have. ``measured`` gives bytes and digest of those that are not on this disk, ``figures`` what
    else is worth a number in the report.
    """

    locations: Sequence[str]
    warnings: tuple[str, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    measured: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    figures: Mapping[str, int] = field(default_factory=dict)


class Source(Section):
    """Parameters of a source, and what it does with them. The parameters are identity."""

    @property
    def earlier_crawl(self) -> str | None:
        """The crawl whose pages stand for those this one did not store again; None where it stores every page."""
        return None

    @property
    def numbering(self) -> str | None:
        """What gives the files their numbers; None where they get the next free ones. Files of one numbering fit into no other."""
        return None

    @abstractmethod
    def describe_listing(self) -> Any:
        """What the source shows now, as JSON-like values, cheaply: when it changes, so does the crawl's version.

        Never raises for what is missing; the answer says so instead.
        """

    @abstractmethod
    def collect(self, target: Path, place: Path, progress: Progress) -> Collected:
        """Finds the files, or writes them below ``target``. ConfigError names what is not there.

        ``place`` is the folder where the crawl's outputs lie: what a source leaves there, below a folder of its own, is there
        the next time.
        """
