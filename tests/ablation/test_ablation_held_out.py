"""The text that all are judged on: seen by none of them, every byte of it scored once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
import tokenizers
import torch

from llm_assets.ablation.held_out import common_validation, read_held_out, score_texts
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows, write_table
from llm_assets.formats.tables import CORPUS, DOCUMENTS
from llm_assets.model.config import Model
from llm_assets.model.transformer import Transformer
from llm_assets.tokenizer.bpe import encode_text, end_of_text, train_bpe
from llm_assets.tokenizer.config import Tokenizer

TEXTS = {number: f"Text {number} says the ferry left at {number * 7}. " * 100 for number in range(12)}


def shards(folder: Path, splits: Mapping[int, str]) -> dict[str, Artefact]:
    rows = [{"doc": doc, "split": split, "shard": 0, "start": 0, "length": 1} for doc, split in splits.items()]
    write_table(folder / "documents.parquet", [pa.Table.from_pylist(rows, DOCUMENTS)], DOCUMENTS)
    return {"a": Artefact.of_folder(folder)}


def corpus(folder: Path, texts: Mapping[int, str]) -> dict[str, Artefact]:
    base = {"dump": "a", "file_path": "", "language": "en", "language_score": 1.0, "url": ""}
    write_rows(
        folder / "corpus.parquet", [{**base, "doc": doc, "id": format_doc(doc), "text": text} for doc, text in texts.items()], CORPUS
    )
    return {"a": Artefact.of_folder(folder)}


def test_only_documents_that_every_variant_holds_out_are_taken(tmp_path: Path) -> None:
    one = shards(tmp_path / "1", {doc: "validation" if doc < 9 else "train" for doc in TEXTS})
    two = shards(tmp_path / "2", {doc: "validation" if doc % 3 else "train" for doc in TEXTS if doc != 4})
    held_out = common_validation([one, two], corpus(tmp_path / "corpus", TEXTS), 1 << 20)
    assert held_out.texts == tuple(TEXTS[doc] for doc in (1, 2, 5, 7, 8))


def test_of_too_much_text_some_is_taken_evenly(tmp_path: Path) -> None:
    texts = {doc: text * 20 for doc, text in TEXTS.items()}
    every = shards(tmp_path / "1", dict.fromkeys(texts, "validation"))
    size = sum(len(text) for text in texts.values())
    held_out = common_validation([every, every], corpus(tmp_path / "corpus", texts), size // 2 + 1)
    assert held_out.texts == tuple(texts[doc] for doc in range(0, 12, 2))


def test_too_little_in_common_is_told_with_what_to_do(tmp_path: Path) -> None:
    one = shards(tmp_path / "1", dict.fromkeys(range(3), "validation"))
    two = shards(tmp_path / "2", dict.fromkeys(range(3), "train"))
    with pytest.raises(ConfigError, match="only 0 bytes of validation text in common: give a text by --held-out"):
        common_validation([one, two], corpus(tmp_path / "corpus", TEXTS), 1 << 20)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
def test_every_byte_of_every_text_is_scored_once_as_in_a_slow_computation(masked: bool) -> None:
    tokenizer: tokenizers.Tokenizer = train_bpe(TEXTS.values(), Tokenizer(vocabulary=300))
    model = Transformer(Model(layers=1, width=32, heads=2, context=16).dimensions(300), seed=1)
    texts = [TEXTS[0][:200], "Ünit", TEXTS[3][:90]]
    score = score_texts(model, tokenizer, texts, masked=masked)
    end = end_of_text(tokenizer)
    ids = [end]
    for text in texts:
        ids += [*encode_text(tokenizer, text), end]
    bits = 0.0
    for place in range(1, len(ids)):
        if ids[place] == end:
            continue
        seen = ids[(place - 1) // 16 * 16 : place]
        if masked and end in seen:
            seen = seen[len(seen) - 1 - seen[::-1].index(end) :]
        with torch.no_grad():
            bits -= math.log2(model(torch.tensor([seen]))[0, -1].double().softmax(-1)[ids[place]].item())
    assert score.bytes == sum(len(text.encode()) for text in texts)
    assert score.tokens == len(ids) - 1
    assert score.bits_per_byte == pytest.approx(bits / score.bytes, rel=1e-5)


def test_a_text_of_ones_own_is_read_whole_or_line_by_line(tmp_path: Path) -> None:
    plain, lines = tmp_path / "book.txt", tmp_path / "book.jsonl"
    plain.write_text("word " * 3_000)
    lines.write_text("".join(json.dumps({"text": "word " * 1_500}) + "\n" for _ in range(2)))
    assert read_held_out(plain).texts == ("word " * 3_000,)
    assert read_held_out(lines).bytes == 15_000


@pytest.mark.parametrize(
    ("content", "name", "error", "said"),
    [
        (b"short", "a.txt", ConfigError, "5 bytes are too little"),
        (b"{}", "a.jsonl", DataError, "no JSON lines with a text each"),
        (b"\xff", "a.txt", DataError, "no text in UTF-8"),
        (None, "none.txt", ConfigError, "No such file"),
    ],
)
def test_a_file_that_is_no_text_is_told(tmp_path: Path, content: bytes | None, name: str, error: type[Exception], said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=said):
        read_held_out(path)
