"""A real daemon and the sensor `incremental`: declarations put down beside it become runs; a crawl that fails holds up no other, and a
webhook is told of it.

``LLM_ASSETS_TRIAL_CRAWLS=200 pytest tests/system/test_incremental_daemon.py`` is the long trial: so many crawls at once. It prints what
it measured of the ticks, of the whole, and of `llm-assets status`.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from planted_pages import write_sentence
from programs import call, command, kill_group, variables, wait_until
from smallest_recipe import SMALLEST
from webhook_receiver import Receiver

from llm_assets import webhook
from llm_assets.formats.manifest import put_text
from llm_assets.instance import environment
from llm_assets.plan import Snapshot, survey
from llm_assets.recipe import find_recipe, override, put_recipe, read_recipe
from llm_assets.root import DataRoot
from llm_assets.services import WORKSPACE

pytestmark = pytest.mark.system

CRAWLS = int(os.environ.get("LLM_ASSETS_TRIAL_CRAWLS", "2"))
DOCUMENTS = 50 if CRAWLS > 2 else 8
OFTEN = {} if CRAWLS > 2 else {"LLM_ASSETS_DECLARATIONS_SECONDS": "1", "LLM_ASSETS_INCREMENTAL_SECONDS": "1"}
TOGETHER = "run_queue: {max_concurrent_runs: 3, dequeue_interval_seconds: 1}\n"
"""Overrides of Dagster's settings: of few crawls, all are begun at once."""

MINUTES = 10 if CRAWLS <= 2 else CRAWLS


def write_documents(path: Path, seed: int, number: int) -> None:
    """Ready text, gzipped JSON lines, of which no two are alike."""
    draw = random.Random(seed)
    lines = [
        json.dumps(
            {"text": " ".join(write_sentence(draw) for _ in range(8)), "url": f"http://site{seed}.example/{each}", "date": "2026-01-02"}
        )
        for each in range(number)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))


def declare(root: DataRoot, name: str, seed: int, *, damaged: bool = False) -> None:
    path = root.home.parent / "documents" / f"{name}.jsonl.gz"
    write_documents(path, seed, DOCUMENTS)
    if damaged:
        path.write_bytes(path.read_bytes()[:-40])
    root.add_crawl(name, "jsonl", {"path": str(path)})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture
def looked_after(tmp_path: Path, receiver: Receiver) -> Iterator[DataRoot]:
    """A root with a recipe and no crawl; a daemon with its code server works on it, the sensors `incremental` and of failed runs are on."""
    root = DataRoot.at(tmp_path / "home")
    put_recipe(root.recipe, override(find_recipe("demo").read_text(encoding="utf-8"), SMALLEST))
    if OFTEN:
        put_text(root.state / "dagster/overrides.yaml", TOGETHER)
    variables_ = variables() | {name: value for name, value in environment(root).items() if name not in variables()}
    variables_ |= {"LLM_ASSETS_DEVICE": "cpu", webhook.VARIABLE: receiver.address} | OFTEN
    programs = Path(sys.executable).parent
    on = command(root, "automation", "on", "incremental", "webhook_failed_runs")
    subprocess.run(on, env=variables_, check=True, capture_output=True)
    with (tmp_path / "daemon.log").open("wb") as log:
        daemon = subprocess.Popen(
            [programs / "dagster-daemon", "run", "-w", WORKSPACE], env=variables_, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield root
    finally:
        kill_group(daemon)


def states(root: DataRoot) -> dict[str, str]:
    return {each.label: each.state for each in survey(Snapshot.unattended(root, read_recipe(root.recipe)))}


def pending(root: DataRoot) -> int:
    return sum(state not in ("current", "failed") for state in states(root).values())


def is_done(root: DataRoot) -> bool:
    now = states(root)
    return now["evaluation_samples"] == "current" and pending(root) <= 8  # what follows the damaged crawl's text is missing for good


def test_declarations_beside_a_daemon_become_runs_and_a_crawl_that_fails_holds_up_none(
    looked_after: DataRoot, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root, began = looked_after, time.monotonic()
    declare(root, "damaged", -1, damaged=True)
    for number in range(CRAWLS):
        declare(root, f"crawl{number:03}", number)
    wait_until(lambda: is_done(root), 60 * MINUTES, "all crawls", pause=2)
    took = time.monotonic() - began
    now = states(root)
    assert [name for name, state in now.items() if state != "current" and "[damaged]" not in name] == []
    assert [name for name, state in now.items() if state == "failed"] == ["extracted_text[damaged]"]
    wait_until(lambda: receiver.got, 120, "word of the run that failed")
    (told,) = receiver.got
    assert (told["headline"], told["asset"], told["crawl"]) == ("the run failed", "extracted_text", "damaged")
    with capsys.disabled():
        tell(root, took, monkeypatch)


def tell(root: DataRoot, took: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the trial measured, for a person; and that the failed crawl was tried once."""
    monkeypatch.setenv("DAGSTER_HOME", environment(root)["DAGSTER_HOME"])
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_run_records()
        print(f"\n{CRAWLS} crawls of {DOCUMENTS} documents: {took / 60:.1f} minutes, {len(runs)} runs", end=" ")
        print(Counter(record.dagster_run.status.value for record in runs))
        assert [r.dagster_run.tags.get("dagster/partition") for r in runs if not r.dagster_run.is_success] == ["damaged"]
        seconds = sorted(r.end_time - r.start_time for r in runs if r.end_time and r.start_time)
        print(f"a run: median {seconds[len(seconds) // 2]:.1f} s, longest {seconds[-1]:.1f} s")
        for state in instance.all_instigator_state():
            ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id)
            lasted = sorted(tick.end_timestamp - tick.timestamp for tick in ticks if tick.end_timestamp)
            if lasted:
                print(f"{state.instigator_name}: {len(lasted)} ticks, median {lasted[len(lasted) // 2]:.2f} s, longest {lasted[-1]:.2f} s")
    clock = time.monotonic()
    told = call(root, "status", "--json")
    print(f"llm-assets status: {time.monotonic() - clock:.2f} s")
    assert told.returncode == 0, told.stdout
