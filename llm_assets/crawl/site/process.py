"""Runs the crawler in a process of its own: Twisted's reactor can run once in a process, and nowhere beside Dagster's threads.

What the crawler is told goes over its standard input as one line of JSON, what became of the crawl comes back the same way.
That input stays open while this process lives: when it ends, however it ends, so does the crawler.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_assets.crawl.site.frontier import CLOSED_HOST, FORBIDDEN
from llm_assets.crawl.site.record import FAILED, LOG
from llm_assets.crawl.source import Collected
from llm_assets.errors import DataError

if TYPE_CHECKING:
    from llm_assets.crawl.site.source import Site

GRACE_SECONDS = 60.0
"""What a crawl may take beyond its ``max_seconds`` and its last request, before it is ended from outside."""


def run_crawler(site: Site, target: Path) -> Collected:
    """Crawls into ``target``. DataError where the crawler fails, or not one page answered though robots.txt forbade none."""
    order = json.dumps({"site": site.model_dump(mode="json"), "target": str(target)})
    command = [sys.executable, "-P", "-m", "llm_assets.crawl.site"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(order.encode() + b"\n")
            process.stdin.flush()
            process.wait(site.max_seconds + site.timeout_seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise DataError("the crawler did not end in time and was ended", target) from error
        except BrokenPipeError:
            process.wait(GRACE_SECONDS)
        finally:
            process.kill()
        if process.returncode != 0:
            errors.seek(0)
            last = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise DataError(f"the crawler failed with exit status {process.returncode}: {last!r}", target)
        outcome = json.loads(process.stdout.read())
    return _judge(outcome, target)


def _judge(outcome: Mapping[str, Any], target: Path) -> Collected:
    fates = outcome["fates"]
    if not fates.get("page") and fates.get(FAILED, 0) + fates.get(CLOSED_HOST, 0):
        lines = map(json.loads, (target / LOG).read_text(encoding="utf-8").splitlines())
        why = next(f"{line['url']}: {line['detail']}" for line in lines if line["fate"] in (FAILED, CLOSED_HOST))
        raise DataError(f"no page of the site could be reached ({why})")
    return Collected(outcome["locations"], tuple(_warn(outcome)))


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
