"""The explorer's application on a root, asked as a browser asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from llm_assets.explorer.app import make_app
from llm_assets.explorer.holdings import Holdings
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot

ADDRESS = "http://127.0.0.1:8080"


@pytest.fixture(scope="session")
def client(planted: DataRoot) -> Iterator[TestClient]:
    """Asks the explorer of a root that has everything."""
    with TestClient(make_app(Holdings(planted, lambda: read_recipe(planted.recipe), "cpu")), base_url=ADDRESS) as opened:
        yield opened


@pytest.fixture
def bare(root: DataRoot) -> Iterator[TestClient]:
    """Asks the explorer of a root that has nothing."""
    with TestClient(make_app(Holdings(root, lambda: read_recipe(root.recipe), "cpu")), base_url=ADDRESS) as opened:
        yield opened


@pytest.fixture(scope="session")
def post(client: TestClient) -> Callable[..., Any]:
    """The answer to a question of the page."""

    def ask(path: str, **asked: Any) -> Any:
        answer = client.post(f"/api/{path}", json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


@pytest.fixture(scope="session")
def get(client: TestClient) -> Callable[..., Any]:
    """The answer to a question of the page that takes its words from the address."""

    def ask(path: str, **asked: Any) -> Any:
        answer = client.get(f"/api/{path}", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask
