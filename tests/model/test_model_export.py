"""The exported folder, against transformers as the independent oracle."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from llm_assets.errors import DataError
from llm_assets.model.config import Model
from llm_assets.model.export import WEIGHTS, export_model, load_model
from llm_assets.model.transformer import Transformer

VOCABULARY = 97
MODELS = {
    "tied": Model(layers=2, width=32, heads=4, context=24),
    "untied": Model(layers=2, width=32, heads=4, context=24, tied_embeddings=False),
    "grouped queries": Model(layers=2, width=32, heads=4, key_value_heads=2, context=24, rope_theta=500.0),
    "query and key norms": Model(layers=2, width=32, heads=4, key_value_heads=2, context=24, qk_norm=True, norm_epsilon=1e-6),
}


def make_model(name: str, seed: int = 1) -> Transformer:
    model = Transformer(MODELS[name].dimensions(VOCABULARY), seed=seed)
    with torch.no_grad():  # weights of 0.02 would hide most mistakes; norms of 1 the rest
        for weight in model.parameters():
            weight.mul_(10 if weight.dim() > 1 else 1).add_(torch.linspace(0, 0.1, weight.numel()).view(weight.shape))
    return model.eval()


def export(model: Transformer, target: Path) -> Path:
    export_model(model, target, tokenizer_files=(), end_of_text=0, card="# A model\n")
    return target


@pytest.mark.parametrize("name", MODELS)
def test_transformers_computes_the_same_logits(name: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    model = make_model(name)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(export(model, tmp_path)).eval()
    tokens = torch.randint(VOCABULARY, (3, 24), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(model(tokens), theirs(tokens).logits, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_transformers_counts_the_same_parameters(name: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(export(make_model(name), tmp_path))
    assert MODELS[name].dimensions(VOCABULARY).parameters == theirs.num_parameters()


@pytest.mark.parametrize("name", MODELS)
def test_a_folder_loads_as_the_model_it_was(name: str, tmp_path: Path) -> None:
    model = make_model(name)
    loaded = load_model(export(model, tmp_path))
    assert loaded.dimensions == model.dimensions
    assert all(torch.equal(loaded.state_dict()[key], weight) for key, weight in model.state_dict().items())


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    files = [export(make_model("untied"), tmp_path / name) / WEIGHTS for name in ("one", "two")]
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in files}) == 1


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"config\.json: the model's configuration is missing"):
        load_model(tmp_path)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    export(make_model("tied"), tmp_path / "tied")
    export(make_model("untied"), tmp_path / "untied")
    (tmp_path / "untied" / WEIGHTS).replace(tmp_path / "tied" / WEIGHTS)
    with pytest.raises(DataError, match="do not fit"):
        load_model(tmp_path / "tied")
