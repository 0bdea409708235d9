"""What the stage writes: the same however it was made, and nothing that was there before is sorted again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from trace_corpus import END, PLENTY, write_index, write_shards

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.trace.config import TraceIndex
from llm_assets.trace.index import open_index
from llm_assets.trace.runs import trace_tokens
from llm_assets.trace.stage import index_shards

DOCUMENTS = [np.random.default_rng(doc).integers(1, 6, 5 + doc % 30).tolist() for doc in range(80)]


@pytest.fixture
def shards(tmp_path: Path) -> dict[str, Artefact]:
    """Two crawls of a few shards each."""
    return {
        name: write_shards(tmp_path / name, DOCUMENTS[number::2], shard_tokens=400, first=number * 1_000)
        for number, name in enumerate(("a", "b"))
    }


def contents(folder: Artefact | Path) -> dict[str, str]:
    artefact = folder if isinstance(folder, Artefact) else Artefact.of_folder(folder)
    return {entry.path: entry.sha256 for entry in artefact.files}


def test_a_part_holds_the_suffixes_of_its_tokens_in_their_order(shards: dict[str, Artefact], tmp_path: Path) -> None:
    index = open_index(write_index(tmp_path / "index", shards, part_tokens=150), shards)
    assert len(index.parts) > 6
    for part in index.parts:
        tokens = part.tokens.tolist()
        assert part.suffixes.tolist() == sorted(range(len(tokens)), key=lambda place: tokens[place:])


def test_parts_are_whole_documents_and_together_all_of_the_shards(shards: dict[str, Artefact], tmp_path: Path) -> None:
    index = open_index(write_index(tmp_path / "index", shards, part_tokens=150), shards)
    held = [
        (doc, tokens.tolist())
        for part in index.parts
        for doc, tokens in zip(part.docs.tolist(), np.split(part.tokens, part.starts[1:]), strict=True)
    ]
    expected = [(number * 1_000 + i, [*document, END]) for number in (0, 1) for i, document in enumerate(DOCUMENTS[number::2])]
    assert held == expected
    assert index.tokens == sum(len(document) + 1 for document in DOCUMENTS)


def test_a_document_longer_than_a_part_has_one_of_its_own(shards: dict[str, Artefact], tmp_path: Path) -> None:
    index = open_index(write_index(tmp_path / "index", shards, part_tokens=1), shards)
    assert [part.docs.size for part in index.parts] == [1] * len(DOCUMENTS)


def test_the_number_of_workers_changes_no_byte(shards: dict[str, Artefact], tmp_path: Path) -> None:
    one, two = (write_index(tmp_path / str(workers), shards, part_tokens=300, workers=workers) for workers in (1, 2))
    assert contents(one) == contents(two)


def test_an_index_that_takes_over_parts_of_an_earlier_one_is_that_made_from_scratch(shards: dict[str, Artefact], tmp_path: Path) -> None:
    config = TraceIndex(part_tokens=150)
    earlier = write_index(tmp_path / "earlier", {"a": shards["a"]}, part_tokens=150)
    report = index_shards(shards, tmp_path / "again", config, LocalEngine(), earlier)
    kept = len(json.loads(earlier.path("parts.json").read_text()))
    assert report.figures["parts_kept"] == kept > 1
    assert report.figures["parts"] == len(json.loads((tmp_path / "again/parts.json").read_text())) > kept
    assert contents(tmp_path / "again") == contents(write_index(tmp_path / "scratch", shards, part_tokens=150))


def test_a_part_whose_documents_have_other_keys_is_not_taken_over(shards: dict[str, Artefact], tmp_path: Path) -> None:
    earlier = write_index(tmp_path / "earlier", {"a": shards["a"]})
    moved = {"a": write_shards(tmp_path / "moved", DOCUMENTS[::2], shard_tokens=400, first=7)}
    assert index_shards(moved, tmp_path / "again", TraceIndex(part_tokens=PLENTY), LocalEngine(), earlier).figures["parts_kept"] == 0


def test_a_part_that_was_damaged_is_made_again(shards: dict[str, Artefact], tmp_path: Path) -> None:
    earlier = write_index(tmp_path / "earlier", shards)
    whole = contents(earlier)
    path = next(earlier.folder / entry.path for entry in earlier.files if entry.path.endswith("suffixes.npy"))
    path.write_bytes(path.read_bytes()[:-4] + b"\xff" * 4)
    report = index_shards(shards, tmp_path / "again", TraceIndex(part_tokens=PLENTY), LocalEngine(), earlier)
    assert report.figures["parts_kept"] == report.figures["parts"] - 1
    assert contents(tmp_path / "again") == whole


def test_validation_is_left_out_unless_it_is_asked_for(shards: dict[str, Artefact], tmp_path: Path) -> None:
    report = index_shards(shards, tmp_path / "index", TraceIndex(splits=("validation",)), LocalEngine())
    assert report.read == 0
    assert "nothing can be traced" in report.warnings[0]
    assert TraceIndex().splits == ("train",)


def test_the_same_runs_are_found_in_one_part_and_in_many(shards: dict[str, Artefact], tmp_path: Path) -> None:
    query = [*DOCUMENTS[3], *DOCUMENTS[8], *DOCUMENTS[5]]
    found = [
        trace_tokens(open_index(write_index(tmp_path / str(size), shards, size), shards), query, least=4) for size in (PLENTY, 200, 20)
    ]
    assert found[0]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda index, shards: shards.pop("b"), "not in the training set"),
        (lambda index, shards: shards.update(b=shards["a"]), "has changed since it was indexed"),
        (lambda index, shards: index.path("parts.json").write_text("[{}]"), "list of parts is damaged"),
        (lambda index, shards: next(index.folder.rglob("suffixes.npy")).write_bytes(b"nothing"), "array cannot be read"),
        (lambda index, shards: np.save(next(index.folder.rglob("docs.npy")), np.zeros(3, np.uint64)), "not of the size"),
    ],
)
def test_an_index_that_does_not_fit_is_refused_and_says_what_to_do(harm, says: str, shards: dict[str, Artefact], tmp_path: Path) -> None:
    index = write_index(tmp_path / "index", shards)
    harm(index, shards)
    with pytest.raises(DataError, match=says) as refused:
        open_index(index, shards)
    assert "run trace_index again" in str(refused.value)
