"""A root that the command line has finished, undisturbed; others are held against it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import open_chromium
from filelock import FileLock
from playwright.sync_api import Browser
from programs import call

from llm_assets.root import DataRoot

PAGES = 15
LONGER_TRAINING = ("training.steps=150", "training.validate_every=50", "training.checkpoint_every=10")
"""Long enough to be met in the middle of it."""


@pytest.fixture(scope="session")
def new_root(make_root: Callable[..., DataRoot]) -> Callable[..., DataRoot]:
    """Makes a root with a crawl of few pages, of which nothing is materialized."""
    return lambda home, state=None: make_root(home, PAGES, LONGER_TRAINING, state)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, new_root: Callable[..., DataRoot]) -> DataRoot:
    """A root whose whole graph was run by ``llm-assets run``, once for all processes of a test run. Tests only look at it."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "undisturbed"
    with FileLock(folder.with_suffix(".lock")):
        root = DataRoot.at(folder) if folder.exists() else new_root(folder)
        if root.manifest("evaluation_samples") is None:
            done = call(root, "run", "--device", "cpu")
            assert done.returncode == 0, done.stdout
    return root


@pytest.fixture(scope="session")
def crawled(undisturbed: DataRoot) -> Callable[[Path, Path | None], DataRoot]:
    """Makes a root with the undisturbed one's WARC files, and nothing after them."""

    def make(folder: Path, state: Path | None = None) -> DataRoot:
        for name in ("raw_crawl", "crawls"):
            shutil.copytree(undisturbed.home / name, folder / name)
        shutil.copyfile(undisturbed.recipe, folder / "recipe.toml")
        return DataRoot.at(folder, state)

    return make


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a screen; the test is skipped where there is none."""
    with open_chromium() as opened:
        yield opened
