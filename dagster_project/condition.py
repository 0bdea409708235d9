"""What runs by itself: the planner's answer, as the automation condition of every asset.

A level, no edge: each evaluation looks at the root's manifests anew and asks what is sure to run now. So a tick that is lost, a
cursor that is reset, or a Dagster database that is gone changes nothing. An asset is asked for together with the others of its
group, which makes one run of them, checks and all.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import dagster as dg
from dagster._core.asset_graph_view.asset_graph_view import AssetGraphView
from dagster._core.definitions.events import AssetKeyPartitionKey
from dagster._core.storage.tags import PARTITION_NAME_TAG

from dagster_project.resources import Pipeline
from dagster_project.timetable import INCREMENTAL_SECONDS
from llm_assets.plan import ASSETS, PER_CRAWL, Group, Snapshot, runnable, survey

UNFINISHED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
MOST_UNFINISHED = 8
"""Runs, whoever started them, beyond which no more are asked for: a change then finds no long queue of runs that it makes useless, and a
tick submits few."""

BY_ITSELF = {"llm_assets/started_by": "incremental"}
"""Tags of the runs that are asked for here."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
"""A run may end badly though no step failed on its inputs: its process was killed, a database was away. What it was to make is asked
for again after a pause, which doubles each time."""


class Planned(dg.AutomationCondition[dg.AssetKey]):
    """True for the crawls whose output of the asset is sure to run now, and of which no run is under way."""

    @property
    def description(self) -> str:
        """As Dagster's page shows it."""
        return "the planner says it is sure to run now, no run of its crawl is under way, and it did not fail on these very inputs"

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        """The crawls among the partitions that Dagster knows; for a global asset, all of it or nothing."""
        due = due_outputs(context.asset_graph_view).get(context.key.to_user_string(), frozenset())
        if context.partitions_def is None:
            subset = context.candidate_subset if None in due else context.get_empty_subset()
        else:
            known = context.candidate_subset.expensively_compute_partition_keys()
            chosen = {AssetKeyPartitionKey(context.key, crawl) for crawl in due if crawl in known}
            subset = context.asset_graph_view.get_asset_subset_from_asset_partitions(context.key, chosen)
        return dg.AutomationResult(context, subset)


@lru_cache(maxsize=1)
def due_outputs(view: AssetGraphView) -> Mapping[str, frozenset[str | None]]:
    """Crawls (None: of all crawls) by asset that are to be asked for. Of one tick, whose view of the graph is one, it is asked once."""
    pipeline = Pipeline()
    if not pipeline.root.recipe.is_file():
        return {}
    under_way = read_under_way(view.instance)  # before the manifests: a run that ends between the two is met by the next tick
    snapshot = Snapshot.unattended(pipeline.root, pipeline.load_recipe())
    whole = not pipeline.root.crawl_faults()  # else nobody knows which crawls a model would be of
    groups = [each for each in runnable(survey(snapshot), again=False) if not under_way.blocks(each) and (whole or each.crawl is not None)]
    order = [None, *snapshot.crawls]
    groups.sort(key=lambda group: order.index(group.crawl))
    due: dict[str, frozenset[str | None]] = {}
    for group in groups[: max(0, MOST_UNFINISHED - under_way.runs)]:
        for asset in group.assets:
            due[asset] = due.get(asset, frozenset()) | {group.crawl}
    return due


@dataclass(frozen=True)
class UnderWay:
    """What Dagster is doing, or has just failed to do: number of unfinished ``runs``, crawls (None: the globals) not to be asked for."""

    runs: int
    crawls: frozenset[str | None]

    def blocks(self, group: Group) -> bool:
        """True where another run of the group would meet one, or come too soon after one that ended badly."""
        return group.crawl in self.crawls


def read_under_way(instance: dg.DagsterInstance, now: datetime | None = None) -> UnderWay:
    """What the instance says of unfinished runs, and of those that ended badly lately."""
    unfinished = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
    crawls = {crawl for run in unfinished for crawl in _crawls_of(run)}
    return UnderWay(len(unfinished), frozenset(crawls | set(_pausing(instance, now or datetime.now(UTC)))))


def _crawls_of(run: dg.DagsterRun) -> Iterator[str | None]:
    """The crawl a run is of, and None where it makes global assets."""
    crawl = run.tags.get(PARTITION_NAME_TAG)
    if crawl is not None:
        yield crawl
    chosen = None if run.asset_selection is None else {key.to_user_string() for key in run.asset_selection}
    if chosen is None or chosen & ASSETS.keys() - set(PER_CRAWL):
        yield None


def _pausing(instance: dg.DagsterInstance, now: datetime) -> Iterator[str | None]:
    """Crawls whose last runs that were asked for here ended badly, and that are not yet to be asked for again."""
    statuses = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED]
    lately = dg.RunsFilter(statuses=statuses, tags=BY_ITSELF, updated_after=now - 2 * LONGEST_PAUSE)
    badly: dict[str | None, list[datetime]] = {}
    ended: set[str | None] = set()
    for record in instance.get_run_records(lately, limit=500):  # the newest first
        crawl = record.dagster_run.tags.get(PARTITION_NAME_TAG)
        if crawl in ended:
            continue
        if record.dagster_run.status == dg.DagsterRunStatus.FAILURE:
            badly.setdefault(crawl, []).append(record.update_timestamp.replace(tzinfo=UTC))
        else:
            ended.add(crawl)
    for crawl, times in badly.items():
        if now < max(times) + min(FIRST_PAUSE * 2 ** (len(times) - 1), LONGEST_PAUSE):
            yield crawl


with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.BetaWarning)  # evaluation where this code is loaded: the daemon knows Dagster's conditions alone
    incremental = dg.AutomationConditionSensorDefinition(
        "incremental",
        target=dg.AssetSelection.all(),
        use_user_code_server=True,
        emit_backfills=False,  # a run for each crawl: one of several stamps the same data version on all of them
        run_tags=BY_ITSELF,
        minimum_interval_seconds=INCREMENTAL_SECONDS,
        description="Runs whatever is missing or stale, as `llm-assets run` does, without anybody watching. Off until it is turned on.",
    )
