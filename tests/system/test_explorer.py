"""A person at the explorer's page, with a keyboard and a mouse, and twenty of them at once."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
import requests
from browser import Log
from planted_pages import MEMORABLE, PLANTED, SCRIPT, SHORT
from playwright.sync_api import Browser, Page, expect
from programs import kill_group, start, wait_until

from llm_assets.explorer.generation import SAMPLES
from llm_assets.instance import LOOPBACK
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system
CLIENTS, SECONDS = 20, 5.0


@pytest.fixture(scope="module")
def address(planted: DataRoot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The explorer of the planted root, as a program; it ends well when it is interrupted, and says nothing of errors."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port = int(listener.getsockname()[1])
    log = tmp_path_factory.mktemp("explorer") / "log"
    process = start(planted, log, "explore", "--port", port, "--no-open")
    try:
        wait_until(lambda: "Ctrl-C ends it" in log.read_text() or process.poll() is not None, 120, "the explorer")
        yield f"http://{LOOPBACK}:{port}"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        if process.poll() is None:
            kill_group(process)


@pytest.fixture
def page(address: str, browser: Browser) -> Iterator[Page]:
    """A tab; nothing that is done in it may break the page's policy, raise, or ask another server."""
    opened = browser.new_page()
    log = Log.of(opened)
    yield opened
    opened.close()
    assert log.complaints == []
    assert log.hosts <= {address}


def test_what_is_typed_is_shown_in_tokens(page: Page, address: str) -> None:
    page.goto(f"{address}/#tokens")
    expect(page.locator("#tokens-shown > *")).not_to_have_count(0)
    page.fill("#tokens-text", f"naïve {SCRIPT}")
    expect(page.locator("#tokens-count")).to_contain_text(f"{len(f'naïve {SCRIPT}'.encode())} bytes")
    shown = page.locator("#tokens-shown").text_content() or ""
    assert shown.replace("·", " ").replace("C3", "").replace("AF", "") in f"nave {SCRIPT}"
    assert "C3AF" in shown
    page.focus("#tokens-shown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tokens-one")).to_have_text(re.compile("^token 2: id "))


def test_a_bar_goes_on_with_its_token_by_mouse_and_by_key(page: Page, address: str) -> None:
    bars, window = page.locator("#next-bars button"), page.locator("#next-window span[class^=c]")
    page.goto(f"{address}/#next")
    expect(bars.nth(3)).to_be_visible()
    before = window.count()
    bars.nth(1).click()
    expect(window).to_have_count(before + 1)
    bars.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(window).to_have_count(before + 2)
    page.click("#next-back")
    expect(window).to_have_count(before + 1)


def test_a_sample_is_traced_to_the_page_it_comes_from(page: Page, address: str) -> None:
    page.goto(f"{address}/#generate")
    page.fill("#generate-text", MEMORABLE)
    page.fill("#generate-tokens", "12")
    page.click("#generate-start")
    page.locator(".run").first.click()
    expect(page.locator("#trace-sources")).to_contain_text("in 2 documents")
    expect(page.locator("#trace-sources")).to_contain_text(SCRIPT)
    page.locator("#trace-sources a").first.click()
    expect(page.locator(".journey")).to_be_visible()
    assert page.url == f"{address}/#documents/0-0-{PLANTED}"


def test_stop_ends_a_sample_and_what_there_is_of_it_is_traced(page: Page, address: str) -> None:
    shown = page.locator("#generate-shown")
    page.goto(f"{address}/#generate")
    expect(page.locator("#generate-text")).to_be_focused()
    page.fill("#generate-tokens", "500")
    page.fill("#generate-temperature", "0")
    lengths = []
    for stopped in (True, False):
        shown.evaluate("shown => delete shown.dataset.done")
        page.click("#generate-start")
        if stopped:
            expect(shown).to_have_text(re.compile(r".{61,}", re.DOTALL))
            page.click("#generate-stop")
        expect(page.locator("#generate-shown[data-done]")).to_be_attached()
        expect(page.locator("#generate-figures")).to_contain_text("found word for word in the training set")
        lengths.append(len(shown.text_content() or ""))
    assert 60 < lengths[0] < lengths[1]


