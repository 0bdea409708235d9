"""A page on which a parser hangs, explodes or crashes is rejected alone, and the others never learn of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from warc_pages import make_page, make_record

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.page import Outcome, Page, PageText, read_page
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.sandbox import Sandbox
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import REJECTIONS, TEXTS

TIGHT = Extraction(engine="resiliparse", max_cpu_seconds=1, max_memory_bytes=128 << 20)


def read_hostile(page: Page, extraction: Extraction) -> Outcome:
    """Stands in for a parser; a page's body says what it does to it."""
    what = page.payload.decode()
    if what == "hang":
        while True:
            pass
    if what == "explode":
        return PageText(None, None, "", None, None, "x" * len([bytes(1 << 20) for _ in range(1_000)]))
    if what == "explode unseen":
        try:
            len([b"x" * (1 << 20) for _ in range(1_000)])
        except MemoryError:
            return PageText(None, None, "", None, None, "half")
    if what == "grow":
        len([b"x" * (1 << 20) for _ in range(160)])
    if what == "abort":
        os.abort()
    if what == "exit":
        os._exit(0)
    if what == "raise":
        raise LookupError
    if what == "be killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what.startswith("be killed once "):
        trace = Path(what.removeprefix("be killed once "))
        if not trace.exists():
            trace.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return PageText("\ud83d\u00e9", None, "utf-8", None, None, what)


def page_of(body: str) -> Page:
    return Page(body.encode(), "text/html", None, None)


@pytest.mark.parametrize(
    ("body", "high", "detail"),
    [
        ("hang", 1, "cpu"),
        ("explode", 128 << 20, "memory"),
        ("explode unseen", 128 << 20, "memory"),
        ("grow", 128 << 20, "memory"),
        ("abort", None, "crash"),
        ("exit", None, "crash"),
        ("raise", None, "crash"),
    ],
)
def test_a_page_that_breaks_its_budget_is_rejected_and_the_next_is_read(body: str, high: int | None, detail: str) -> None:
    with Sandbox(TIGHT, read_hostile) as sandbox:
        outcomes = [sandbox.read(page_of(text)) for text in ("before", body, "after")]
    assert outcomes[1] == Rejection("budget", high=high, detail=detail)
    assert [outcome.text for outcome in outcomes[::2] if isinstance(outcome, PageText)] == ["before", "after"]


def test_a_child_killed_from_outside_is_not_held_against_its_page(tmp_path: Path) -> None:
    body = f"be killed once {tmp_path / 'trace'}"
    with Sandbox(TIGHT, read_hostile) as sandbox:
        assert sandbox.read(page_of(body)) == PageText("\ud83d\u00e9", None, "utf-8", None, None, body)


def test_children_killed_again_and_again_end_the_run() -> None:
    with Sandbox(TIGHT, read_hostile) as sandbox, pytest.raises(DataError, match="killed 3 times"):
        sandbox.read(page_of("be killed"))


def test_a_child_that_cannot_start_is_no_fault_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.extract.sandbox._START", "raise SystemExit(3)")
    with Sandbox(TIGHT, read_hostile) as sandbox, pytest.raises(DataError, match=r"did not start \(exit status 3\)"):
        sandbox.read(page_of("x"))


def test_a_child_reads_what_this_process_would() -> None:
    pages = [Page(make_page(number), "text/html", None, "en") for number in range(3)] + [page_of("<p>")]
    with Sandbox(TIGHT, read_page) as sandbox:
        assert [sandbox.read(page) for page in pages] == [read_page(page, TIGHT) for page in pages]


def test_no_child_outlives_its_sandbox() -> None:
    with Sandbox(TIGHT, read_page) as sandbox:
        assert sandbox.process_id is None
        sandbox.read(page_of("<p>"))
        child = sandbox.process_id
        assert child is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_goes_on_after_a_page_that_explodes(make_crawl: Callable[[Sequence[bytes]], Artefact], tmp_path: Path, workers: int) -> None:
    huge = b"<p>" + b"word " * 6_000_000
    pages = [make_page(0), huge, make_page(2)]
    raw = make_crawl([b"".join(make_record(page, f"http://site.example/{number}") for number, page in enumerate(pages))])
    config = TIGHT.model_copy(update={"max_bytes": 1 << 30, "max_cpu_seconds": 60})
    report = extract_texts(raw, tmp_path / "out", 3, UrlFilter(), config, {}, LocalEngine(workers))
    made = Artefact.of_folder(tmp_path / "out")
    assert [(row["rule"], row["detail"]) for row in read_table(made.table("rejections"), REJECTIONS).to_pylist()] == [("budget", "memory")]
    assert (report.read, report.kept, read_table(made.table("texts"), TEXTS).num_rows) == (3, 2, 2)
