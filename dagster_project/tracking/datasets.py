"""What a stage read, as dataset inputs of its MLflow run: name, digest (the data version), where it lies. No table is opened.

``search_runs("datasets.digest = '…'")`` finds every run that read a version. A model's training names the crawls it goes back to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dagster_project.tracking.experiment import hide_password
from dagster_project.tracking.runs import TrackedRun
from llm_assets.crawl.declaration import Declaration
from llm_assets.display import for_plain_text
from llm_assets.plan import label, split_label
from llm_assets.root import DataRoot
from llm_assets.step import Step

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

DIGEST_LETTERS = 36
"""As many as MLflow takes of a dataset's digest."""

CRAWL, INPUT, TRAINING, EVALUATION = "crawl", "input", "training", "evaluation"
"""Contexts: what a dataset was to a run."""


def describe_inputs(run: TrackedRun, step: Step) -> None:
    """All that a step reads into its run. Of a model's training and evaluation first the shards, and the crawls they go back to."""
    inputs = list(_read_by(step))
    if step.asset in ("trained_model", "evaluation_samples"):
        inputs = [*_learned_from(step, TRAINING if step.asset == "trained_model" else EVALUATION), *inputs]
    if inputs:
        run.experiment.client.log_inputs(run.run_id, inputs)


def _read_by(step: Step) -> Iterator[DatasetInput]:
    """Outputs, side inputs and the declaration of a crawl; what the recipe says is no dataset."""
    for name, version in step.snapshot.inputs(step.asset, step.crawl).items():
        kind, _, rest = name.partition("/")
        if kind == "recipe" or version is None or name == "sample":
            continue
        if kind == "crawl":
            yield _crawl(step.root.crawl(rest), version, CRAWL)
        elif kind == "input":
            yield _dataset(name, version, _address(step.root, step.root.home / "inputs" / rest / version), INPUT)
        elif name.startswith("seniors"):
            yield _dataset(name, version, _address(step.root, step.root.home), INPUT)
        else:
            yield _output(step, *split_label(name), INPUT)


def _learned_from(step: Step, context: str) -> Iterable[DatasetInput]:
    from llm_assets.gate import chosen_shards

    for crawl in chosen_shards(step):
        raw = step.snapshot.manifest("raw_crawl", crawl)
        if raw is not None and context == TRAINING:
            yield _crawl(step.root.crawl(crawl), raw.data_version, CRAWL)
        yield _output(step, "token_shards", crawl, context)


def _output(step: Step, asset: str, crawl: str | None, context: str) -> DatasetInput:
    manifest = step.snapshot.manifest(asset, crawl)
    if manifest is None:
        raise AssertionError(f"{step.name} reads {label(asset, crawl)}, which has no manifest")
    size = {"num_rows": manifest.report.get("kept"), "num_bytes": sum(entry.bytes for entry in manifest.files)}
    place = step.root.place(asset, crawl) / manifest.folder
    return _dataset(label(asset, crawl), manifest.data_version, _address(step.root, place), context, size)


def _crawl(declaration: Declaration, version: str, context: str) -> DatasetInput:
    """A crawl, by where its pages are from: the source's URL or folder, as it was declared."""
    parameters = declaration.parameters.model_dump(mode="json")
    said = {"source": declaration.source, **{name: value for name, value in parameters.items() if value}}
    published = f"{parameters['base_url']}crawl-data/{parameters['crawl']}/" if "base_url" in parameters else None
    paths = parameters.get("path", parameters.get("seeds", ()))
    first = paths if isinstance(paths, str) else next(iter(paths), f"{declaration.source}:{declaration.name}")
    return _dataset(
        f"crawl {declaration.name}", version, published or first, context, {name: _shown(value) for name, value in said.items()}
    )


def _shown(value: object) -> object:
    """Redacted, and without a password in its addresses."""
    if isinstance(value, list):
        return [_shown(each) for each in value]
    return for_plain_text(hide_password(value)) if isinstance(value, str) else value


def _address(root: DataRoot, path: Path) -> str:
    return f"{root.address}/{path.relative_to(root.home)}" if "://" in root.address else path.as_uri()


def _dataset(name: str, version: str, address: str, context: str, profile: dict[str, object] | None = None) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    scheme = urlsplit(address).scheme
    shown = str(_shown(address))
    kind, source = ("http", {"url": shown}) if scheme in ("http", "https") else ("s3" if scheme == "s3" else "local", {"uri": shown})
    described = json.dumps(profile) if profile else None
    dataset = Dataset(name, version[:DIGEST_LETTERS], kind, json.dumps(source), profile=described)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