def test_a_page_with_a_script_stands_there_as_text(page: Page, address: str) -> None:
    page.goto(f"{address}/#documents/0-0-{PLANTED}")
    expect(page.locator(".journey")).to_be_visible()
    expect(page.locator(".found").first).to_contain_text(SCRIPT)
    expect(page.locator(".document h3").first).to_contain_text(SCRIPT)
    expect(page.locator(".document pre").first).to_contain_text(SCRIPT)
    expect(page.locator("main script, main img, main [onerror]")).to_have_count(0)
    expect(page).to_have_title("Documents · llm-assets explore")


def test_a_document_is_found_and_its_journey_names_the_broken_rule(page: Page, address: str) -> None:
    page.goto(f"{address}/#documents")
    expect(page.locator(".funnel")).to_be_visible()
    page.fill("#documents-words", f"/page/{SHORT}")
    page.keyboard.press("Enter")
    found = page.locator(".found a").first
    expect(found).to_have_attribute("href", f"#documents/0-0-{SHORT}")
    found.click()
    expect(page.locator(".journey .ended")).to_contain_text("rejected by gopher_repetition")
    expect(page.locator(".journey td.rejected")).not_to_have_count(0)


def test_the_views_are_reached_by_the_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.locator("nav a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#view-next")).to_be_visible()
    expect(page.locator("nav a[aria-current]")).to_have_text("Next token")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_no_view_is_wider_than_the_window(page: Page, address: str, width: int, scheme: Literal["dark", "light"]) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for view, shown in (
        ("tokens", "#tokens-shown span"),
        ("next", "#next-bars button"),
        ("documents", ".funnel"),
        (f"documents/0-0-{SHORT}", ".journey"),
    ):
        page.goto(f"{address}/#{view}")
        expect(page.locator(shown).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def test_twenty_clients_at_once_meet_no_error(address: str) -> None:
    deadline, answers = time.monotonic() + SECONDS, Counter[int]()
    lock = threading.Lock()

    def visit(number: int) -> None:
        with requests.Session() as session:
            while time.monotonic() < deadline:
                text = f"client {number} reads of the river"
                seen = [
                    session.get(f"{address}/", timeout=60),
                    session.post(f"{address}/api/tokens", json={"text": text}, timeout=60),
                    session.post(f"{address}/api/next", json={"text": text}, timeout=60),
                    session.post(f"{address}/api/generate", json={"text": text, "tokens": 10, "seed": number}, timeout=60),
                    session.post(f"{address}/api/trace", json={"text": MEMORABLE}, timeout=60),
                    session.get(f"{address}/api/documents", params={"words": "river", "by": "text"}, timeout=60),
                    session.get(f"{address}/api/document", params={"key": f"0-0-{number}"}, timeout=60),
                    session.get(f"{address}/api/funnel", timeout=60),
                ]
                with lock:
                    answers.update(500 if b'{"error"' in answer.content else answer.status_code for answer in seen)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(visit, range(CLIENTS)))
    assert set(answers) == {200}, answers


def test_readers_who_stop_reading_hold_nobody_up_and_leave_their_places(address: str) -> None:
    asked = {"text": "The river", "tokens": 500, "temperature": 2}
    gone = [requests.post(f"{address}/api/generate", json=asked, stream=True, timeout=60) for _ in range(SAMPLES)]
    assert requests.post(f"{address}/api/next", json={"text": "The river"}, timeout=30).status_code == 200
    for answer in gone:
        answer.close()
    wait_until(lambda: "error" not in requests.post(f"{address}/api/generate", json={"tokens": 3}, timeout=60).text, 60, "a place")
