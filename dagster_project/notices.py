"""What a webhook is told of: runs that failed for good, and crawls that drifted.

Of what the daemon runs, two sensors tell, which are off until they are turned on; of its own runs `llm-assets run` itself. Nobody is
told where ``LLM_ASSETS_WEBHOOK`` names no address; a receiver that fails is logged, and fails nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG, WILL_RETRY_TAG
from dagster_shared.error import SerializableErrorInfo

from llm_assets.errors import LLMAssetsError
from llm_assets.instance import DAGSTER_PAGES
from llm_assets.plan import label
from llm_assets.webhook import VARIABLE, NotDeliveredError, Notice, send_notice


@dataclass(frozen=True)
class Drift:
    """What a check of removal rates said of a crawl."""

    asset: str
    crawl: str | None
    said: str

    @property
    def where(self) -> str:
        """As in ``filtered_docs[demo]``."""
        return label(self.asset, self.crawl)


def drifts_of(run: dg.DagsterRun, events: Iterable[dg.DagsterEvent]) -> Iterator[Drift]:
    """The checks of a run that failed and only warn."""
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity == dg.AssetCheckSeverity.WARN:
                yield Drift(check.asset_key.to_user_string(), run.tags.get(PARTITION_NAME_TAG), check.description or check.check_name)


def reason_of(events: Iterable[dg.DagsterEvent]) -> str:
    """Why a run failed: the first step's own error, or the checks that did not pass; or, where neither is told, that it broke down."""
    events = list(events)
    for event in events:
        if event.is_step_failure:
            return f"{event.step_key}: {_stage_error(event.step_failure_data.error)}"
    checks = [
        f"{data.check_name} of {data.asset_key.to_user_string()}"
        for event in events
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        for data in [event.asset_check_evaluation_data]
        if not data.passed and data.severity == dg.AssetCheckSeverity.ERROR
    ]
    if checks:
        return f"a check failed, and what follows was not run: {', '.join(checks)}"
    return next((event.message for event in reversed(events) if event.is_run_failure and event.message), "the run broke down")


def _stage_error(error: SerializableErrorInfo | None) -> str:
    """What the stage raised: below Dagster's own wrapping, above whatever that was raised from, since it names the file."""
    while error is not None and error.cause is not None and str(error.cls_name).startswith(("Dagster", dg.RetryRequested.__name__)):
        error = error.cause
    return error.message.strip().removeprefix(f"{LLMAssetsError.__module__}.{error.cls_name}: ") if error else "failed"


def notices_of(run: dg.DagsterRun, events: Sequence[dg.DagsterEvent], *, succeeded: bool) -> Iterator[Notice]:
    """What is worth a notice of a run that has ended."""
    link = f"{os.environ.get(DAGSTER_PAGES, 'http://127.0.0.1:3000').rstrip('/')}/runs/{run.run_id}"
    if not succeeded:
        failed = next((event.step_key for event in events if event.is_step_failure), None)
        yield Notice("the run failed", failed, run.tags.get(PARTITION_NAME_TAG), run.run_id, link, reason_of(events))
    for drift in drifts_of(run, events):
        yield Notice("unlike the crawls before", drift.asset, drift.crawl, run.run_id, link, drift.said)


def deliver(notices: Iterable[Notice], warn: Callable[[str], None]) -> None:
    """Sends notices where an address is set. What goes wrong with the first is told, and no other is tried."""
    address = os.environ.get(VARIABLE)
    if not address:
        return
    try:
        for notice in notices:
            send_notice(notice, address)
    except (NotDeliveredError, LLMAssetsError) as error:
        warn(str(error))


def _events_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[dg.DagsterEvent]:
    return [entry.dagster_event for entry in instance.all_logs(run.run_id) if entry.dagster_event is not None]


@dg.run_failure_sensor(name="webhook_failed_runs", minimum_interval_seconds=30)
def failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tells the webhook of a run that failed, unless Dagster is about to try it again."""
    run = context.dagster_run
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return dg.SkipReason("it is tried again")
    deliver(notices_of(run, _events_of(context.instance, run), succeeded=False), context.log.warning)
    return None


@dg.run_status_sensor(dg.DagsterRunStatus.SUCCESS, name="webhook_drifted_crawls", minimum_interval_seconds=30)
def drifted_crawls(context: dg.RunStatusSensorContext) -> None:
    """Tells the webhook of a crawl whose removal rates are unlike those of the crawls before."""
    run = context.dagster_run
    deliver(notices_of(run, _events_of(context.instance, run), succeeded=True), context.log.warning)


NOTICES = [failed_runs, drifted_crawls]
