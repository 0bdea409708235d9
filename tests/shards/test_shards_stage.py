from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import read_table
from llm_assets.formats.shard import open_shard, shard_name
from llm_assets.formats.tables import CORPUS, DOCUMENTS
from llm_assets.report import Report
from llm_assets.shards.config import Shards
from llm_assets.shards.locate import Home, locate_token, read_shard_documents
from llm_assets.shards.stage import pack_shards
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import end_of_text, load_tokenizer

BuildCrawl = Callable[..., tuple[Artefact, Artefact]]
ENGINE = LocalEngine()
PARTS = [
    [f"Document {n} tells of birds. " * (n % 5 + 1) for n in range(40)],
    [],
    [*(f"Ships and wax {n}\n\nÉtoiles 日本 {n}" for n in range(30)), "", f"a page that spells {END_OF_TEXT} itself", "  "],
]


def documents_of(target: Path) -> list[dict[str, Any]]:
    return read_table([target / "documents.parquet"], DOCUMENTS).to_pylist()


def tokens_of(target: Path, row: dict[str, Any]) -> np.ndarray:
    _, tokens = open_shard(target / shard_name(row["split"], row["shard"]))
    return tokens[row["start"] : row["start"] + row["length"]]


@pytest.fixture
def packed(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path) -> tuple[Path, dict[int, str], Report]:
    corpus, deduped = build_crawl(PARTS)
    target = tmp_path / "packed"
    report = pack_shards(corpus, deduped, tokenizer, target, Shards(validation_fraction=0.2, shard_tokens=200), ENGINE)
    table = read_table(corpus.table("corpus"), CORPUS, ["doc", "text"])
    return target, dict(zip(table["doc"].to_pylist(), table["text"].to_pylist(), strict=True)), report


def test_the_shards_decode_to_the_text_of_the_corpus_exactly(packed: tuple[Path, dict[int, str], Report], tokenizer: Artefact):
    target, texts, _ = packed
    loaded = load_tokenizer(tokenizer.path("tokenizer.json"))
    rows = documents_of(target)
    assert [row["doc"] for row in rows] == list(texts)
    for row in rows:
        ids = tokens_of(target, row)
        assert ids[-1] == end_of_text(loaded)
        assert loaded.decode(ids[:-1].tolist(), skip_special_tokens=False) == texts[row["doc"]]


def test_end_of_text_stands_once_a_document_whatever_its_text_spells(packed: tuple[Path, dict[int, str], Report], tokenizer: Artefact):
    target, texts, _ = packed
    shards = [open_shard(path, tokenizer=hash_file(tokenizer.path("tokenizer.json"))) for path in sorted(target.glob("*.tokens"))]
    assert sum(int((tokens == header.end_of_text).sum()) for header, tokens in shards) == len(texts)


def test_every_token_finds_its_document(packed: tuple[Path, dict[int, str], Report]):
    target, _, _ = packed
    expected = {}
    for row in documents_of(target):
        for position in range(row["length"]):
            expected[row["split"], row["shard"], row["start"] + position] = Home(row["doc"], position, row["length"])
    found = {}
    for path in target.glob("*.tokens"):
        header, tokens = open_shard(path)
        shard = int(path.stem.split("-")[1])
        rows = read_shard_documents([target / "documents.parquet"], header.split, shard)
        found |= {(header.split, shard, token): locate_token(rows, token) for token in range(tokens.size)}
    assert found == expected


@pytest.mark.parametrize("token", [-1, 10_000])
def test_a_token_outside_the_shard_is_refused(packed: tuple[Path, dict[int, str], Report], token: int):
    rows = read_shard_documents([packed[0] / "documents.parquet"], "train", 0)
    with pytest.raises(ConfigError, match="outside the shard"):
        locate_token(rows, token)
    with pytest.raises(ConfigError, match="which has 0"):
        locate_token(rows.slice(0, 0), 0)


def test_a_shard_holds_whole_documents_and_no_more_tokens_than_told(packed: tuple[Path, dict[int, str], Report]):
    target, _, report = packed
    sizes = [open_shard(path)[0].tokens for path in sorted(target.glob("train-*.tokens"))]
    assert len(sizes) == report.figures["train_shards"] > 2
    assert max(sizes) <= 200
    longest = max(row["length"] for row in documents_of(target))
    assert min(sizes[:-1]) > 200 - longest


