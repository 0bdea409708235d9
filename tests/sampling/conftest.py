"""A model folder with random weights, its tokenizer, and a validation shard."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.shard import write_shard
from llm_assets.model.config import Model
from llm_assets.model.export import export_model
from llm_assets.model.transformer import Transformer
from llm_assets.tokenizer.bpe import encode_text, end_of_text, train_bpe
from llm_assets.tokenizer.config import Tokenizer

TEXTS = [f"Ünit {n}: write to person{n}@company{n}.net or call, says page {n}." for n in range(60)]


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Artefact, Artefact]:
    """Model, shards."""
    folder = tmp_path_factory.mktemp("sampling")
    tokenizer = train_bpe(TEXTS, Tokenizer(vocabulary=320))
    path = folder / "tokenizer.json"
    path.write_text(tokenizer.to_str(), encoding="utf-8")
    end = end_of_text(tokenizer)
    config = Model(layers=2, width=32, heads=4, key_value_heads=2, context=24)
    model = Transformer(config.dimensions(tokenizer.get_vocab_size()), seed=3)
    with torch.no_grad():
        model.embed_tokens.weight.mul_(8)  # so that some tokens are clearly likelier
    export_model(model, folder / "model", tokenizer_files=[path], end_of_text=end, card="# A model\n")
    write_shard(
        folder / "shards" / "validation-00000.tokens",
        [np.array([*encode_text(tokenizer, text), end]) for text in TEXTS],
        split="validation",
        vocabulary=tokenizer.get_vocab_size(),
        end_of_text=end,
        tokenizer=hash_file(path),
    )
    return Artefact.of_folder(folder / "model"), Artefact.of_folder(folder / "shards")
