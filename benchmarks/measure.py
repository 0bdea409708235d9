"""The clock: CPU seconds and peak memory of a piece of work, with set-up and judgement left out."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from llm_assets.report import Figure

LEAST_CPU_SECONDS = 1.0
"""Shorter work is run again until its sum is this long, and figures are of the mean run."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Work(Generic[Result]):
    """What is measured. ``bytes`` are of the documents as the stage gets them (of URLs, HTML or text).

    ``warm`` runs first and is not counted: it calls what ``run`` calls on a few documents, so that libraries are imported,
    kernels compiled, tables loaded. ``judge`` gets what ``run`` gave and says how good it is, off the clock.
    """

    documents: int
    bytes: int
    warm: Callable[[], object]
    run: Callable[[], Result]
    judge: Callable[[Result], Mapping[str, Figure | None]]


def measure(stage: str, work: Work[Result]) -> dict[str, Figure | None]:
    """One line of figures: what the work is, what it took, what it is worth."""
    work.warm()
    gc.collect()
    spent, runs = 0.0, 0
    while True:
        before = cpu_seconds()
        result = work.run()
        spent += cpu_seconds() - before
        runs += 1
        if spent >= LEAST_CPU_SECONDS:
            break
        del result  # else the next run would hold two
    peak = peak_rss_megabytes()
    seconds = spent / runs
    return {
        "stage": stage,
        "documents": work.documents,
        "mb": _round(work.bytes / 1e6),
        "cpu_s": _round(seconds),
        "documents_per_cpu_s": _round(work.documents / seconds),
        "mb_per_cpu_s": _round(work.bytes / 1e6 / seconds),
        "peak_rss_mb": _round(peak),
        **work.judge(result),
    }


def cpu_seconds() -> float:
    """User and system time of this process, all its threads, and the children it has waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_rss_megabytes(who: int = resource.RUSAGE_SELF) -> float:
    """Most memory that this process held since it began, set-up included, in 10^6 bytes; or the largest of its children."""
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts in KiB
    return resource.getrusage(who).ru_maxrss * unit / 1e6


def _round(figure: float) -> float:
    """To four digits that mean something."""
    return float(f"{figure:.4g}")