def test_a_document_longer_than_a_shard_has_one_of_its_own(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    corpus, deduped = build_crawl([["short", "a long text " * 50, "short too", "the end"]])
    pack_shards(corpus, deduped, tokenizer, tmp_path / "out", Shards(validation_fraction=0, shard_tokens=30), ENGINE)
    assert [(row["shard"], row["start"] == 0) for row in documents_of(tmp_path / "out")] == [(0, True), (1, True), (2, True), (2, False)]


def test_the_number_of_workers_changes_nothing(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    corpus, deduped = build_crawl(PARTS)
    config = Shards(validation_fraction=0.2, shard_tokens=300)
    for workers in (1, 2):
        pack_shards(corpus, deduped, tokenizer, tmp_path / str(workers), config, LocalEngine(workers))
    assert Artefact.of_folder(tmp_path / "1").files == Artefact.of_folder(tmp_path / "2").files


def test_how_documents_lie_in_parts_decides_no_token(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    texts = [text for part in PARTS for text in part]
    pack_shards(*build_crawl([texts]), tokenizer, tmp_path / "one", Shards(validation_fraction=0), ENGINE)
    pack_shards(*build_crawl([texts[:9], [], texts[9:]], crawl=2), tokenizer, tmp_path / "three", Shards(validation_fraction=0), ENGINE)
    assert (tmp_path / "one/train-00000.tokens").read_bytes() == (tmp_path / "three/train-00000.tokens").read_bytes()


def test_a_family_is_on_one_side_of_the_split_in_every_crawl(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    texts = [f"text {n}" for n in range(200)]
    first = build_crawl([texts], crawl=1)
    families = {make_doc(2, 0, 3 * n): make_doc(1, 0, 3 * (n // 2)) for n in range(200)}
    second = build_crawl([texts], families, crawl=2)
    config = Shards(validation_fraction=0.3)
    pack_shards(*first, tokenizer, tmp_path / "1", config, ENGINE)
    pack_shards(*second, tokenizer, tmp_path / "2", config, ENGINE)
    split = {row["doc"]: row["split"] for row in documents_of(tmp_path / "1")}
    assert all(row["split"] == split[families[row["doc"]]] for row in documents_of(tmp_path / "2"))
    assert set(split.values()) == {"train", "validation"}


def test_the_figures_are_those_of_the_files(packed: tuple[Path, dict[int, str], Report]):
    target, texts, report = packed
    rows = documents_of(target)
    for split in ("train", "validation"):
        assert report.figures[f"{split}_tokens"] == sum(row["length"] for row in rows if row["split"] == split)
        assert report.figures[f"{split}_documents"] == sum(row["split"] == split for row in rows)
        assert report.figures[f"{split}_shards"] == len(list(target.glob(f"{split}-*.tokens")))
    size = sum(len(text.encode()) for text in texts.values())
    ids = sum(row["length"] - 1 for row in rows)
    assert report.figures["bytes_per_token"] == pytest.approx(size / ids, abs=1e-4)
    assert report.read == report.kept == len(texts)


def test_nothing_else_is_left_in_the_folder(packed: tuple[Path, dict[int, str], Report]):
    assert {path.suffix for path in packed[0].iterdir()} == {".tokens", ".parquet"}


@pytest.mark.parametrize("parts", [[], [[]], [[], []]])
def test_an_empty_corpus_has_no_shards_and_a_warning(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path, parts: list[list[str]]):
    report = pack_shards(*build_crawl(parts), tokenizer, tmp_path / "out", Shards(), ENGINE)
    assert report.read == 0
    assert "empty" in report.warnings[0]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["documents.parquet"]


def test_a_crawl_of_one_document_trains_on_it_and_warns(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    report = pack_shards(*build_crawl([["alone"]]), tokenizer, tmp_path / "out", Shards(), ENGINE)
    assert (report.figures["train_documents"], report.figures["validation_documents"]) == (1, 0)
    assert "nothing of it is held out" in report.warnings[0]


def test_a_document_that_deduplication_does_not_know_is_refused(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    corpus, _ = build_crawl([["a", "b", "c"]])
    _, deduped = build_crawl([["a", "b"]], crawl=2)
    with pytest.raises(DataError, match="document 1-0-0 of the corpus"):
        pack_shards(corpus, deduped, tokenizer, tmp_path / "out", Shards(), ENGINE)


def test_a_document_that_stands_for_many_is_packed_as_often_as_told(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    texts = [f"page {number} of some" for number in range(6)]
    docs = [make_doc(1, file, 3 * record) for file, records in enumerate((2, 4)) for record in range(records)]
    sizes = {docs[1]: 2, docs[3]: 4, docs[4]: 9}
    corpus, deduped = build_crawl([texts[:2], texts[2:]], sizes=sizes)
    config = Shards(validation_fraction=0, rehydrate=((2, 2), (5, 3)))
    report = pack_shards(corpus, deduped, tokenizer, tmp_path / "out", config, LocalEngine(2))
    rows = read_table([tmp_path / "out/documents.parquet"], DOCUMENTS).to_pylist()
    assert [row["doc"] for row in rows] == [*docs, docs[1], docs[3], docs[4], docs[4]]
    assert (report.read, report.kept, report.figures["repeats"]) == (6, 6, 4)
    _, tokens = open_shard(tmp_path / "out/train-00000.tokens")
    spans = {}
    for row in rows:
        spans.setdefault(row["doc"], set()).add(tuple(tokens[row["start"] : row["start"] + row["length"]].tolist()))
    assert sum(row["length"] for row in rows) == tokens.size
    assert all(len(span) == 1 for span in spans.values())


def test_what_is_held_out_is_packed_once(build_crawl: BuildCrawl, tokenizer: Artefact, tmp_path: Path):
    corpus, deduped = build_crawl([[f"page {number}" for number in range(40)]], sizes={make_doc(1, 0, 3 * n): 7 for n in range(40)})
    config = Shards(validation_fraction=0.3, rehydrate=((2, 2),))
    pack_shards(corpus, deduped, tokenizer, tmp_path / "out", config, LocalEngine())
    rows = read_table([tmp_path / "out/documents.parquet"], DOCUMENTS).to_pylist()
    times = {split: Counter(row["doc"] for row in rows if row["split"] == split) for split in ("train", "validation")}
    assert set(times["train"].values()) == {2}
    assert set(times["validation"].values()) == {1}


@pytest.mark.parametrize("pairs", [[[5, 2], [2, 3]], [[0, 2]], [[2, 0]], [[2, 2], [2, 3]]])
def test_repeats_that_make_no_sense_are_refused(pairs: list[list[int]]):
    with pytest.raises(ValueError, match="cluster sizes must rise"):
        Shards(rehydrate=pairs)
