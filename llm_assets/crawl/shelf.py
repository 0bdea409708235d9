"""What a crawl has fetched, kept beside its outputs: it outlives a run that fails, and an output that is replaced.

``raw_crawl/NAME/downloads/`` lies next to the outputs' folders. A file of it gets a second name in an output (a hard link).
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from llm_assets.formats.link import link_file


class Shelf:
    """The downloads of the crawl whose outputs lie in ``place``, the next of them in ``target``."""

    def __init__(self, place: Path, target: Path) -> None:
        self._folder = place / "downloads"
        self._target = target

    def path(self, location: str) -> Path:
        """Where a download lies, or will lie."""
        return self._folder / location

    def list(self) -> list[str]:
        """Locations of all there is."""
        return sorted(path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file())

    def hand_out(self, location: str) -> None:
        """Gives a download its place in the output."""
        link_file(self.path(location), self._target / location)

    def keep_only(self, locations: Collection[str]) -> None:
        """Removes every other download, and folders left empty."""
        for location in self.list():
            if location not in locations:
                self.path(location).unlink()
        for folder, _, _ in os.walk(self._folder, topdown=False):
            if not any(Path(folder).iterdir()):
                Path(folder).rmdir()
