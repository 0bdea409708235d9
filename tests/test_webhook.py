"""A webhook gets what it is to get, from a client that no receiver can hold up, make fail, or get a secret from."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from urllib3.util.retry import Retry
from webhook_receiver import PATH, Receiver

from llm_assets import webhook
from llm_assets.errors import ConfigError
from llm_assets.webhook import NotDeliveredError, Notice, hide_path, send_notice

NOTICE = Notice("failed", "extracted_text", "demo", "b1f2", "http://127.0.0.1:3000/runs/b1f2", "a.warc.gz at byte 7: damaged")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(webhook, "_RETRY", webhook._RETRY.new(backoff_factor=0))


def test_a_notice_arrives_as_a_plain_text_with_its_parts_beside_it(receiver: Receiver) -> None:
    send_notice(NOTICE, receiver.address)
    (got,) = receiver.got
    assert got["text"] == f"extracted_text[demo]: failed\n{NOTICE.reason}\n{NOTICE.link}"
    assert {name: got[name] for name in ("asset", "crawl", "run_id", "link", "reason")} == {
        "asset": "extracted_text",
        "crawl": "demo",
        "run_id": "b1f2",
        "link": NOTICE.link,
        "reason": NOTICE.reason,
    }


def test_what_a_page_says_is_redacted_and_is_neither_markup_nor_a_mention(receiver: Receiver) -> None:
    send_notice(replace(NOTICE, reason="\x1b[31m<!channel> @here <http://evil.test|home> ada@mail.test " + "x " * 5_000), receiver.address)
    (got,) = receiver.got
    assert "ada@mail.test" not in json.dumps(got)
    assert "\x1b" not in got["reason"]
    assert "&lt;!channel&gt;" in got["text"]
    assert "@here" not in got["text"]
    assert len(got["reason"]) == webhook.LONGEST_REASON


def test_a_receiver_that_is_busy_is_asked_again(receiver: Receiver) -> None:
    receiver.answers = [500, 503, 200]
    send_notice(NOTICE, receiver.address)
    assert len(receiver.got) == 3


@pytest.mark.parametrize(("answer", "attempts"), [(500, 3), (404, 1), (302, 1)])
def test_a_receiver_that_refuses_is_told_without_its_path(receiver: Receiver, answer: int, attempts: int) -> None:
    receiver.answers = [answer]
    with pytest.raises(NotDeliveredError, match=f"answers {answer}") as raised:
        send_notice(NOTICE, receiver.address)
    assert "secret" not in str(raised.value)
    assert len(receiver.got) == attempts


def test_a_receiver_that_hangs_is_left_after_a_while(receiver: Receiver) -> None:
    receiver.seconds = 1.0
    began = time.monotonic()
    with pytest.raises(NotDeliveredError, match="does not answer") as raised:
        send_notice(NOTICE, receiver.address)
    assert time.monotonic() - began < 10
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_port_that_refuses_is_told_without_the_path() -> None:
    with pytest.raises(NotDeliveredError, match=r"http://127.0.0.1:9/… does not answer"):
        send_notice(NOTICE, f"http://127.0.0.1:9{PATH}")


@pytest.mark.parametrize("address", ["hooks.example/secret", "file:///etc/secret", ""])
def test_an_address_that_is_none_is_refused_without_being_shown(address: str) -> None:
    with pytest.raises(ConfigError, match="LLM_ASSETS_WEBHOOK") as raised:
        send_notice(NOTICE, address)
    assert "secret" not in str(raised.value)


def test_attempts_are_few_and_a_receivers_wishes_bounded() -> None:
    retry: Retry = webhook._RETRY
    assert retry.total == 2
    assert retry.retry_after_max == 10


def test_of_an_address_the_host_alone_is_shown() -> None:
    assert hide_path("https://ada:pw@hooks.example/services/secret") == "https://hooks.example/…"
