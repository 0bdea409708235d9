"""dagster-ray's launcher of runs as jobs of a Ray cluster, beside which runs of this machine are not taken for lost jobs.

``llm-assets run`` records runs in the same instance. A launcher that knows jobs alone finds none of that name, and the daemon's
monitoring would mark the run as failed in the middle of its work.
"""

from __future__ import annotations

import shlex

import dagster as dg
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext
from dagster_ray import RayRunLauncher

from dagster_project.launcher import HOST_TAG, judge_process


class ClusterRunLauncher(RayRunLauncher):
    """The library's launcher, which keeps of each run that it is a job of its cluster."""

    @property
    def _tag(self) -> dict[str, str]:
        return {HOST_TAG: f"ray {self.address}"}

    def launch_run(self, context: LaunchRunContext) -> None:
        """Asks the cluster for a job. The tag of a run that this one does again would say otherwise."""
        self._instance.add_run_tags(context.dagster_run.run_id, self._tag)
        super().launch_run(context)

    def _launch_ray_job(self, submission_id: str, entrypoint: str, run: dg.DagsterRun) -> None:
        """The library sets the command's argument in quotes, whatever is in it: a folder's name or a person's setting may have one."""
        words, _, argument = entrypoint.partition(" '")
        super()._launch_ray_job(submission_id, f"{words} {shlex.quote(argument[:-1])}", run)

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """How the job of a run stands; of a run of this machine, whether its process is there."""
        if not self._tag.items() <= run.tags.items():
            return judge_process(self._instance, run)
        found: CheckRunHealthResult = super().check_run_worker_health(run)
        return found
