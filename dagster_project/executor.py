"""Where the steps of a run are executed that Dagster starts: in the run's process, or each as a job of a Ray cluster."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from llm_assets.ray_jobs import EXECUTOR, is_on_ray, job_settings


def choose_executor(variables: Mapping[str, str]) -> dg.ExecutorDefinition:
    """By ``LLM_ASSETS_EXECUTOR``: ``in_process``, the default, or ``ray``. ConfigError says what is missing for it.

    Stages spread over processes themselves; a process for each step on top costs seconds and gains nothing on one machine.
    """
    if not is_on_ray(variables, EXECUTOR):
        return dg.in_process_executor
    settings = job_settings(variables, EXECUTOR)
    from dagster_ray import ray_executor

    return ray_executor.configured({"ray": settings})
