"""One look at what recurs: crawls that are due are declared, and runs are asked for of those whose corpus is missing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import dagster as dg

from dagster_project.nodes import add_partitions
from dagster_project.planned import is_incremental_on, request_runs
from dagster_project.resources import Pipeline
from llm_assets.crawl.recurrence import Recurrence
from llm_assets.errors import ConfigError, DataError
from llm_assets.pii.redact import private_errors
from llm_assets.plan import PER_CRAWL, Snapshot
from llm_assets.recurring import declare_all
from llm_assets.root import DataRoot


def look_after(
    instance: dg.DagsterInstance, pipeline: Pipeline, source: str, due: Callable[[Recurrence], datetime], log: logging.Logger
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """What a tick answers. What failed is told in its log, and fails it once no run is to be asked for; the next tick tries again."""
    with private_errors():
        root = pipeline.root
        outcomes, errors = declare_all(root, source, due)
        for outcome in outcomes:
            log.info(outcome.told)
        for error in errors:
            log.error(str(error))
        waiting = _list_waiting(root, source)
        add_partitions(instance, waiting)
        requests = list(request_runs(instance, _look(pipeline), PER_CRAWL, waiting)) if waiting else []
        if errors and not requests:
            raise errors[0] if len(errors) == 1 else DataError("; ".join(map(str, errors)))
        told = [outcome.told for outcome in outcomes] or [f"nothing of source {source} recurs: `llm-assets crawl repeat add` declares it"]
        if waiting and is_incremental_on(instance):
            told.append(f"the sensor incremental runs {', '.join(waiting)}")
        return requests or dg.SkipReason("; ".join(told))


def _look(pipeline: Pipeline) -> Snapshot:
    if not pipeline.root.recipe.is_file():
        raise ConfigError(f"{pipeline.root.home} has no recipe yet: `llm-assets recipe set` gives it one")
    return Snapshot.unattended(pipeline.root, pipeline.load_recipe())


def _list_waiting(root: DataRoot, source: str) -> list[str]:
    """Enabled crawls that what recurs has declared, and whose corpus was never made."""
    return [
        crawl.name
        for crawl in root.crawls(sound=True)
        if crawl.recurring and crawl.source == source and root.manifest("pii_scrubbed_corpus", crawl.name) is None
    ]
