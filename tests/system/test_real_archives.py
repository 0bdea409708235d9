"""Web archives as other projects made them, through ``raw_crawl`` and ``extracted_text``: what comes of each is written here."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.manifest import Artefact
from llm_assets.report import Report

pytestmark = [pytest.mark.system, pytest.mark.shared_data]

READ = {
    # name: records, documents, texts, and why the other documents gave none
    "sample-0000.warc.gz": (48, 24, 24, {}),
    "sample-0001.warc.gz": (34, 17, 17, {}),
    "block-sized-records.warc": (3, 0, 0, {}),
    "clueweb-quirk.warc.gz": (30, 29, 29, {}),
    "warcfile.warc.gz": (50, 16, 16, {}),
    "whirlwind.warc.gz": (4, 1, 1, {}),
    "whirlwind.warc.wat.gz": (2, 0, 0, {}),
    "whirlwind.warc.wet.gz": (2, 1, 1, {}),
    "cc.warc.gz": (1, 1, 1, {}),
    "transfer_compression_brotli.warc": (5, 2, 2, {}),
    "transfer_compression_brotli.warc.gz": (5, 2, 2, {}),
    "transfer_compression_gzip.warc": (5, 2, 2, {}),
    "transfer_compression_gzip.warc.gz": (5, 2, 2, {}),
    "transfer_compression_none.warc": (5, 2, 2, {}),
    "transfer_compression_none.warc.gz": (5, 2, 2, {}),
    "truncated_datetime.warc": (5, 2, 2, {}),
    "dupes.warc.gz": (25, 12, 1, {"http_status": 1, "mime": 1, "revisit": 9}),
    "example-url-agnostic-orig.warc.gz": (2, 1, 1, {}),
    "example-url-agnostic-revisit.warc.gz": (2, 1, 0, {"revisit": 1}),
    "example-wget-1-14.warc.gz": (6, 4, 4, {}),
    "example-wpull.warc.gz": (4, 2, 2, {}),
    "iana.warc.gz": (343, 171, 16, {"http_status": 4, "mime": 28, "revisit": 123}),
    "example-digest.warc": (4, 0, 0, {}),
    "example-iana.org-chunked.warc": (3, 1, 1, {}),
    "example-resource.warc.gz": (3, 1, 1, {}),
    "example-space-in-target-uri.warc.gz": (2, 1, 0, {"mime": 1}),
    "example-wget-bad-target-uri.warc.gz": (6, 3, 3, {}),
    "example-wrong-chunks.warc.gz": (2, 1, 1, {}),
    "example.arc": (2, 1, 1, {}),
    "example.arc.gz": (2, 1, 1, {}),
    "example.warc": (6, 2, 1, {"revisit": 1}),
    "example.warc.gz": (6, 2, 1, {"revisit": 1}),
    "post-test.warc.gz": (6, 3, 0, {"mime": 3}),
}
REFUSED = {
    "clipped.warc.gz": "at byte 0: the record is cut off",
    "iana.cdxj": "at byte 0: this is no WARC and no ARC",
    "bad.arc": "at byte 0: the record has no valid length",
    "example-space-in-url.arc": "at byte 151: the record is cut off",
    "example-bad-non-chunked.warc.gz": "at byte 0: several records share a gzip member: recompress",
    "example-trunc.warc": "at byte 1,197: the record after this one is damaged",
}


@pytest.fixture
def archives(shared_data: Path) -> dict[str, Path]:
    return {path.name: path for path in (shared_data / "web/realwarc").rglob("*") if path.is_file()}


def extract(path: Path, folder: Path) -> Report:
    declaration = Declaration("real", "warc_files", 0, True, parse_parameters("warc_files", {"path": str(path)}))
    collect_files(declaration, None, folder / "raw", folder, LocalEngine())
    return extract_texts(Artefact.of_folder(folder / "raw"), folder / "out", 0, UrlFilter(), Extraction(), {}, LocalEngine())


@pytest.mark.parametrize("name", READ)
def test_an_archive_of_another_project_is_read_and_accounted_for(archives: dict[str, Path], tmp_path: Path, name: str) -> None:
    report = extract(archives[name], tmp_path)
    assert (report.figures["records"], report.read, report.kept, dict(report.rejected)) == READ[name]


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_that_is_damaged_is_refused_with_file_and_place(archives: dict[str, Path], tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=REFUSED[name]) as caught:
        extract(archives[name], tmp_path)
    assert str(archives[name]) in str(caught.value)


def test_every_archive_there_is_stands_in_one_of_the_tables(archives: dict[str, Path]) -> None:
    assert set(archives) == READ.keys() | REFUSED.keys()
