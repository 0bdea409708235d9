"""What several tests start from."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from planted_pages import PLANTED_SETTINGS, write_planted_pages
from postgres_server import open_postgres
from unsynced import sitecustomize
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from llm_assets.recipe import find_recipe, override, put_recipe
from llm_assets.root import DataRoot

# No test asserts a time, so no example has a deadline. What an integration run finds, the next one finds too; whoever works
# on the project gets new examples every time.
settings.register_profile("developing", deadline=None)
settings.register_profile("integration", deadline=None, derandomize=True)
settings.load_profile("integration" if os.environ.get("CI") else "developing")

# Models of tests are so small that threads of arithmetic only wait for each other; programs that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What is imported above in this process, what tests start finds by itself.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(sitecustomize.__file__).parent), os.environ.get("PYTHONPATH")]))

SHARED = Path(__file__).parents[1].parent / "shared/data"

RECIPE = "[filters.gopher_quality]\nmin_words = 20\n"


TINY = [
    "tokenizer.vocabulary=512",
    "model.layers=1",
    "model.width=32",
    "model.heads=2",
    "model.context=32",
    "training.steps=6",
    "training.windows=4",
    "training.validate_every=3",
    "training.checkpoint_every=3",
    "sampling.tokens=8",
]
"""The demo's recipe with a model that trains in a second."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="Dagster and MLflow of every root keep their records in a PostgreSQL server.")


@pytest.fixture(scope="session", autouse=True)
def records(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where Dagster and MLflow keep what they record of a root: SQLite in its state, or, with ``--postgres``, schemas of its own there."""
    with pytest.MonkeyPatch.context() as environment, ExitStack() as server:
        environment.delenv("LLM_ASSETS_DATABASE", raising=False)
        if request.config.getoption("--postgres"):
            environment.setenv("LLM_ASSETS_DATABASE", server.enter_context(open_postgres()))
        yield


TOGETHER = ("tests/dagster_project/", "tests/explorer/")
"""Folders whose files start from the same root, which takes long to make."""


LONGEST = (
    "tests/dagster_project/",
    "tests/system/test_daemon.py",
    "tests/system/test_faults.py",
    "tests/system/test_kills.py",
    "tests/system/test_postgres.py",
    "tests/system/test_stored_root.py",
    "tests/system/test_incremental_daemon.py",
    "tests/system/test_killed_runs.py",
    "tests/system/test_full_disk.py",
    "tests/system/test_extraction_quality.py",
)
"""What takes long is begun first, the longest foremost, so that no process is left with it alone; the rest follows by number of tests."""


class RootScheduling(LoadFileScheduling):
    """A file goes to one process, and so do all files of a folder whose root is to be made once."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))

    def _assign_work_unit(self, node: WorkerController) -> None:
        if long := next((scope for scope in LONGEST if scope in self.workqueue), None):
            self.workqueue.move_to_end(long, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> RootScheduling | None:
    return RootScheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture
def shared_data() -> Path:
    """Third-party data beside the checkout; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("third-party data is not beside this checkout")
    return SHARED


@pytest.fixture
def root(tmp_path: Path) -> DataRoot:
    """An empty data root with a small recipe."""
    made = DataRoot.at(tmp_path / "home")
    made.recipe.write_text(RECIPE, encoding="utf-8")
    return made


@pytest.fixture
def add_crawl(root: DataRoot, tmp_path: Path) -> Callable[[str], None]:
    """Declares a crawl of a folder with one (unread) WARC file in it."""

    def add(name: str) -> None:
        folder = tmp_path / "warcs" / name
        folder.mkdir(parents=True)
        (folder / "0.warc").write_bytes(name.encode())
        root.add_crawl(name, "warc_files", {"path": str(folder)})

    return add


@pytest.fixture(scope="module")
def object_store() -> Iterator[Any]:
    """A client of an empty object store on loopback, which speaks the real S3 protocol (moto's server); the environment names it."""
    boto3, moto_server, s3fs = (pytest.importorskip(name) for name in ("boto3", "moto.server", "s3fs"))
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as environment:
        server.start()
        host, port = server.get_host_and_port()
        told = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        for name, value in {**told, "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": "127.0.0.1"}.items():
            environment.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()  # a file system is kept by its arguments, and would speak to an older server
        client = boto3.client("s3")
        yield client
        client.close()
    server.stop()


@pytest.fixture(scope="session")
def make_root() -> Callable[..., DataRoot]:
    """Makes a root with the demo's recipe, a tiny model, and a crawl of few pages with the labelled site among them."""

    def make(home: Path | str, pages: int = 40, settings: Sequence[str] = (), state: Path | None = None) -> DataRoot:
        root = DataRoot.at(home, state)
        put_recipe(root.recipe, override(find_recipe("demo").read_text(encoding="utf-8"), [*TINY, *settings]), root.put_text)
        root.add_crawl("demo", "python_docs", {"max_pages": pages})
        return root

    return make


@pytest.fixture(scope="session")
def in_process() -> Iterator[None]:
    """Dagster and MLflow of this process write into whatever root is at hand, and the variables go back afterwards."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def run_root(in_process: None) -> Callable[..., tuple[bool, str]]:
    """Runs the plan of a root in this process, as ``llm-assets run`` does in one of its own; says how it went."""
    from rich.console import Console

    from dagster_project.resources import Pipeline
    from dagster_project.run import run
    from llm_assets.instance import environment

    def start(root: DataRoot, workers: int = 1, settings: list[str] | None = None) -> tuple[bool, str]:
        console = Console(file=io.StringIO(), width=200)
        with patch.dict(os.environ):
            os.environ.pop("MLFLOW_TRACKING_URI", None)
            os.environ.update(environment(root))
            pipeline = Pipeline(home=root.address, state=str(root.state), workers=workers, device="cpu", set=settings or [])
            return run(root, pipeline, console), console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO

    return start


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, run_root: Callable[..., tuple[bool, str]]) -> DataRoot:
    """A root whose whole graph was run on pages that would like to take over whoever shows them. Tests only look at it."""
    folder = tmp_path_factory.mktemp("planted")
    write_planted_pages(folder / "warc" / "pages.warc")
    root = DataRoot.at(folder / "home")
    put_recipe(root.recipe, override(find_recipe("demo").read_text(encoding="utf-8"), [*TINY, *PLANTED_SETTINGS]))
    root.add_crawl("pages", "warc_files", {"path": str(folder / "warc")})
    well, said = run_root(root)
    assert well, said
    return root
