"""What a person is told while they wait."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from dagster_project.progress import WATCHER, Lines, Pace, describe_seconds, logged_progress, shown_progress


def test_a_pace_tells_documents_share_rate_and_time_left() -> None:
    pace = Pace()
    pace.describe(0.0, 0, 1000, "documents", "")
    assert pace.describe(10.0, 200, 1000, "documents", "1 of 8 files") == "200 documents, 20%, 1 of 8 files, 20.0 a second, 40 s left"


def test_what_is_no_estimate_tells_its_total() -> None:
    assert Pace().describe(0.0, 20, 80, "steps", "") == "20 of 80 steps, 25%"


def test_nobody_is_told_a_share_of_what_is_not_known() -> None:
    pace = Pace()
    pace.describe(0.0, 0, None, "pages", "")
    assert pace.describe(2.0, 1_500, None, "pages", "") == "1,500 pages, 750.0 a second"


def test_the_pace_is_that_of_the_last_minute() -> None:
    pace = Pace()
    pace.describe(0.0, 100_000, 200_000, "documents", "")  # skipped by a run that goes on with another
    for second in range(1, 200):
        text = pace.describe(second, 100_000 + 10 * second, 200_000, "documents", "")
    assert "10.0 a second" in text


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (3600, "1 h 0 min"), (90_000, "25 h 0 min")])
def test_seconds_are_told_to_the_unit_that_matters(seconds: float, text: str) -> None:
    assert describe_seconds(seconds) == text


def test_lines_keep_their_distance_and_the_end_is_no_line() -> None:
    said: list[str] = []
    lines = Lines(said.append, seconds=0.05)
    for done in range(100):
        lines("counting", done, 100, "steps")
    assert said == []
    time.sleep(0.06)
    lines("counting", 50, 100, "steps")
    lines("counting", 51, 100, "steps")
    time.sleep(0.06)
    lines("counting", 100, 100, "steps")
    assert len(said) == 1
    assert said[0].startswith("counting: 50 of 100 steps, 50%, ")


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_and_kept_apart_in_a_pipe(terminal: bool) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=120)
    with shown_progress(console):
        watcher = WATCHER.get()
        assert watcher is not None
        watcher("extracting [text]", 3, 10, "documents", "")
        time.sleep(0.2)
    assert ("extracting [text]" in file.getvalue()) == terminal
    assert WATCHER.get() is None


def test_nothing_is_shown_to_who_wants_quiet() -> None:
    with shown_progress(Console(file=io.StringIO()), quiet=True):
        assert WATCHER.get() is None


def test_the_log_and_the_watcher_hear_the_same() -> None:
    heard: list[tuple[object, ...]] = []
    token = WATCHER.set(lambda *each: heard.append(each))
    try:
        logged_progress(lambda line: pytest.fail("too soon"))("training", 1, 2, "steps")
    finally:
        WATCHER.reset(token)
    assert heard == [("training", 1, 2, "steps", "")]
