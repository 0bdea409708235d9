"""A model as a Hugging Face folder: the one form in which it lies on disk, written and read here.

``transformers.AutoModelForCausalLM.from_pretrained`` loads the folder as a Llama, or as a Qwen3 where queries and keys are
normalised. The same weights give the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from llm_assets.errors import DataError
from llm_assets.model.config import Dimensions
from llm_assets.model.transformer import INITIAL_STD, Transformer

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
HEAD = "lm_head.weight"
PREFIX = "model."
ARCHITECTURES = {"llama": "LlamaForCausalLM", "qwen3": "Qwen3ForCausalLM"}
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def export_model(model: Transformer, target: Path, *, tokenizer_files: Iterable[Path], end_of_text: int, card: str) -> None:
    """Writes configuration, float32 weights, tokenizer files and the model card (Markdown) into ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    _write_json(target / CONFIG, describe_dimensions(model.dimensions, end_of_text))
    _write_json(
        target / "generation_config.json",
        {"_from_model_config": True, "bos_token_id": end_of_text, "eos_token_id": end_of_text},
    )
    weights = {_exported_name(name): weight.detach().float().cpu().contiguous() for name, weight in model.state_dict().items()}
    save_file(dict(sorted(weights.items())), target / WEIGHTS, metadata={"format": "pt"})
    for path in tokenizer_files:
        if path.name in TOKENIZER_FILES:
            shutil.copyfile(path, target / path.name)
    (target / "README.md").write_text(card, encoding="utf-8")


def load_model(folder: Path, device: str = "cpu") -> Transformer:
    """The model of a folder that :func:`export_model` wrote. DataError where it cannot be read, or is of another kind."""
    model = Transformer(read_dimensions(folder), seed=None)
    try:
        weights = {name.removeprefix(PREFIX): weight for name, weight in load_file(folder / WEIGHTS).items()}
        model.load_state_dict(weights)
    except FileNotFoundError as error:
        raise DataError("the weights are missing", folder / WEIGHTS) from error
    except (SafetensorError, RuntimeError) as error:
        raise DataError(f"the weights do not fit the configuration beside them: {error}", folder / WEIGHTS) from error
    return model.to(device).eval()


def describe_dimensions(dimensions: Dimensions, end_of_text: int) -> dict[str, Any]:
    """What ``config.json`` says."""
    kind = "qwen3" if dimensions.qk_norm else "llama"
    return {
        "architectures": [ARCHITECTURES[kind]],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": end_of_text,
        "dtype": "float32",
        "eos_token_id": end_of_text,
        "head_dim": dimensions.head_width,
        "hidden_act": "silu",
        "hidden_size": dimensions.width,
        "initializer_range": INITIAL_STD,
        "intermediate_size": dimensions.hidden,
        "max_position_embeddings": dimensions.context,
        "model_type": kind,
        "num_attention_heads": dimensions.heads,
        "num_hidden_layers": dimensions.layers,
        "num_key_value_heads": dimensions.key_value_heads,
        "rms_norm_eps": dimensions.norm_epsilon,
        "rope_parameters": {"rope_theta": dimensions.rope_theta, "rope_type": "default"},
        "rope_theta": dimensions.rope_theta,
        "tie_word_embeddings": dimensions.tied_embeddings,
        "use_cache": True,
        "vocab_size": dimensions.vocabulary,
    }


def read_dimensions(folder: Path) -> Dimensions:
    """Inverse of :func:`describe_dimensions`, from ``config.json``."""
    path = folder / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if config["model_type"] not in ARCHITECTURES:
            raise DataError(f"this is a {config['model_type']}; what can be read here is {', '.join(ARCHITECTURES)}", path)
        return Dimensions(
            vocabulary=config["vocab_size"],
            context=config["max_position_embeddings"],
            layers=config["num_hidden_layers"],
            width=config["hidden_size"],
            heads=config["num_attention_heads"],
            key_value_heads=config["num_key_value_heads"],
            hidden=config["intermediate_size"],
            rope_theta=config["rope_theta"],
            norm_epsilon=config["rms_norm_eps"],
            tied_embeddings=config["tie_word_embeddings"],
            qk_norm=config["model_type"] == "qwen3",
        )
    except FileNotFoundError as error:
        raise DataError("the model's configuration is missing", path) from error
    except (ValueError, KeyError) as error:
        raise DataError(f"the model's configuration cannot be read: {error!r}", path) from error


def _exported_name(name: str) -> str:
    return name if name == HEAD else PREFIX + name


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
