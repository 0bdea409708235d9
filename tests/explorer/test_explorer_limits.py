"""What the explorer says where there is nothing, and what it refuses."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient


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
