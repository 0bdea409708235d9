"""A crawl of a few records, written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import FILES

MakeCrawl = Callable[[Sequence[bytes]], Artefact]


@pytest.fixture
def make_crawl(tmp_path: Path) -> MakeCrawl:
    """Writes WARC files, a value of records each, and the crawl that names them."""

    def make(files: Sequence[bytes]) -> Artefact:
        raw = tmp_path / "raw"
        raw.mkdir()
        rows = []
        for number, content in enumerate(files):
            (raw / f"{number}.warc").write_bytes(content)
            rows.append({"file": number, "location": f"{number}.warc", "bytes": len(content), "sha256": "", "removed": False})
        write_rows(raw / "files.parquet", rows, FILES)
        return Artefact.of_folder(raw)

    return make
