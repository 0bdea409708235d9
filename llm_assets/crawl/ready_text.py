"""Sources of ready text on this disk: rows that need no extraction, in JSON lines or Parquet files, FineWeb's for one.

A row has ``text``; ``url``, ``date``, ``language``, ``title`` and ``id`` are taken along where they are.
"""

from __future__ import annotations

from pathlib import Path

from llm_assets.crawl.local_files import LocalFiles
from llm_assets.crawl.source import Collected
from llm_assets.engine import Progress
from llm_assets.errors import ConfigError


class _ReadyText(LocalFiles):
    def collect(self, target: Path, place: Path, progress: Progress) -> Collected:
        """Absolute paths in sorted order. ConfigError for a name that does not tell how the file is read."""
        collected = super().collect(target, place, progress)
        if strange := [location for location in collected.locations if not location.endswith(self.suffixes)]:
            raise ConfigError(f"path: {strange[0]} is no {self.kind} by its name, which must end in {' or '.join(self.suffixes)}")
        return collected


class JsonLines(_ReadyText):
    """Files with a JSON object a line."""

    suffixes = (".jsonl", ".jsonl.gz", ".jsonl.zst")
    kind = "file of JSON lines"


class ParquetFiles(_ReadyText):
    """Parquet files with a row a document."""

    suffixes = (".parquet",)
    kind = "Parquet file"
