"""What must hold of a trained model and of what was sampled from it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from llm_assets.plan import Snapshot

Row = Mapping[str, Any]


def loss_finite(snapshot: Snapshot, asset: str, crawl: str | None) -> Iterator[Row]:
    """Every loss of the training curve is a number, and so is every weight of the model."""
    import torch
    from safetensors import safe_open

    model = snapshot.root.artefact(asset, crawl)
    curve = json.loads(model.path("curve.json").read_text(encoding="utf-8"))
    if not curve["training"]["loss"]:
        yield {"what": "training loss", "fault": "there is none"}
    for split, columns in curve.items():
        for step, loss in zip(columns["step"], columns["loss"], strict=True):
            if not math.isfinite(loss):
                yield {"what": f"{split} loss", "fault": f"{loss} at step {step}"}
    with safe_open(model.path("model.safetensors"), framework="pt") as weights:
        for name in weights.keys():  # noqa: SIM118  # not a mapping
            tensor = weights.get_tensor(name)
            if broken := int((~torch.isfinite(tensor)).sum()):
                yield {"what": name, "fault": f"{broken} of {tensor.numel()} weights are no number"}


def samples_whole(snapshot: Snapshot, asset: str, crawl: str | None) -> Iterator[Row]:
    """Every prompt has its sample, every next-token table its candidates with probabilities that can be such, the loss is a number.

    A model without a validation window has no tables and no scores, and its report says so.
    """
    written = snapshot.root.artefact(asset, crawl)
    samples, tables, scores = (
        json.loads(written.path(name).read_text(encoding="utf-8")) for name in ("samples.json", "next_tokens.json", "scores.json")
    )
    prompts = len(snapshot.recipe.sampling.prompts)
    if len(samples) != prompts:
        yield {"what": "samples.json", "fault": f"{len(samples)} samples for {prompts} prompts"}
    if scores and not tables and snapshot.recipe.sampling.windows:
        yield {"what": "next_tokens.json", "fault": "there is no table, though there are scores"}
    for number, table in enumerate(tables):
        likely = [candidate["probability"] for candidate in table["candidates"]]
        if not likely or likely != sorted(likely, reverse=True) or not 0 <= likely[-1] <= sum(likely) <= 1 + 1e-3:
            yield {"what": f"next_tokens.json, table {number}", "fault": f"probabilities {likely} are none, likeliest first"}
    if scores and not math.isfinite(scores["validation_loss"]):
        yield {"what": "scores.json", "fault": f"the loss is {scores['validation_loss']}"}
