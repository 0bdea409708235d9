"""What the assets of the graph have in common: crawls as partitions, when they run by themselves, and how they depend on each other."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import dagster as dg

from dagster_project.condition import Planned
from dagster_project.metadata import materialized
from dagster_project.resources import Pipeline
from llm_assets.plan import ASSETS

crawls = dg.DynamicPartitionsDefinition(name="crawls")


def add_partitions(instance: dg.DagsterInstance, names: Iterable[str]) -> None:
    """Lets Dagster know new crawls, without which it takes no run of them."""
    known = set(instance.get_dynamic_partitions(str(crawls.name)))
    new = [name for name in names if name not in known]
    if new:
        instance.add_dynamic_partitions(str(crawls.name), new)


def every_crawl(asset: dg.AssetsDefinition) -> dg.AssetDep:
    """Dependence of a global asset on all crawls."""
    return dg.AssetDep(asset, partition_mapping=dg.AllPartitionMapping())


def node(name: str, group: str, *kinds: str, crawl: bool = True) -> dict[str, Any]:
    """What all assets have: group, kinds, owner, code version, partitions, and the condition to run by itself."""
    return {
        "name": name,
        "group_name": group,
        "kinds": set(kinds),
        "owners": ["team:corpus" if crawl else "team:model"],
        "code_version": ASSETS[name].code,
        "partitions_def": crawls if crawl else None,
        "automation_condition": Planned(),
    }


Stage = Callable[[dg.AssetExecutionContext, Pipeline], dg.MaterializeResult[None]]


def made_once(stage: Stage) -> Stage:
    """An asset whose output, where only its checks are missing, is told again as it is: they follow, and no work is done twice."""

    @wraps(stage)
    def make(context: dg.AssetExecutionContext, pipeline: Pipeline) -> dg.MaterializeResult[None]:
        ended = pipeline.reopen(context)
        if ended is None:
            return stage(context, pipeline)
        context.log.info(f"{ended.name} is whole and of today's inputs; its checks are what is missing")
        return materialized(ended)

    return make
