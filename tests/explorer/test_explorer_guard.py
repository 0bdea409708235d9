"""Who gets an answer, and what a page may do with it."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from llm_assets.explorer.app import FILES
from llm_assets.explorer.guard import MOST_BODY_BYTES


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "127.0.0.1", "LOCALHOST:1"])
def test_a_page_of_this_machine_is_answered(bare: TestClient, host: str) -> None:
    assert bare.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example:8080", "evil.example:127.0.0.1", "", "[::1]:8080"]
)
def test_a_name_that_only_points_at_this_machine_gets_nothing(bare: TestClient, host: str) -> None:
    answer = bare.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "<html" not in answer.text


def test_another_sites_page_cannot_make_the_model_work(bare: TestClient) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert bare.get("/api/funnel", headers=foreign).status_code == 403
    assert bare.post("/api/generate", headers=foreign, json={}).status_code == 403


def test_a_link_on_another_site_may_open_the_page(bare: TestClient) -> None:
    assert bare.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_a_form_of_another_site_is_not_understood(bare: TestClient) -> None:
    answer = bare.post("/api/tokens", content='{"text": "a"}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/api/funnel", "/api/nothing"])
def test_every_answer_forbids_foreign_scripts_and_guessed_types(bare: TestClient, path: str) -> None:
    headers = bare.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_a_body_that_is_too_large_is_refused_unread(bare: TestClient) -> None:
    assert bare.post("/api/tokens", content=b"x" * (MOST_BODY_BYTES + 1)).status_code == 413


def test_a_body_of_unknown_length_is_refused(bare: TestClient) -> None:
    assert bare.post("/api/tokens", content=iter([b"{}"])).status_code == 413


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_part_of_the_page_makes_markup_of_text_or_asks_another_server(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|javascript:", text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert not re.search(r"\son\w+\s*=\s*[\"']", text)
    assert not re.search(r"\sstyle\s*=", text.split("<body", 1)[-1]) or name.endswith(".css")


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/%2e%2e/app.py", "/page/app.py", "/page/none"])
def test_no_other_file_is_served(bare: TestClient, path: str) -> None:
    assert bare.get(path).status_code == 404
