"""A real run that fails, and a real crawl that drifted, tell a real webhook; one that does not answer fails nothing."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console
from webhook_receiver import PATH, Receiver

from dagster_project.notices import deliver, drifted_crawls, failed_runs
from dagster_project.resources import Pipeline
from dagster_project.run import run
from llm_assets import webhook
from llm_assets.instance import environment
from llm_assets.plan import Snapshot, survey
from llm_assets.recipe import put_recipe, read_recipe
from llm_assets.root import DataRoot

RECIPE = "[filters.gopher_quality]\nmin_words = 20\n"
Run = Callable[[DataRoot], tuple[bool, str]]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as made:
        monkeypatch.setenv(webhook.VARIABLE, made.address)
        yield made


@pytest.fixture
def start(in_process: None, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the filters of a root, and what comes before them; says how it went."""

    def go(root: DataRoot) -> tuple[bool, str]:
        os.environ.update(environment(root))
        console = Console(file=io.StringIO(), width=300)
        pipeline = Pipeline(home=str(root.home), state=str(root.state), workers=1)
        return run(root, pipeline, console, until="filtered_docs"), console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO

    return go


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """Two crawls of ready text, the second of them of pages that are nearly all too short."""
    folder = tmp_path_factory.mktemp("drifted")
    root = DataRoot.at(folder / "home")
    put_recipe(root.recipe, RECIPE)
    for name, words in (("usual", 60), ("odd", 5)):
        rows = [{"text": "the houses and gardens of that town " * (words // 5), "url": f"https://a.invalid/{n}"} for n in range(120)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        root.add_crawl(name, "jsonl", {"path": str(folder / f"{name}.jsonl")})
    return root


@pytest.fixture
def broken(tmp_path: Path) -> DataRoot:
    """A crawl whose archive is none."""
    root = DataRoot.at(tmp_path / "home")
    put_recipe(root.recipe, RECIPE)
    (tmp_path / "broken.warc.gz").write_bytes(b"no archive")
    root.add_crawl("broken", "warc_files", {"path": str(tmp_path / "broken.warc.gz")})
    return root


def test_a_crawl_that_drifted_warns_tells_the_webhook_and_holds_up_nothing(drifted: DataRoot, start: Run, receiver: Receiver) -> None:
    well, said = start(drifted)
    assert well, said
    assert "filtered_docs[odd]: " in said
    assert "gopher_quality.words took 100.0% of what came in, 0.0% in the crawls before" in said
    (got,) = receiver.got
    assert (got["asset"], got["crawl"], got["headline"]) == ("filtered_docs", "odd", "unlike the crawls before")
    assert got["run_id"] in got["link"]
    states = {each.label: each.state for each in survey(Snapshot(drifted, read_recipe(drifted.recipe)))}
    assert states["filtered_docs[odd]"] == "current"
    with dg.DagsterInstance.get() as instance:
        (record,) = [each for each in instance.get_runs() if each.run_id == got["run_id"]]
        context = dg.build_run_status_sensor_context("webhook_drifted_crawls", _last(instance, record), instance, record)
        drifted_crawls(context)
    assert [each["asset"] for each in receiver.got] == ["filtered_docs", "filtered_docs"]


def _last(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterEvent:
    event = instance.all_logs(run.run_id)[-1].dagster_event
    assert event is not None
    return event


def test_a_run_that_failed_tells_the_webhook_why(broken: DataRoot, start: Run, receiver: Receiver) -> None:
    well, _ = start(broken)
    assert not well
    (got,) = receiver.got
    assert (got["asset"], got["crawl"], got["headline"]) == ("extracted_text", "broken", "the run failed")
    assert "broken.warc.gz" in got["reason"]
    with dg.DagsterInstance.get() as instance:
        (failed,) = instance.get_runs()
        event = _last(instance, failed)
        context = dg.build_run_status_sensor_context("webhook_failed_runs", event, instance, failed).for_run_failure()
        failed_runs(context)
        assert receiver.got == [got, got]
        instance.add_run_tags(failed.run_id, {"dagster/will_retry": "true"})
        again = instance.get_run_by_id(failed.run_id)
        assert again is not None
        failed_runs(dg.build_run_status_sensor_context("webhook_failed_runs", event, instance, again).for_run_failure())
        assert receiver.got == [got, got]


def test_a_webhook_that_does_not_answer_fails_nothing_and_is_told_without_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_RETRY", webhook._RETRY.new(backoff_factor=0))
    monkeypatch.setenv(webhook.VARIABLE, f"http://127.0.0.1:9{PATH}")
    said: list[str] = []
    deliver([webhook.Notice("failed", None, None, None, None, "why")] * 2, said.append)
    assert said == ["the webhook at http://127.0.0.1:9/… does not answer (ConnectionError)"]


def test_the_sensors_are_off_until_they_are_turned_on() -> None:
    for sensor in (failed_runs, drifted_crawls):
        assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
