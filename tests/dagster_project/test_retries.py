"""What met a server that did not answer is tried again, by Dagster's own run of it; what failed otherwise is not."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from dagster_project import retries
from dagster_project.nodes import node
from dagster_project.notices import reason_of
from dagster_project.resources import Pipeline
from llm_assets.crawl.patience import Patience
from llm_assets.errors import DataError, UnreachableError
from llm_assets.formats.failure import read_failure
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import FILES
from llm_assets.instance import environment
from llm_assets.report import Report
from llm_assets.root import DataRoot

Run = Callable[[list[Exception]], dg.ExecuteInProcessResult]


@pytest.fixture
def run(root: DataRoot, add_crawl: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a `raw_crawl` whose attempts fail one after the other by these errors; then all is well."""
    for name, value in environment(root).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(retries, "NETWORK", retries.NETWORK._replace(delay=0))
    add_crawl("a")

    def start(errors: list[Exception]) -> dg.ExecuteInProcessResult:
        @dg.asset(**node("raw_crawl", "crawl"))
        def raw_crawl(context: dg.AssetExecutionContext, pipeline: Pipeline) -> None:
            with pipeline.step(context) as step:
                if errors:
                    raise errors.pop(0)
                write_rows(step.folder / "files.parquet", [], FILES)
                step.report = Report("raw_crawl", 0, 0, unit="files")

        job = dg.Definitions(assets=[raw_crawl], resources={"pipeline": Pipeline()}).resolve_implicit_global_asset_job_def()
        with dg.DagsterInstance.get() as instance:
            instance.add_dynamic_partitions("crawls", ["a"])
            return job.execute_in_process(instance=instance, partition_key="a", raise_on_error=False)

    return start


def count_retries(result: dg.ExecuteInProcessResult) -> int:
    return sum(event.is_step_up_for_retry for event in result.all_events)


def test_a_server_that_answers_at_the_third_attempt_costs_two_retries(run: Run, root: DataRoot) -> None:
    result = run([UnreachableError("no answer"), UnreachableError("no answer")])
    assert result.success
    assert count_retries(result) == 2
    assert root.manifest("raw_crawl", "a") is not None


def test_a_server_that_never_answers_fails_the_run_with_the_stages_own_error(run: Run) -> None:
    result = run([UnreachableError("no answer", "http://a.invalid/") for _ in range(9)])
    assert not result.success
    assert count_retries(result) == retries.NETWORK.max_retries
    assert reason_of(result.all_events) == "raw_crawl: http://a.invalid/: no answer"


def test_what_time_may_mend_is_not_noted_as_a_failure_of_its_inputs_and_other_errors_are(run: Run, root: DataRoot) -> None:
    run([UnreachableError("no answer") for _ in range(9)])
    assert read_failure(root.place("raw_crawl", "a")) is None
    run([DataError("the file is damaged")])
    assert read_failure(root.place("raw_crawl", "a")) is not None


def test_an_error_that_time_does_not_mend_is_not_tried_again(run: Run) -> None:
    result = run([DataError("the file is damaged")])
    assert not result.success
    assert count_retries(result) == 0


def test_waits_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = [retries.NETWORK._replace(jitter=None).calculate_delay(attempt) for attempt in (1, 2, 3)]
    assert waits == [60, 180, 420]


def test_a_server_that_refuses_is_unreachable(tmp_path: Path) -> None:
    from urllib3.util.retry import Retry

    from llm_assets.crawl.download import download

    with pytest.raises(UnreachableError, match="attempt after attempt"):
        download("http://127.0.0.1:9/a.warc.gz", tmp_path / "a.warc.gz", Patience(Retry(0), delay_seconds=0))
