"""The MLflow run above the stages: one for each ``llm-assets run``, or for each run of Dagster's (a backfill is one).

Its parameters are the recipe's settings and its metrics what the corpus and the model came to, so that two of them compare. It
is found again by its tags from any process; a lock that its process holds tells whether that is alive.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from filelock import FileLock

from dagster_project.tracking.experiment import HOME, NOTE, Experiment, hide_password, name_experiment, open_experiment
from dagster_project.tracking.liveness import end_dead, hold_alive, is_last, let_go
from dagster_project.tracking.runs import TrackedRun, create_run, write_batch
from llm_assets.errors import DataError
from llm_assets.formats.manifest import Manifest, read_checks
from llm_assets.instance import explain_failure, hold_records, tracking_uri
from llm_assets.plan import ASSETS, label
from llm_assets.recipe import SECTIONS, Recipe
from llm_assets.report_page.markdown import write_waterfall
from llm_assets.root import DataRoot
from llm_assets.section import fingerprint
from llm_assets.totals import sum_crawls

KIND = "llm_assets.kind"
"""Tag: ``pipeline`` of the runs that this file makes."""

FAILED = "llm_assets.failed"
"""Tag: outputs whose last try failed."""

KEY = "llm_assets.pipeline_key"
"""Tag: by what a pipeline run is found again."""

DAGSTER_TAG = "llm_assets/pipeline_run"
"""Tag of a Dagster run that is part of a pipeline run: the ids of the experiment and of the run, with a slash between."""


@dataclass
class PipelineRun:
    """A pipeline run that this process takes part in. ``outcomes`` says of each output how many seconds it took, None where it failed.

    ``held`` tells others that the process lives.
    """

    experiment: Experiment
    root: DataRoot
    recipe: Recipe
    run_id: str
    held: FileLock | None = None
    outcomes: dict[tuple[str, str | None], float | None] = field(default_factory=dict)

    @property
    def dagster_tags(self) -> dict[str, str]:
        """Tags of the Dagster runs that are part of it."""
        return {DAGSTER_TAG: f"{self.experiment.id}/{self.run_id}"}

    def note(self, manifest: Manifest | None) -> None:
        """An output came out well."""
        if manifest is not None:
            self.outcomes[manifest.asset, manifest.crawl] = manifest.seconds

    def note_failure(self, crawl: str | None, left: Sequence[str]) -> None:
        """The first of the outputs that a run has left out is the one that failed."""
        self.outcomes |= {(asset, crawl): None for asset in left[:1]}

    def conclude(self, status: str | None = None) -> None:
        """Adds what this process did to the totals, and ends the run unless another process still takes part in it: failed where an output
        failed or broke a check and nobody did it well since, unless a ``status`` says otherwise.

        The totals are those of the crawls it was about, or of all crawls where it was about what they make together.
        """
        crawls = [crawl for _, crawl in self.outcomes if crawl is not None]
        whole = len(crawls) < len(self.outcomes) or not crawls
        run, client = TrackedRun(self.experiment, self.run_id), self.experiment.client
        with hold_records(self.root):  # steps of one Dagster run, or runs of a backfill, may end at the same time
            before = client.get_run(self.run_id).data
            totals = sum_crawls(self.root, [each.name for each in self.root.crawls(sound=True)] if whole else dict.fromkeys(crawls))
            falls = totals.falls(self.recipe.filters)
            well = {label(*output) for output, seconds in self.outcomes.items() if seconds is not None and not self._broke_a_check(*output)}
            known = {each for each in before.tags.get(FAILED, "").split(", ") if each}
            failed = sorted(({label(*output) for output in self.outcomes} | known) - well)
            seconds = before.metrics.get("seconds", 0.0) + sum(each or 0.0 for each in self.outcomes.values())
            outputs = before.metrics.get("outputs", 0.0) + len(well)
            write_batch(
                run,
                metrics={**totals.metrics(), "seconds": seconds, "outputs": outputs},
                tags={NOTE: write_waterfall(falls), FAILED: ", ".join(failed)},
            )
            client.log_text(self.run_id, json.dumps([asdict(fall) for fall in falls], indent=1) + "\n", "funnel.json")
            if is_last(self.root, self.run_id, self.held):
                client.set_terminated(self.run_id, status or ("FAILED" if failed else "FINISHED"))
            if self.held is not None:
                let_go(self.held)

    def _broke_a_check(self, asset: str, crawl: str | None) -> bool:
        manifest = self.root.manifest(asset, crawl)
        checked = read_checks(self.root.place(asset, crawl), manifest.folder) if manifest else {}
        return not all(checked.get(name, True) for name in ASSETS[asset].checks)


@contextmanager
def record_invocation(root: DataRoot, recipe: Recipe, name: str) -> Iterator[Callable[[], PipelineRun]]:
    """Gives what begins the pipeline run, once there is something to run; it is concluded at the end, killed where it is interrupted.

    DataError where MLflow's store cannot be written.
    """
    begun: list[PipelineRun] = []

    def begin() -> PipelineRun:
        if not begun:
            with _told_plainly(root):
                begun.append(begin_pipeline(root, recipe, name))
        return begun[0]

    def conclude(status: str | None = None) -> None:
        for run in begun:
            with _told_plainly(root):
                run.conclude(status)

    try:
        yield begin
    except Exception:
        conclude("FAILED")
        raise
    except BaseException:
        with suppress(DataError):  # a read that was interrupted may hold the database; the next run marks this one
            conclude("KILLED")
        raise
    conclude()


@contextmanager
def _told_plainly(root: DataRoot) -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        place = hide_password(tracking_uri(root))
        said = explain_failure(root, error) or str(error).splitlines()[0]
        raise DataError(f"MLflow's store did not take what was recorded: {said}", place) from error


def begin_pipeline(root: DataRoot, recipe: Recipe, name: str, tags: Mapping[str, str] | None = None) -> PipelineRun:
    """A new pipeline run, open, with the recipe's settings as parameters and its text as artifact."""
    return _begin(open_experiment(root, recipe), root, recipe, name, tags or {})


