"""Schedules and sensors: what a tick answers, without a daemon. ``tests/system/test_daemon.py`` has one."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from dagster_project.automation import declarations
from dagster_project.condition import due_outputs
from dagster_project.nightly import nightly
from dagster_project.recurring import look_after
from dagster_project.resources import Pipeline
from dagster_project.schedules import SCHEDULES, Answer
from dagster_project.sensors import SENSORS, look_at_growth
from dagster_project.timetable import last_due
from llm_assets.crawl.recurrence import COMMON_CRAWL, FOLDER, SITE, make_recurrence
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.warc_writer import WarcWriter
from llm_assets.instance import environment
from llm_assets.plan import ASSETS
from llm_assets.recipe import override, put_recipe
from llm_assets.recurring import add_recurrence, recurrence_path
from llm_assets.root import DataRoot

DOCS = {"source": "site", "parameters": {"seeds": ["http://docs.invalid/"]}}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as made:
        yield made


@pytest.fixture
def tick(root: DataRoot, instance: dg.DagsterInstance) -> Callable[[str], Answer]:
    """What the schedule or sensor of a source answers."""
    pipeline = Pipeline(home=str(root.home), state=str(root.state))

    def look(source: str) -> Answer:
        due = (lambda _: datetime.now(UTC)) if source == FOLDER else last_due
        return look_after(instance, pipeline, source, due, logging.getLogger("tick"))

    return look


def requests(answer: Answer) -> list[tuple[str | None, str | None, list[str]]]:
    """Job, crawl and assets of each run that is asked for."""
    asked = [] if isinstance(answer, dg.SkipReason) else answer
    return [(each.job_name, each.partition_key, [key.to_user_string() for key in each.asset_selection or ()]) for each in asked]


def reason(answer: Answer) -> str:
    """Why nothing is asked for."""
    assert isinstance(answer, dg.SkipReason)
    return str(answer.skip_message)


@pytest.mark.parametrize("switch", [*SCHEDULES, *SENSORS], ids=lambda switch: switch.name)
def test_everything_is_off_until_it_is_turned_on_and_says_what_it_does(switch: Any) -> None:
    assert switch.default_status.value == "STOPPED"
    assert switch.description


def test_their_times_and_time_zone_are_told() -> None:
    assert {each.name: (each.cron_schedule, each.execution_timezone) for each in SCHEDULES} == {
        "site_recrawls": ("*/10 * * * *", "UTC"),
        "common_crawls": ("*/10 * * * *", "UTC"),
        "nightly_checks": ("30 1 * * *", "UTC"),
    }


@pytest.mark.parametrize(
    ("cron", "zone", "due"),
    [
        ("0 3 * * sun", "UTC", "2026-11-29T03:00:00+00:00"),
        ("0 3 * * mon", "UTC", "2026-11-23T03:00:00+00:00"),
        ("0 12 * * *", "UTC", "2026-11-29T12:00:00+00:00"),
        ("0 3 * * *", "Asia/Tokyo", "2026-11-29T03:00:00+09:00"),
    ],
)
def test_what_recurs_was_due_at_the_last_time_its_expression_names(cron: str, zone: str, due: str) -> None:
    docs = make_recurrence("docs", {**DOCS, "cron": cron, "timezone": zone})
    assert last_due(docs, datetime(2026, 11, 29, 12, tzinfo=UTC)) == datetime.fromisoformat(due)


def test_an_expression_that_names_no_time_is_told() -> None:
    with pytest.raises(ConfigError, match="names no time"):
        last_due(make_recurrence("docs", {**DOCS, "cron": "0 99 * * *"}))


def test_a_site_that_is_due_is_declared_and_its_crawl_asked_for(root: DataRoot, tick: Callable[[str], Answer]) -> None:
    add_recurrence(root, "docs", DOCS)
    (request,) = requests(tick(SITE))
    (crawl,) = root.crawls()
    assert request[:2] == ("one_crawl", crawl.name)
    assert request[2][0] == "raw_crawl"
    assert "pii_scrubbed_corpus" in request[2]
    assert "token_shards" not in request[2]  # there is no tokenizer yet


def test_a_second_look_declares_no_second_crawl_and_repeats_its_request_under_the_same_key(
    root: DataRoot, tick: Callable[[str], Answer]
) -> None:
    add_recurrence(root, "docs", DOCS)
    first, second = tick(SITE), tick(SITE)
    assert len(root.crawls()) == 1
    assert not isinstance(first, dg.SkipReason)
    assert not isinstance(second, dg.SkipReason)
    assert [each.run_key for each in first] == [each.run_key for each in second]


def test_a_site_is_not_asked_for_while_a_run_of_it_is_under_way(
    root: DataRoot, tick: Callable[[str], Answer], instance: dg.DagsterInstance
) -> None:
    add_recurrence(root, "docs", DOCS)
    tick(SITE)
    (crawl,) = root.crawls()
    tags, assets = {"dagster/partition": crawl.name}, frozenset({dg.AssetKey("raw_crawl")})
    run = instance.add_run(dg.DagsterRun("one_crawl", status=dg.DagsterRunStatus.STARTED, tags=tags, asset_selection=assets))
    assert requests(tick(SITE)) == []
    instance.delete_run(run.run_id)
    assert len(requests(tick(SITE))) == 1


def test_a_listing_that_does_not_come_fails_the_tick_and_names_it(root: DataRoot, tick: Callable[[str], Answer]) -> None:
    given = {"warcs": "0:1", "index_url": "http://127.0.0.1:9/", "base_url": "http://127.0.0.1:9/"}
    add_recurrence(root, "web", {"source": "common_crawl", "parameters": given})
    with pytest.raises(DataError, match=r"http://127\.0\.0\.1:9/collinfo\.json"):
        tick(COMMON_CRAWL)
    assert root.crawls() == []


def test_one_that_cannot_be_followed_holds_up_no_other(root: DataRoot, tick: Callable[[str], Answer]) -> None:
    add_recurrence(root, "a", DOCS)
    recurrence_path(root, "a").write_text("source = 3\n")
    add_recurrence(root, "b", DOCS)
    assert [request[1] for request in requests(tick(SITE))] == [root.crawls()[0].name]


def test_a_crawl_whose_declaration_cannot_be_followed_holds_up_no_other(
    root: DataRoot, tick: Callable[[str], Answer], instance: dg.DagsterInstance, add_crawl: Callable[[str], None]
) -> None:
    add_crawl("broken")
    root.declaration_path("broken").write_text("[open\nsequence = 0\n")
    add_recurrence(root, "docs", DOCS)
    (crawl,) = (request[1] for request in requests(tick(SITE)))
    assert crawl in instance.get_dynamic_partitions("crawls")
    pipeline = Pipeline(home=str(root.home), state=str(root.state))
    with dg.build_sensor_context(instance, resources={"pipeline": pipeline}) as context:
        result = declarations(context)
        assert isinstance(result, dg.SensorResult)
        rows = [event.metadata["not_current"].value.records for event in result.asset_events if "not_current" in event.metadata]
        assert "broken.toml is not valid TOML" in str(rows[0][0].data["because"])
        for event in result.asset_events:
            instance.report_runless_asset_event(event)
        with pytest.raises(ConfigError, match=r"broken\.toml is not valid TOML"):  # told by each tick until it is mended
            declarations(context)


def test_of_all_crawls_nothing_is_run_while_nobody_knows_which_they_are(
    finished: DataRoot, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = DataRoot.at(shutil.copytree(finished.home, tmp_path / "home"))
    put_recipe(root.recipe, override(root.recipe.read_text(encoding="utf-8"), ["training.steps=7"]))
    for name, value in environment(root).items():
        monkeypatch.setenv(name, value)
    view = SimpleNamespace(instance=instance)
    assert due_outputs.__wrapped__(view) == {"trained_model": {None}}
    root.declaration_path("broken").write_text("[open\n")
    assert due_outputs.__wrapped__(view) == {}


def test_files_that_are_whole_become_a_crawl_that_is_asked_for(root: DataRoot, tick: Callable[[str], Answer], tmp_path: Path) -> None:

    with WarcWriter(tmp_path / "in/a.warc.gz", "2026-01-01T00:00:00Z", {"software": "a test"}):
        pass
    add_recurrence(root, "inbox", {"source": "warc_files", "parameters": {"path": str(tmp_path / "in")}, "settle_seconds": 1})
    assert reason(tick(FOLDER)) == "inbox: 1 files still grow"
    time.sleep(1.1)
    assert [request[:2] for request in requests(tick(FOLDER))] == [("one_crawl", root.crawls()[0].name)]


@pytest.mark.parametrize("source", [SITE, COMMON_CRAWL, FOLDER])
def test_where_nothing_recurs_a_tick_says_how_to_change_that(source: str, tick: Callable[[str], Answer]) -> None:
    assert "llm-assets crawl repeat add" in reason(tick(source))


def test_nothing_is_asked_for_while_the_incremental_sensor_does_it(
    root: DataRoot, tick: Callable[[str], Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_recurrence(root, "docs", DOCS)
    for module in ("planned", "recurring"):
        monkeypatch.setattr(f"dagster_project.{module}.is_incremental_on", lambda _: True)
    assert reason(tick(SITE)).endswith(f"the sensor incremental runs {root.crawls()[0].name}")


def test_retraining_asks_for_nothing_while_all_is_current(finished: DataRoot, instance: dg.DagsterInstance) -> None:
    pipeline = Pipeline(home=str(finished.home), state=str(finished.state))
    assert reason(look_at_growth(instance, pipeline)) == "the corpus has not grown by the recipe's share"


def test_retraining_asks_for_what_the_planner_says_of_the_model_and_waits_for_no_new_crawl(
    finished: DataRoot, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    root = DataRoot.at(shutil.copytree(finished.home, tmp_path / "home"))
    put_recipe(root.recipe, override(root.recipe.read_text(encoding="utf-8"), ["training.steps=7"]))
    root.add_crawl("new", "python_docs", {"max_pages": 1})
    asked = requests(look_at_growth(instance, Pipeline(home=str(root.home), state=str(root.state))))
    assert asked == [("retraining", None, ["trained_model"])]


def test_the_nightly_job_names_a_file_that_was_damaged(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> None:
    from llm_assets.crawl.stage import collect_files
    from llm_assets.engine import LocalEngine
    from llm_assets.formats.manifest import describe_output, put_manifest

    add_crawl("old")
    place = root.place("raw_crawl", "old")
    collect_files(root.crawl("old"), None, place / "20260101T000000-00000000", place, LocalEngine())
    put_manifest(place, describe_output("raw_crawl", "old", place / "20260101T000000-00000000", ["files"], "1", {}))
    pipeline = Pipeline(home=str(root.home), state=str(root.state))
    settings = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    assert nightly.execute_in_process(resources={"pipeline": pipeline}, run_config=settings).success
    (tmp_path / "warcs/old/0.warc").write_bytes(b"other")
    failed = nightly.execute_in_process(resources={"pipeline": pipeline}, run_config=settings, raise_on_error=False)
    (failure,) = (event.step_failure_data.error for event in failed.all_events if event.is_step_failure)
    assert f"1 of 2 files: raw_crawl[old]: {tmp_path / 'warcs/old/0.warc'} is damaged" in str(failure)


def test_the_nightly_job_asks_every_check_again_and_shows_the_answers(finished: DataRoot, tmp_path: Path) -> None:
    root = DataRoot.at(shutil.copytree(finished.home, tmp_path / "home"))
    settings = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    done = nightly.execute_in_process(resources={"pipeline": Pipeline(home=str(root.home))}, run_config=settings, raise_on_error=False)
    assert done.success
    asked = {(each.asset_key.to_user_string(), each.check_name, each.partition): each.passed for each in done.get_asset_check_evaluations()}
    assert asked == {(node.name, check, "demo" if node.per_crawl else None): True for node in ASSETS.values() for check in node.checks}
