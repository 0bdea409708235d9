"""A tokenizer made elsewhere, with gaps among its ids, all the way: shards, model, samples."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.shard import open_shard, shard_name
from llm_assets.formats.tables import DOCUMENTS
from llm_assets.model.config import Model
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.generate import generate, open_model
from llm_assets.sampling.next_token import token_texts
from llm_assets.shards.config import Shards
from llm_assets.shards.stage import pack_shards
from llm_assets.tokenizer.bpe import encode_text, end_of_text, token_bytes, train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.stage import build_tokenizer
from llm_assets.training.config import Training
from llm_assets.training.machine import Machine
from llm_assets.training.stage import train_model

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

TEXTS = [f"Document {n} tells of {'birds and bees' if n % 2 else 'ships and sealing wax'}." for n in range(80)]
LARGEST = 500


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A ``tokenizer.json`` of 289 tokens without ``<|endoftext|>``, the last of which has the id 500."""
    state = json.loads(train_bpe(TEXTS, Tokenizer(vocabulary=290)).to_str())
    ids = {name: token - 1 for name, token in state["model"]["vocab"].items() if token}
    state["model"]["vocab"] = {name: LARGEST if token == 288 else token for name, token in ids.items()}
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(state | {"added_tokens": []}))
    return path


def test_a_model_is_trained_and_sampled_by_a_tokenizer_from_elsewhere(
    build_crawl: Callable[..., tuple[Artefact, Artefact]], given: Path, tmp_path: Path
):
    corpus, deduped = build_crawl([TEXTS])
    build_tokenizer([corpus], tmp_path / "tokenizer", Tokenizer(file="theirs"), LocalEngine(), {"theirs": given})
    tokenizer = Artefact.of_folder(tmp_path / "tokenizer")
    pack_shards(corpus, deduped, tokenizer, tmp_path / "shards", Shards(validation_fraction=0.2), LocalEngine())
    shards = Artefact.of_folder(tmp_path / "shards")
    small = Model(layers=1, width=32, heads=2, context=16)
    train_model(
        [shards], tokenizer, tmp_path / "model", Training(windows=4, steps=4, learning_rate=1e-2), small, Machine(), tmp_path / "state"
    )

    model, loaded = open_model(tmp_path / "model", "cpu")
    assert end_of_text(loaded) == LARGEST + 1
    assert model.dimensions.vocabulary == LARGEST + 2
    (row, *_) = read_table([tmp_path / "shards/documents.parquet"], DOCUMENTS).to_pylist()
    header, tokens = open_shard(tmp_path / "shards" / shard_name(row["split"], row["shard"]))
    first = tokens[row["start"] : row["start"] + row["length"]].tolist()
    assert (header.vocabulary, first) == (LARGEST + 2, [*encode_text(loaded, TEXTS[0]), LARGEST + 1])
    assert b"".join(token_bytes(loaded)[token] for token in first) == TEXTS[0].encode()
    assert token_texts(loaded)[LARGEST - 1 :] == ["[unused]", token_bytes(loaded)[LARGEST].decode(), "<|endoftext|>"]

    theirs = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert theirs(TEXTS[0])["input_ids"] == first[:-1]
    peer = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    assert peer.config.vocab_size == LARGEST + 2
    prompt = torch.tensor([[end_of_text(loaded), *encode_text(loaded, "Document")]])
    said = peer.generate(prompt, max_new_tokens=6, do_sample=False)[0, prompt.shape[1] :].tolist()
    (text,) = generate(model, loaded, ["Document"], [Decoding(tokens=6, temperature=0)])
    assert text == b"".join(token_bytes(loaded)[token] for token in said).decode("utf-8", "replace") != ""
