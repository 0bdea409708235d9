"""The door: what Dagster loads."""

from __future__ import annotations

import os

import dagster as dg

from dagster_project.assets import GRAPH, seniors
from dagster_project.automation import crawl_job, declarations, everything_job
from dagster_project.checks import CHECKS
from dagster_project.condition import incremental
from dagster_project.executor import choose_executor
from dagster_project.external import recipe_sections, side_inputs
from dagster_project.freshness import freshness
from dagster_project.nightly import nightly
from dagster_project.notices import NOTICES
from dagster_project.planned import one_crawl, retraining
from dagster_project.resources import Pipeline
from dagster_project.schedules import SCHEDULES
from dagster_project.sensors import SENSORS

defs = dg.Definitions(
    assets=[*recipe_sections, *side_inputs, seniors, freshness, *GRAPH],
    asset_checks=CHECKS,
    jobs=[crawl_job, everything_job, one_crawl, retraining, nightly],
    sensors=[declarations, incremental, *SENSORS, *NOTICES],
    schedules=SCHEDULES,
    resources={"pipeline": Pipeline()},
    executor=choose_executor(os.environ),
)
