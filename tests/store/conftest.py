"""A root in an object store, each mirror of it as another machine has it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from refusing_store import Gate

from llm_assets.engine import LocalEngine
from llm_assets.recipe import read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step
from llm_assets.store.mirror import Mirror


@pytest.fixture
def url(object_store: Any) -> str:
    """A folder in a bucket of its own."""
    bucket = f"corpus-{uuid.uuid4().hex[:12]}"
    object_store.create_bucket(Bucket=bucket)
    return f"s3://{bucket}/corpus"


@pytest.fixture
def machine(url: str, tmp_path: Path) -> Callable[[str], Mirror]:
    """The mirror that a machine of a name has of it."""
    return lambda name: Mirror(url, tmp_path / name)


@pytest.fixture
def open_on(url: str, tmp_path: Path) -> Callable[[str], DataRoot]:
    """The root as a machine of a name has it."""

    def look(name: str) -> DataRoot:
        root = DataRoot.at(url, tmp_path / name)
        root.refresh()
        return root

    return look


@pytest.fixture
def here(open_on: Callable[[str], DataRoot], tmp_path: Path) -> DataRoot:
    """The root on the first machine, with a recipe and a crawl ``a``."""
    root = open_on("here")
    root.put_text(root.recipe, "[filters.gopher_quality]\nmin_words = 20\n")
    (tmp_path / "warcs").mkdir()
    (tmp_path / "warcs/0.warc").write_bytes(b"warc")
    root.add_crawl("a", "warc_files", {"path": str(tmp_path / "warcs")})
    return root


@pytest.fixture
def write() -> Callable[..., None]:
    """Makes an output of crawl ``a`` that holds files of these contents."""

    def make(root: DataRoot, asset: str = "raw_crawl", during: Callable[[], object] = bool, **files: bytes) -> None:
        with begin_step(root, read_recipe(root.recipe), LocalEngine(), asset, "a") as step:
            for name, content in files.items():
                (step.folder / name).write_bytes(content)
            during()
            step.report = Report(asset, 1, 1, unit="files")

    return make


@pytest.fixture
def gate(object_store: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The same store behind a server that may refuse, and that looks and writes in one step, as S3 does and moto alone does not."""
    import s3fs
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication
    from moto.server import ThreadedMotoServer

    passing, one_by_one = Gate(1 << 30), threading.Lock()

    class Guarded(DomainDispatcherApplication):  # type: ignore[misc]  # moto ships no types
        def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if passing.refuses(environ):
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]
            with one_by_one:
                return super().__call__(environ, start_response)

    monkeypatch.setattr("moto.moto_server.threaded_moto_server.DomainDispatcherApplication", Guarded)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    s3fs.S3FileSystem.clear_instance_cache()
    yield passing
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()
