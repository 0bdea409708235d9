"""A tokenizer of a few hundred tokens and shards of a few thousand, made once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.shard import shard_name, write_shard
from llm_assets.tokenizer.bpe import encode_text, end_of_text, train_bpe
from llm_assets.tokenizer.config import Tokenizer

TEXTS = [f"{n} times {m} is {n * m}, and {m} times {n} is the same." for n in range(40) for m in range(10)]


@dataclass(frozen=True)
class Corpus:
    tokenizer: Artefact
    shards: Artefact


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "tokenizer").mkdir()
    path = folder / "tokenizer" / "tokenizer.json"
    tokenizer = train_bpe(TEXTS, Tokenizer(vocabulary=300))
    path.write_text(tokenizer.to_str(), encoding="utf-8")
    end = end_of_text(tokenizer)
    documents = [np.array([*encode_text(tokenizer, text), end]) for text in TEXTS]
    for split, part in (("train", documents[:350]), ("validation", documents[350:])):
        write_shard(
            folder / "shards" / shard_name(split, 0),
            part,
            split=split,
            vocabulary=tokenizer.get_vocab_size(),
            end_of_text=end,
            tokenizer=hash_file(path),
        )
    return Corpus(Artefact.of_folder(folder / "tokenizer"), Artefact.of_folder(folder / "shards"))
