"""The same crawl in an object store: a real S3 protocol, spoken by moto's server on loopback."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from urllib3.util.retry import Retry

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.files import list_files, read_file
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.formats.warc import read_records
from llm_assets.formats.warc_writer import WarcWriter

s3fs = pytest.importorskip("s3fs")

CRAWL = "CC-MAIN-2026-12"
PATHS = [f"crawl-data/{CRAWL}/segments/1.9/warc/CC-MAIN-{number:05}.warc.gz" for number in range(2)]
STORE = "s3://crawls/"


def make_warc(path: Path, number: int) -> bytes:
    with WarcWriter(path, "2026-03-01T00:00:00Z", {"software": "test"}) as writer:
        for page in range(4):
            response = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Page {page} of {number}</p>".encode()
            writer.write_exchange(f"http://site{number}.example/{page}", b"GET / HTTP/1.1\r\n\r\n", response, False)
    return path.read_bytes()


@pytest.fixture(scope="module")
def store(object_store: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A client of the store, which holds two files and their list."""
    object_store.create_bucket(Bucket="crawls")
    folder = tmp_path_factory.mktemp("warcs")
    for number, path in enumerate(PATHS):
        object_store.put_object(Bucket="crawls", Key=path, Body=make_warc(folder / f"{number}.warc.gz", number))
    object_store.put_object(Bucket="crawls", Key=f"crawl-data/{CRAWL}/warc.paths.gz", Body=gzip.compress("\n".join(PATHS).encode()))
    return object_store


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("common_crawl", "remote_file"):
        monkeypatch.setattr(f"llm_assets.crawl.{module}.Patience", lambda: Patience(Retry(2, backoff_factor=0.001), 0, 5))


def collect(folder: Path, **parameters: Any) -> Artefact:
    values = {"crawl": CRAWL, "warcs": ":", "base_url": STORE, **parameters}
    declaration = Declaration("march", "common_crawl", 0, True, parse_parameters("common_crawl", values))
    collect_files(declaration, None, folder / "out", folder, LocalEngine())
    return Artefact.of_folder(folder / "out")


def test_a_crawl_in_a_store_is_downloaded(store: Any, tmp_path: Path) -> None:
    raw = collect(tmp_path)
    for path in PATHS:
        assert (raw.folder / path).read_bytes() == store.get_object(Bucket="crawls", Key=path)["Body"].read()


def test_a_crawl_in_a_store_streams_with_its_etags(store: Any, tmp_path: Path) -> None:
    raw = collect(tmp_path, stream="true")
    rows = read_table(raw.table("files"), FILES).to_pylist()
    assert [row["location"] for row in rows] == [STORE + path for path in PATHS]
    assert [row["sha256"] for row in rows] == [f"etag:{store.head_object(Bucket='crawls', Key=path)['ETag']}" for path in PATHS]


def test_streamed_records_are_those_of_the_downloaded_files(store: Any, tmp_path: Path) -> None:
    streamed, downloaded = collect(tmp_path / "a", stream="true"), collect(tmp_path / "b")
    for (_, there), path in zip(list_files(streamed), PATHS, strict=True):
        assert list(read_file(there)) == list(read_records(downloaded.folder / path))


def test_an_object_that_was_replaced_is_refused(store: Any, tmp_path: Path) -> None:
    raw = collect(tmp_path, stream="true")
    _, file = list_files(raw)[1]
    kept = store.get_object(Bucket="crawls", Key=PATHS[1])["Body"].read()
    store.put_object(Bucket="crawls", Key=PATHS[1], Body=kept[::-1])
    try:
        with pytest.raises(DataError, match="another one than when the crawl was listed"):
            list(read_file(file))
    finally:
        store.put_object(Bucket="crawls", Key=PATHS[1], Body=kept)


def test_a_crawl_that_the_store_lacks_is_named(store: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"s3://crawls/crawl-data/CC-MAIN-2026-13/warc\.paths\.gz: the store has no such file"):
        collect(tmp_path, crawl="CC-MAIN-2026-13")


def test_a_store_without_credentials_is_the_users_to_settle(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        with pytest.raises(ConfigError, match="Set AWS_ACCESS_KEY_ID"):
            collect(tmp_path)
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


def test_a_bucket_that_is_not_there_is_named(store: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"s3://nobody-s/.*no such file"):
        collect(tmp_path, base_url="s3://nobody-s/")
