"""Where data lies, which recipe, how many workers, which device, where MLflow records.

The only place of the graph, but for its executor, that reads the environment: ``LLM_ASSETS_HOME`` (default ``./data``),
``LLM_ASSETS_STATE`` (default ``.state`` in it), ``LLM_ASSETS_ENGINE``, ``LLM_ASSETS_RAY_ADDRESS``, ``LLM_ASSETS_WORKERS``,
``LLM_ASSETS_MEMORY``, ``LLM_ASSETS_DEVICE``, ``LLM_ASSETS_DRIFT_BAND`` and ``MLFLOW_TRACKING_URI``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.storage.tags import BACKFILL_ID_TAG
from pydantic import Field, PrivateAttr

from dagster_project.progress import logged_progress
from dagster_project.retries import try_again_later
from dagster_project.tracking.artifacts import describe_training, is_recorded, record_files
from dagster_project.tracking.datasets import describe_inputs
from dagster_project.tracking.pipeline_run import DAGSTER_TAG, PipelineRun, find_pipeline, join_pipeline
from dagster_project.tracking.runs import end_abandoned, record_report, track
from llm_assets.checks.rates import DEFAULT_BAND
from llm_assets.display import for_plain_text
from llm_assets.engine import Engine, LocalEngine, Progress, RayEngine
from llm_assets.engine.software import check_software
from llm_assets.errors import ConfigError
from llm_assets.pii.redact import private_errors
from llm_assets.plan import Snapshot
from llm_assets.ray_jobs import SOFTWARE
from llm_assets.recipe import Recipe, override, put_recipe, read_recipe
from llm_assets.root import DataRoot
from llm_assets.shelves import update_catalog
from llm_assets.step import Step, begin_step, reopen_step


def default_home() -> str:
    """The data root, unless a run's config names another."""
    return os.environ.get("LLM_ASSETS_HOME", "data")


