"""The registered model: a version for each model that was made, with a copy of its folder, and who is champion.

``champion`` goes to a version that predicts the validation documents of today in fewer bits per byte than the standing champion does,
both scored on the same bytes at the same time; one that is equal or worse is ``challenger``. No output's bytes depend on any of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dagster_project.tracking.experiment import HOME, Experiment, open_experiment
from llm_assets.ablation.held_out import sample_validation, score_folder
from llm_assets.gate import chosen_shards, packed_corpora
from llm_assets.section import fingerprint
from llm_assets.step import Step

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

_DESCRIPTION = (
    "Models of the recipe **{name}**, by llm-assets. `champion` predicts the validation documents in the fewest bits per byte. "
    "A version's description leads to the crawls it was trained on, its source run to its settings and its loss."
)

CHAMPION, CHALLENGER = "champion", "challenger"
VERSION, MASKED, SCORE, RIVAL = "llm_assets.data_version", "llm_assets.document_masking", "bits_per_byte", "champion_bits_per_byte"

MOST_BYTES = 1 << 20
"""Of validation text that champion and challenger are scored on: what the recipe's ``scored_windows`` cost, or less."""


def judge_model(step: Step, device: str) -> str:
    """Registers the model that an evaluation is about, and decides whether it is champion. The address of the version's page."""
    experiment = open_experiment(step.root, step.recipe)
    client, name = experiment.client, experiment.name
    version = _version_of(experiment, step)
    shards = chosen_shards(step)
    corpora = {crawl: corpus for crawl, corpus in zip(shards, packed_corpora(step.root, shards), strict=True) if corpus is not None}
    texts = sample_validation([shards], corpora, MOST_BYTES)
    own = score_folder(step.read("trained_model").folder, texts, device, masked=step.recipe.training.document_masking)
    said = {SCORE: f"{own:.6f}", "held_out_digest": fingerprint(list(texts))}
    champion = client.get_registered_model(name).aliases.get(CHAMPION)
    if champion is None and not math.isnan(own):
        client.set_registered_model_alias(name, CHAMPION, version.version)
    elif champion is not None and str(champion) != str(version.version):
        standing = client.get_model_version(name, champion)
        rival = _score_version(experiment, standing, texts, device)
        won = rival is not None and own < rival
        client.set_registered_model_alias(name, CHAMPION if won else CHALLENGER, version.version)
        said |= {RIVAL: "its weights are gone" if rival is None else f"{rival:.6f}", "compared_with_version": str(champion)}
    for key, value in said.items():
        client.set_model_version_tag(name, version.version, key, value)
    return f"{experiment.ui}/#/models/{name}/versions/{version.version}"


def _version_of(experiment: Experiment, step: Step) -> ModelVersion:
    """The version of the current model, registered where it is not there yet."""
    from mlflow.exceptions import MlflowException

    client, name, model = experiment.client, experiment.name, step.snapshot.manifest("trained_model")
    if model is None:
        raise AssertionError(f"{step.name} evaluates no model")
    try:
        client.create_registered_model(name, description=_DESCRIPTION.format(name=name))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    known = client.search_model_versions(f"name = '{name}' and tags.`{VERSION}` = '{model.data_version}'")
    if known:
        return known[0]
    links, figures = model.report.get("links", {}), model.report["figures"]
    crawls = list(chosen_shards(step))
    run_id = links.get("mlflow_run_id")
    tags = {VERSION: model.data_version, HOME: step.root.address, "dagster.run_id": links.get("dagster_run_id", "")}
    tags |= {"crawls": ", ".join(crawls), MASKED: json.dumps(step.recipe.training.document_masking)}
    logged = client.create_logged_model(experiment.id, name, run_id, tags=tags, model_type="causal-lm")
    client.log_model_artifacts(logged.model_id, str(step.read("trained_model").folder))
    client.finalize_logged_model(logged.model_id, "READY")
    facts = ", ".join(f"{figure:,} {key.replace('_', ' ')}" for key, figure in figures.items() if key in ("parameters", "tokens"))
    pages = [
        f"- [{crawl}]({experiment.link_to(raw.report['links']['mlflow_run_id'])})"
        for crawl in crawls
        if (raw := step.snapshot.manifest("raw_crawl", crawl)) is not None and "mlflow_run_id" in raw.report.get("links", {})
    ]
    note = "\n".join([f"{facts}. Recipe {fingerprint(step.recipe.fingerprints())[:12]}. Crawls it was trained on:", "", *pages])
    return client.create_model_version(name, logged.artifact_location, run_id, tags, description=note, model_id=logged.model_id)


def _score_version(experiment: Experiment, version: ModelVersion, texts: Sequence[str], device: str) -> float | None:
    """Bits per byte of a version's model, from the copy that was registered; None where that is gone."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    with TemporaryDirectory(prefix="champion-") as scratch:
        try:
            address = f"models:/{version.name}/{version.version}"
            folder = download_artifacts(artifact_uri=address, dst_path=scratch, tracking_uri=experiment.tracking_uri)
        except (MlflowException, OSError):
            return None
        return score_folder(Path(folder), texts, device, masked=json.loads(version.tags.get(MASKED, "false")))