def _begin(experiment: Experiment, root: DataRoot, recipe: Recipe, name: str, tags: Mapping[str, str]) -> PipelineRun:
    end_dead(experiment, root)
    run_id = create_run(experiment, name, {KIND: "pipeline", HOME: root.address, **tags})
    held = hold_alive(root, run_id)
    write_batch(TrackedRun(experiment, run_id), parameters=dict(list_settings(recipe)))
    if root.recipe.is_file():
        experiment.client.log_artifact(run_id, str(root.recipe))
    return PipelineRun(experiment, root, recipe, run_id, held)


def find_pipeline(root: DataRoot, recipe: Recipe, key: str, name: str) -> PipelineRun:
    """The pipeline run of a key, opened again, or begun where there is none. A changed recipe begins another, to compare with."""
    experiment = open_experiment(root, recipe)
    named = f"{key} {fingerprint(recipe.fingerprints())[:12]}"
    with hold_records(root):
        found = experiment.client.search_runs([experiment.id], f"tags.`{KEY}` = '{named}'", max_results=1)
        if not found:
            return _begin(experiment, root, recipe, name, {KEY: named})
        run_id = str(found[0].info.run_id)
        held = hold_alive(root, run_id)
        experiment.client.update_run(run_id, "RUNNING")
    return PipelineRun(experiment, root, recipe, run_id, held)


def join_pipeline(root: DataRoot, recipe: Recipe, tag: str) -> PipelineRun:
    """The pipeline run that a Dagster run is part of, by its :data:`DAGSTER_TAG`. Whoever began it concludes it."""
    experiment, _, run_id = tag.partition("/")
    return PipelineRun(Experiment(tracking_uri(root), experiment, name_experiment(root, recipe)), root, recipe, run_id)


def list_settings(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Every setting with its value, by its name in the recipe; of a filter that is off there is none."""

    def flatten(name: str, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict) and value:
            for key, each in value.items():
                yield from flatten(f"{name}.{key}", each)
        else:
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    values = recipe.model_dump(mode="json")
    for section in SECTIONS:
        yield from flatten(section, values[section])
