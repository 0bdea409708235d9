"""Jobs, and the sensor that brings a root's declarations into Dagster: crawls as partitions, recipe and side inputs as versions."""

from collections.abc import Iterator, Sequence

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from dagster_project.assets import GRAPH, seniors
from dagster_project.external import section, side_input
from dagster_project.freshness import describe_freshness, freshness
from dagster_project.nodes import add_partitions
from dagster_project.resources import Pipeline
from dagster_project.timetable import DECLARATIONS_SECONDS
from llm_assets.plan import PER_CRAWL, SENIORS_OF, Snapshot
from llm_assets.recipe import SECTIONS, read_recipe
from llm_assets.root import DataRoot
from llm_assets.section import fingerprint
from llm_assets.side_inputs import KINDS, input_versions

crawl_job = dg.define_asset_job(
    "crawl_to_corpus",
    dg.AssetSelection.assets(*(name for name in PER_CRAWL if name != "token_shards")),
    description="One crawl, from its WARC files to its part of the corpus. Materializes all of it, current or not.",
)

everything_job = dg.define_asset_job(
    "everything",
    dg.AssetSelection.assets(*GRAPH),
    description="One crawl and all that follows it: corpus, tokenizer, shards, model, samples. Materializes all of it, current or not.",
)


def external_versions(snapshot: Snapshot) -> Iterator[tuple[dg.AssetKey, str | None, str]]:
    """Today's version of each external asset: recipe sections, side inputs, and what older crawls mean to each crawl.

    The latter up to the first crawl that others wait for: after it all would move again as soon as that is whole.
    """
    for name in SECTIONS:
        yield section(name), None, snapshot.fingerprints[name]
    for asset in KINDS:
        yield side_input(asset), None, fingerprint(input_versions(snapshot.root, snapshot.recipe, asset))
    counted = {*snapshot.counted(*SENIORS_OF)}
    for name in snapshot.crawls:
        yield seniors.key, name, snapshot.seniors(name)
        if name in counted and not all(snapshot.settled(asset, name) for asset in SENIORS_OF):
            return


def report_declarations(instance: dg.DagsterInstance, root: DataRoot, *, fresh: bool = False) -> list[dg.AssetMaterialization]:
    """Partitions for new crawls, and an event for each external asset whose version has moved.

    A runless AssetMaterialization, not an observation: automation does not see an observation of a plain AssetSpec. ``fresh``: with an
    event of `freshness`, where that has changed.
    """
    add_partitions(instance, [crawl.name for crawl in root.crawls(sound=True)])
    if not root.recipe.is_file():
        return []
    snapshot = Snapshot.unattended(root, read_recipe(root.recipe))
    versions = list(external_versions(snapshot))
    reported = _reported_seniors(instance, [crawl for _, crawl, _ in versions if crawl is not None])
    events = []
    for key, partition, version in versions:
        before = _reported(instance, key) if partition is None else reported.get(partition)
        if before != version:
            events.append(dg.AssetMaterialization(key, partition=partition, tags={DATA_VERSION_TAG: version}))
    if fresh:
        version, metadata = describe_freshness(snapshot)
        if version != _reported(instance, freshness.key):
            events.append(dg.AssetMaterialization(freshness.key, metadata=metadata, tags={DATA_VERSION_TAG: version}))
    return events


def _reported(instance: dg.DagsterInstance, key: dg.AssetKey) -> str | None:
    event = instance.get_latest_materialization_event(key)
    made = event.asset_materialization if event else None
    return (made.tags or {}).get(DATA_VERSION_TAG) if made else None


def _reported_seniors(instance: dg.DagsterInstance, names: Sequence[str]) -> dict[str, str]:
    """Versions of `seniors` as last reported, by crawl, in one query."""
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        seniors.key, dg.DagsterEventType.ASSET_MATERIALIZATION, tag_keys=[DATA_VERSION_TAG], asset_partitions=list(names)
    )
    return {crawl: found[DATA_VERSION_TAG] for crawl, found in tags.items()}


@dg.sensor(minimum_interval_seconds=DECLARATIONS_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def declarations(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> dg.SensorResult:
    """Turns crawl declarations into partitions, and reports recipe sections, side inputs, `seniors` and `freshness` when they change.

    One that cannot be followed is told in the log, and fails the tick once there is nothing to report.
    """
    events = report_declarations(context.instance, pipeline.root, fresh=True)
    faults = list(pipeline.root.crawl_faults().values())
    for fault in faults:
        context.log.error(str(fault))
    if faults and not events:
        raise faults[0]
    return dg.SensorResult(asset_events=events)
