"""Runs the crawler in a process of its own: Twisted's reactor can run once in a process, and nowhere beside Dagster's threads.

What the crawler is told goes over its standard input as one line of JSON. Lines of JSON come back: how far it is, and at last
what became of the crawl.
That input stays open while this process lives: when it ends, however it ends, so does the crawler.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

from llm_assets.crawl.site.frontier import CLOSED_HOST, FORBIDDEN
from llm_assets.crawl.site.record import FAILED, LOG, NOT_PUBLIC
from llm_assets.crawl.source import Collected
from llm_assets.engine import Progress
from llm_assets.errors import DataError, UnreachableError

if TYPE_CHECKING:
    from llm_assets.crawl.site.source import Site

GRACE_SECONDS = 60.0
"""What a crawl may take beyond its ``max_seconds`` and its last request, before it is ended from outside."""


def run_crawler(site: Site, target: Path, older: Sequence[Path], progress: Progress) -> Collected:
    """Crawls into ``target``; pages that the WARC files ``older`` hold as they are now become revisit records.

    DataError where the crawler fails, or not one page answered though robots.txt forbade none.
    """
    order = json.dumps({"site": site.model_dump(mode="json"), "target": str(target), "older": [str(path) for path in older]})
    command = [sys.executable, "-P", "-m", "llm_assets.crawl.site"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        late = Event()

        def end() -> None:
            late.set()
            process.kill()

        alarm = Timer(site.max_seconds + site.timeout_seconds + GRACE_SECONDS, end)
        alarm.start()
        try:
            outcome = _talk(process, order, progress)
            process.wait()
        finally:
            alarm.cancel()
            process.kill()
        if late.is_set():
            raise DataError("the crawler did not end in time and was ended", target)
        if process.returncode != 0 or outcome is None:
            errors.seek(0)
            last = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise DataError(f"the crawler failed with exit status {process.returncode}: {last!r}", target)
    return _judge(outcome, target)


def _talk(process: subprocess.Popen[bytes], order: str, progress: Progress) -> dict[str, Any] | None:
    """Gives the order and tells on how far it is. What became of the crawl; None where the crawler broke off."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(order.encode() + b"\n")
        process.stdin.flush()
    progress("crawling", 0, None, "pages")
    for line in process.stdout:
        told = json.loads(line)
        if "outcome" in told:
            outcome: dict[str, Any] = told["outcome"]
            done = outcome["fates"].get("page", 0) + outcome["fates"].get(FAILED, 0)
            progress("crawling", done, done, "pages")
            return outcome
        done, total = told["pages"], max(told["pages"], told["admitted"])
        detail = f"{done / told['seconds']:.1f} pages a second, {total - done:,} waiting, {told['bytes'] / 1e6:,.1f} MB"
        progress("crawling", done, total, "pages", detail)
    return None


def _judge(outcome: Mapping[str, Any], target: Path) -> Collected:
    fates = outcome["fates"]
    if not fates.get("page") and fates.get(FAILED, 0) + fates.get(CLOSED_HOST, 0):
        lines = map(json.loads, (target / LOG).read_text(encoding="utf-8").splitlines())
        why = next(f"{line['url']}: {line['detail']}" for line in lines if line["fate"] in (FAILED, CLOSED_HOST))
        own = "; of a server of your own, `allow_private_addresses = true` in the crawl's declaration says that it is meant"
        raise UnreachableError(f"no page of the site could be reached ({why}){own if NOT_PUBLIC in why else ''}")
    figures = {"pages": fates.get("page", 0), "unchanged": outcome["unchanged"]}
    return Collected(outcome["locations"], tuple(_warn(outcome)), figures=figures)


def _warn(outcome: Mapping[str, Any]) -> Iterator[str]:
    fates, left_out = outcome["fates"], outcome["left_out"]
    if not fates.get("page"):
        yield "the crawl is empty: no page answered"
    if outcome["ended"] != "finished":
        yield f"the crawl was ended by its limit {outcome['ended']}"
    whats = {FAILED: "that gave no answer", CLOSED_HOST: "on hosts whose robots.txt cannot be read", FORBIDDEN: "that robots.txt forbids"}
    for fate, what in whats.items():
        if count := fates.get(fate):
            yield f"URLs {what}: {count:,} (see {LOG})"
    for limit in ("max_pages", "max_depth"):
        if count := left_out.get(limit):
            yield f"links not followed for {limit}: {count:,}"
