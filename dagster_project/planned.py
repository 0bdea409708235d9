"""Runs that a schedule or sensor asks for: what the planner says is sure to run now, of some crawls and some assets.

Nothing is asked for while the sensor ``incremental`` is on, which asks for all of it by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus

from dagster_project.condition import incremental, read_under_way
from llm_assets.plan import ASSETS, PER_CRAWL, Group, Snapshot, label, runnable, survey
from llm_assets.section import fingerprint

one_crawl = dg.define_asset_job(
    "one_crawl",
    dg.AssetSelection.assets(*PER_CRAWL),
    description="Of one crawl, what a schedule or sensor asks for.",
)

retraining = dg.define_asset_job(
    "retraining",
    dg.AssetSelection.assets(*(name for name in ASSETS if name not in PER_CRAWL)),
    description="Training set, model and samples; the tokenizer where it is missing or its section has changed.",
)


def is_incremental_on(instance: dg.DagsterInstance) -> bool:
    """Whether the sensor that runs all that is missing or stale is turned on."""
    states = instance.all_instigator_state(instigator_statuses={InstigatorStatus.RUNNING})
    return any(state.instigator_name == incremental.name for state in states)


def request_runs(
    instance: dg.DagsterInstance, snapshot: Snapshot, assets: Collection[str], only: Collection[str | None] | None = None
) -> Iterator[dg.RunRequest]:
    """A request for each group of these assets that can run now and of which nothing is under way;
    ``only`` names the crawls (None: the globals).

    What failed is asked for again a day later, or as soon as what it reads has changed.
    """
    if is_incremental_on(instance):
        return
    under_way = read_under_way(instance)
    for group in runnable(survey(snapshot)):
        whole = set(group.assets) <= set(assets)  # of one that begins earlier, the rest could not run alone
        if whole and not under_way.blocks(group) and (only is None or group.crawl in only):
            yield _request(snapshot, group)


def _request(snapshot: Snapshot, group: Group) -> dg.RunRequest:
    inputs = {label(asset, group.crawl): snapshot.inputs(asset, group.crawl) for asset in group.assets}
    return dg.RunRequest(
        run_key=f"{group.crawl or 'all'}-{fingerprint(inputs)[:16]}-{datetime.now(UTC):%Y-%m-%d}",
        job_name=retraining.name if group.crawl is None else one_crawl.name,
        partition_key=group.crawl,
        asset_selection=[dg.AssetKey(asset) for asset in group.assets],
    )
