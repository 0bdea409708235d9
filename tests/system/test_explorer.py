"""A person at the explorer's page, with a keyboard and a mouse, and twenty of them at once."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from chromium import Page, open_chromium
from planted_pages import MEMORABLE, PLANTED, SCRIPT, SHORT
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
def page(address: str, tmp_path: Path) -> Iterator[Page]:
    """A tab; nothing that is done in it may break the page's policy, raise, or ask another server."""
    with open_chromium(tmp_path / "chromium") as opened:
        yield opened
        assert opened.complaints() == []
        assert opened.addresses() <= {address}


def test_what_is_typed_is_shown_in_tokens(page: Page, address: str) -> None:
    page.open(f"{address}/#tokens")
    page.wait("document.querySelector('#tokens-shown').children.length > 0")
    page.write("#tokens-text", f"naïve {SCRIPT}")
    page.wait(f"document.querySelector('#tokens-count').textContent.includes('{len(f'naïve {SCRIPT}'.encode())} bytes')")
    shown = page.say("#tokens-shown")
    assert shown.replace("·", " ").replace("C3", "").replace("AF", "") in f"nave {SCRIPT}"
    assert "C3AF" in shown
    page.read("document.querySelector('#tokens-shown').focus()")
    page.press("ArrowRight")
    page.press("ArrowRight")
    assert page.say("#tokens-one").startswith("token 2: id ")


def test_a_bar_goes_on_with_its_token_by_mouse_and_by_key(page: Page, address: str) -> None:
    page.open(f"{address}/#next")
    page.wait("document.querySelectorAll('#next-bars button').length > 3")
    before = page.read("document.querySelectorAll('#next-window span[class^=c]').length")
    page.click("#next-bars li:nth-child(2) button")
    page.wait(f"document.querySelectorAll('#next-window span[class^=c]').length === {before + 1}")
    page.read("document.querySelector('#next-bars button').focus()")
    page.press("ArrowDown")
    page.press("Enter")
    page.wait(f"document.querySelectorAll('#next-window span[class^=c]').length === {before + 2}")
    page.click("#next-back")
    page.wait(f"document.querySelectorAll('#next-window span[class^=c]').length === {before + 1}")


def test_a_sample_is_traced_to_the_page_it_comes_from(page: Page, address: str) -> None:
    page.open(f"{address}/#generate")
    page.write("#generate-text", MEMORABLE)
    page.write("#generate-tokens", "12")
    page.click("#generate-start")
    page.wait("document.querySelector('.run') !== null")
    page.click(".run")
    page.wait("document.querySelector('#trace-sources a') !== null")
    assert "in 2 documents" in page.say("#trace-sources")
    assert SCRIPT in page.say("#trace-sources")
    page.click("#trace-sources a")
    page.wait("document.querySelector('.journey') !== null")
    assert page.read("location.hash") == f"#documents/0-0-{PLANTED}"


def test_stop_ends_a_sample_and_what_there_is_of_it_is_traced(page: Page, address: str) -> None:
    page.open(f"{address}/#generate")
    page.wait("document.activeElement?.id === 'generate-text'")
    page.write("#generate-tokens", "500")
    page.write("#generate-temperature", "0")
    lengths = []
    for stopped in (True, False):
        page.read("delete document.querySelector('#generate-shown').dataset.done")
        page.click("#generate-start")
        if stopped:
            page.wait("document.querySelector('#generate-shown').textContent.length > 60")
            page.click("#generate-stop")
        page.wait("'done' in document.querySelector('#generate-shown').dataset")
        assert "found word for word in the training set" in page.say("#generate-figures")
        lengths.append(len(page.say("#generate-shown")))
    assert 60 < lengths[0] < lengths[1]


def test_a_page_with_a_script_stands_there_as_text(page: Page, address: str) -> None:
    page.open(f"{address}/#documents/0-0-{PLANTED}")
    page.wait("document.querySelector('.journey') !== null && document.querySelector('.found') !== null")
    assert SCRIPT in page.say(".document h3")
    assert SCRIPT in page.say(".document pre")
    assert SCRIPT in page.say(".found")
    assert page.read("document.querySelectorAll('main script, main img, main [onerror]').length") == 0
    assert page.read("document.title") == "Documents · llm-assets explore"


def test_a_document_is_found_and_its_journey_names_the_broken_rule(page: Page, address: str) -> None:
    page.open(f"{address}/#documents")
    page.wait("document.querySelector('.funnel') !== null")
    page.write("#documents-words", f"/page/{SHORT}")
    page.press("Enter")
    page.wait(f"document.querySelector('.found a')?.hash === '#documents/0-0-{SHORT}'")
    page.click(".found a")
    page.wait("document.querySelector('.journey') !== null")
    assert "rejected by gopher_repetition" in page.say(".journey .ended")
    assert page.read("document.querySelectorAll('.journey td.rejected').length") > 0


def test_the_views_are_reached_by_the_keyboard(page: Page, address: str) -> None:
    page.open(f"{address}/")
    page.read("document.querySelector('nav a').focus()")
    page.press("ArrowRight")
    page.press("Enter")
    page.wait("!document.querySelector('#view-next').hidden")
    assert page.say("nav a[aria-current]") == "Next token"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_no_view_is_wider_than_the_window(page: Page, address: str, width: int, scheme: str) -> None:
    page.resize(width, 900, scheme)
    for view, shown in (
        ("tokens", "#tokens-shown span"),
        ("next", "#next-bars button"),
        ("documents", ".funnel"),
        (f"documents/0-0-{SHORT}", ".journey"),
    ):
        page.open(f"{address}/#{view}")
        page.wait(f"document.querySelector('{shown}') !== null")
        assert page.read("document.documentElement.scrollWidth <= innerWidth"), view


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