class Pipeline(dg.ConfigurableResource):  # type: ignore[type-arg]  # the resource is its own value
    """A data root and the machine that works on it."""

    home: str = Field(default_factory=default_home, description="Data root: a folder, or a URL such as s3://bucket/corpus.")
    state: str | None = Field(
        default_factory=lambda: os.environ.get("LLM_ASSETS_STATE"), description="Databases, locks, spill. Default: .state in the root."
    )
    set: list[str] = Field(
        default=[],
        description="Changes to the root's recipe made before the run, as `--set`: filters.gopher_quality.min_words=20",
    )
    engine: str = Field(
        default_factory=lambda: os.environ.get("LLM_ASSETS_ENGINE") or "local", description="Where a stage's work runs: local, ray."
    )
    ray_address: str | None = Field(
        default_factory=lambda: os.environ.get("LLM_ASSETS_RAY_ADDRESS") or None,
        description="Cluster of engine ray: host:port, or local. Default: the one that Ray finds, else one of this machine.",
    )
    workers: int | None = Field(
        default_factory=lambda: int(os.environ.get("LLM_ASSETS_WORKERS") or 0) or None,
        description="Processes a stage uses. Default: all cores, of this machine or of the cluster.",
    )
    memory: str = Field(default_factory=lambda: os.environ.get("LLM_ASSETS_MEMORY", "4GB"), description="What DuckDB may take.")
    device: str = Field(
        default_factory=lambda: os.environ.get("LLM_ASSETS_DEVICE", "auto"), description="Where the model runs: auto, cpu, cuda."
    )

    drift_band: float = Field(
        default_factory=lambda: float(os.environ.get("LLM_ASSETS_DRIFT_BAND") or DEFAULT_BAND),
        description="How far (0..1) a rule's share of a crawl may be from what it took of the crawls before, without a warning.",
    )

    _above: PipelineRun | None = PrivateAttr(default=None)
    _worked: bool = PrivateAttr(default=False)

    @property
    def root(self) -> DataRoot:
        """The data root."""
        return DataRoot.at(self.home, self.state)

    def load_recipe(self) -> Recipe:
        """The root's recipe, after the run's own changes to it."""
        root = self.root
        path = root.recipe
        return put_recipe(path, override(path.read_text(encoding="utf-8"), self.set), root.put_text) if self.set else read_recipe(path)

    def open_engine(self, progress: Progress) -> Engine:
        """Local processes or a cluster's, which report to ``progress``. ConfigError where there is no engine of that name."""
        root, cores = self.root, os.cpu_count() or 1
        spill = root.state / "spill"
        spill.mkdir(parents=True, exist_ok=True)
        match self.engine:
            case "local":
                return LocalEngine(self.workers or cores, self.memory, spill, progress)
            case "ray":
                home = root.home if root.mirror is None else None
                return RayEngine(self.ray_address, self.workers, cores, self.memory, spill, progress, home, root.mirror)
        raise ConfigError(f"LLM_ASSETS_ENGINE, --engine: there is no engine {self.engine!r}; there are local and ray")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Pipeline]:  # noqa: ARG002  # Dagster's signature
        """Itself, while a run of Dagster's lasts in this process, or a step of one; at its end the catalog shows what it made, and its part
        in the pipeline run is concluded. ConfigError where whoever asked for this process works with other software."""
        if wanted := os.environ.get(SOFTWARE):
            check_software(wanted)
        try:
            yield self
        finally:
            try:
                if self._worked:
                    update_catalog(self.root)
            finally:
                if self._above is not None and self._above.held is not None:
                    self._above.conclude()

    def look(self, *, sound: bool = False) -> Snapshot:
        """The root as it stands, for who checks an output and notes what came of it."""
        self._worked = True
        return Snapshot.at_hand(self.root, self.load_recipe(), sound=sound)

    def note_broken(self, context: dg.AssetCheckExecutionContext, asset: str, crawl: str | None) -> None:
        """An output broke a check. Where the two are steps of their own, the one that made it was concluded without that."""
        self._pipeline_run(context, self.load_recipe()).outcomes.setdefault((asset, crawl), None)

    def _pipeline_run(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, recipe: Recipe) -> PipelineRun:
        """The MLflow run above the stages of a Dagster run: what whoever started it names, else one of its own, or of its backfill."""
        if self._above is None:
            run, tags = context.run, context.run.tags
            if DAGSTER_TAG in tags:
                self._above = join_pipeline(self.root, recipe, tags[DAGSTER_TAG])
            else:
                backfill = tags.get(BACKFILL_ID_TAG)
                crawl = f" {context.partition_key}" if context.has_partition_key and backfill is None else ""
                name = "backfill" if backfill else "materialize" if run.job_name.startswith("__") else run.job_name
                self._above = find_pipeline(self.root, recipe, backfill or run.root_run_id or run.run_id, f"{name}{crawl}")
        return self._above

    def reopen(self, context: dg.AssetExecutionContext) -> Step | None:
        """The step that made the output, where only its checks are missing; None where there is work to do."""
        step = reopen_step(self.root, self.load_recipe(), self.open_engine(logged_progress(context.log.info)), *_output_of(context))
        if step is not None and not is_recorded(step):
            step.links = {}
        return step

    @contextmanager
    def step(self, context: dg.AssetExecutionContext, *, system_metrics: bool = False) -> Iterator[Step]:
        """What surrounds one stage: its output's lock and folder, its inputs, its engine, its MLflow run."""
        self._worked = True
        asset, crawl = _output_of(context)
        root, recipe = self.root, self.load_recipe()
        above = self._pipeline_run(context, recipe)
        above.outcomes[asset, crawl] = None
        with (
            track(above.experiment, root, asset, crawl, context.run.run_id, above.run_id, system_metrics=system_metrics) as run,
            try_again_later(context),
            private_errors(),
            begin_step(root, recipe, self.open_engine(logged_progress(context.log.info)), asset, crawl) as step,
        ):
            end_abandoned(run, root, asset, crawl)
            describe_inputs(run, step)
            if asset == "trained_model":
                describe_training(run, step)
            step.links = {"mlflow": run.url, "mlflow_run_id": run.run_id, "dagster_run_id": context.run.run_id}
            yield step
            if step.report is not None:
                record_report(run, step, step.report)
                record_files(run, step)
                for warning in step.report.warnings:
                    context.log.warning(f"{step.name}: {for_plain_text(warning)}")
        above.outcomes[asset, crawl] = step.manifest.seconds if step.manifest else None


def _output_of(context: dg.AssetExecutionContext) -> tuple[str, str | None]:
    """Asset and crawl that a step is about."""
    return context.asset_key.to_user_string(), context.partition_key if context.assets_def.partitions_def else None
