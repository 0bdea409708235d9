"""What several tests start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llm_assets.root import DataRoot

SHARED = Path(__file__).parents[1].parent / "shared/data"

RECIPE = "[filters.gopher_quality]\nmin_words = 20\n"


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
