"""The clock: what is run, in which order, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping

import psutil
import pytest

from benchmarks.measure import Work, cpu_seconds, measure


def burn(seconds: float) -> None:
    end = cpu_seconds() + seconds
    while cpu_seconds() < end:
        sum(range(1000))


def test_warming_up_comes_first_and_judgement_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.measure.LEAST_CPU_SECONDS", 0.01)
    calls: list[str] = []

    def note(name: str) -> None:
        calls.append(name)
        burn(0.001)

    def judge(_: None) -> Mapping[str, int]:
        note("judge")
        return {}

    measure("any", Work(1, 1, lambda: note("warm"), lambda: note("run"), judge))
    assert calls[0] == "warm"
    assert calls[-1] == "judge"
    assert set(calls[1:-1]) == {"run"}


def test_only_the_run_is_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.measure.cpu_seconds", iter([10.0, 14.0]).__next__)
    figures = measure("any", Work(8, 2_000_000, lambda: None, lambda: None, lambda _: {}))
    assert figures["cpu_s"] == 4
    assert figures["documents_per_cpu_s"] == 2
    assert figures["mb_per_cpu_s"] == 0.5


def test_short_work_is_run_until_it_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.measure.cpu_seconds", iter([0.0, 0.5, 10.0, 10.25, 20.0, 20.25]).__next__)
    runs: list[int] = []
    figures = measure("any", Work(1, 1, lambda: None, lambda: runs.append(1), lambda _: {}))
    assert len(runs) == 3
    assert figures["cpu_s"] == round(1 / 3, 4)


def test_memory_is_in_millions_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.measure.LEAST_CPU_SECONDS", 0.001)
    peak = measure("any", Work(1, 1, lambda: None, lambda: burn(0.001), lambda _: {}))["peak_rss_mb"]
    assert isinstance(peak, float)
    assert psutil.Process().memory_info().rss / 1e6 * 0.999 <= peak < psutil.virtual_memory().total / 1e6
