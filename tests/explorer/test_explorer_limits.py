"""What the explorer says where there is nothing, and what it refuses."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest
from starlette.testclient import TestClient

from llm_assets.errors import ConfigError
from llm_assets.explorer import holdings as held
from llm_assets.explorer.holdings import Holdings
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot


@pytest.mark.parametrize(
    ("path", "asked"),
    [("tokens", {"text": "a"}), ("next", {"text": "a"}), ("generate", {"text": "a"}), ("trace", {"text": "a"})],
)
def test_where_nothing_was_made_yet_the_view_says_what_to_run(bare: TestClient, path: str, asked: dict[str, object]) -> None:
    answer = bare.post(f"/api/{path}", json=asked)
    assert answer.status_code == 409
    assert "`llm-assets run`" in answer.json()["error"]


@pytest.mark.parametrize("path", ["documents", "funnel", "document?key=0-0-1"])
def test_without_a_catalog_the_view_says_what_to_run(bare: TestClient, path: str) -> None:
    answer = bare.get(f"/api/{path}")
    assert answer.status_code == 409
    assert "`llm-assets run`" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("tokens", {"text": "a" * 20_001}),
        ("next", {"temperature": -1}),
        ("next", {"top_k": 0}),
        ("next", {"chosen": [-1]}),
        ("next", {"temperature": "nan"}),
        ("generate", {"tokens": 501}),
        ("generate", {"text": "a" * 4_001}),
        ("trace", {"text": "a", "least": 1}),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_a_line(bare: TestClient, path: str, asked: dict[str, object]) -> None:
    answer = bare.post(f"/api/{path}", json=asked)
    assert answer.status_code == 422
    assert 0 < len(answer.json()["error"]) < 300


def test_half_a_character_is_refused(bare: TestClient) -> None:
    answer = bare.post("/api/tokens", content=b'{"text": "\\ud800"}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize("key", ["", "1", "0-0-1' or 1=1", "0-0-99999999999"])
def test_a_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    assert client.get("/api/document", params={"key": key}).status_code == 422


def test_a_document_that_is_not_there_is_told(client: TestClient) -> None:
    answer = client.get("/api/document", params={"key": "0-0-999"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "there is no document 0-0-999 in the catalog"


def test_a_query_that_takes_too_long_is_ended(planted: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "QUERY_SECONDS", 0.2)
    opened = Holdings(planted, lambda: read_recipe(planted.recipe))
    with pytest.raises(ConfigError, match="took longer than"), opened.catalog() as connection:
        connection.sql("select count(*) from range(1000000) a, range(1000000) b").fetchall()
    with opened.catalog() as connection:
        assert connection.sql("select 1").fetchall() == [(1,)]


def test_nothing_can_be_written_through_the_catalog(planted: DataRoot) -> None:
    with (
        Holdings(planted, lambda: read_recipe(planted.recipe)).catalog() as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("create table mine (a int)")


def test_twenty_at_once_are_answered(client: TestClient) -> None:
    start = threading.Barrier(20)

    def visit(number: int) -> list[int]:
        start.wait()
        return [
            client.post("/api/tokens", json={"text": f"text {number}"}).status_code,
            client.post("/api/next", json={"text": f"text {number}"}).status_code,
            client.get("/api/documents", params={"words": "the", "by": "text"}).status_code,
            client.post("/api/generate", json={"text": "The", "tokens": 5, "seed": number}).status_code,
            client.get("/api/document", params={"key": f"0-0-{number}"}).status_code,
        ]

    with ThreadPoolExecutor(20) as pool:
        assert {status for statuses in pool.map(visit, range(20)) for status in statuses} == {200}
