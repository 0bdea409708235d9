"""Jobs, and the sensor that brings a root's declarations into Dagster: crawls as partitions, recipe sections as versions."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from dagster_project.assets import GRAPH, seniors
from dagster_project.nodes import crawls, section
from dagster_project.resources import Pipeline
from llm_assets.plan import Snapshot
from llm_assets.recipe import SECTIONS, read_recipe
from llm_assets.root import DataRoot

PER_CRAWL = [asset for asset in GRAPH if asset.partitions_def is not None]

crawl_job = dg.define_asset_job(
    "crawl_to_corpus",
    dg.AssetSelection.assets(*(asset for asset in PER_CRAWL if asset.key != dg.AssetKey("token_shards"))),
    description="One crawl, from its WARC files to its part of the corpus. Materializes all of it, current or not.",
)

everything_job = dg.define_asset_job(
    "everything",
    dg.AssetSelection.assets(*GRAPH),
    description="One crawl and all that follows it: corpus, tokenizer, shards, model, samples. Materializes all of it, current or not.",
)


def external_versions(root: DataRoot) -> Iterator[tuple[dg.AssetKey, str | None, str]]:
    """Today's version of each external asset: recipe sections, and what older crawls mean to each crawl."""
    if not root.recipe.is_file():
        return
    snapshot = Snapshot(root, read_recipe(root.recipe))
    for name in SECTIONS:
        yield section(name), None, snapshot.fingerprints[name]
    for name in snapshot.crawls:
        yield seniors.key, name, snapshot.seniors(name)


def report_declarations(instance: dg.DagsterInstance, root: DataRoot) -> list[dg.AssetMaterialization]:
    """Partitions for new crawls, and an event for each external asset whose version has moved.

    A runless AssetMaterialization, not an observation: automation does not see an observation of a plain AssetSpec.
    """
    known = set(instance.get_dynamic_partitions(str(crawls.name)))
    new = [crawl.name for crawl in root.crawls() if crawl.name not in known]
    if new:
        instance.add_dynamic_partitions(str(crawls.name), new)
    events = []
    for key, partition, version in external_versions(root):
        if _reported(instance, key, partition) != version:
            events.append(dg.AssetMaterialization(key, partition=partition, tags={DATA_VERSION_TAG: version}))
    return events


def _reported(instance: dg.DagsterInstance, key: dg.AssetKey, partition: str | None) -> str | None:
    selection = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition] if partition else None)
    records = instance.fetch_materializations(selection, limit=1).records
    event = records[0].asset_materialization if records else None
    return (event.tags or {}).get(DATA_VERSION_TAG) if event else None


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def declarations(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> dg.SensorResult:
    """Turns crawl declarations into partitions, and reports recipe sections and `seniors` when they change."""
    return dg.SensorResult(asset_events=report_declarations(context.instance, pipeline.root))
