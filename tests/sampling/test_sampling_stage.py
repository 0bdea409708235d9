"""What the stage writes: the same each time, and nothing that should not be seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.sampling.config import Sampling
from llm_assets.sampling.stage import sample_model

CONFIG = Sampling(prompts=("", "write to person3@company3.net or"), tokens=30, windows=4, top=3, scored_windows=8)
FILES = ("samples.json", "next_tokens.json", "scores.json")


def test_it_writes_samples_tables_and_scores(artefacts: Any, tmp_path: Path) -> None:
    report = sample_model(artefacts[0], [artefacts[1]], tmp_path, CONFIG, "cpu")
    samples, tables, scores = (json.loads((tmp_path / name).read_text()) for name in FILES)
    assert report.read == report.kept == len(samples) == 2
    assert [len(table["candidates"]) for table in tables] == [3, 3, 3, 3]
    assert scores == dict(report.figures)
    assert scores["tokens_scored"] == 8 * 24


def test_the_same_inputs_give_the_same_bytes(artefacts: Any, tmp_path: Path) -> None:
    for name in ("one", "two"):
        sample_model(artefacts[0], [artefacts[1]], tmp_path / name, CONFIG, "cpu")
    for name in FILES:
        assert hash_file(tmp_path / "one" / name) == hash_file(tmp_path / "two" / name)


def test_addresses_of_prompts_and_windows_are_redacted(artefacts: Any, tmp_path: Path) -> None:
    sample_model(artefacts[0], [artefacts[1]], tmp_path, CONFIG, "cpu")
    written = "".join((tmp_path / name).read_text() for name in FILES)
    assert "<EMAIL>" in json.loads((tmp_path / "samples.json").read_text())[1]["prompt"]
    assert "person3@company3.net" not in written


def test_without_a_validation_split_there_are_samples_and_a_warning(artefacts: Any, tmp_path: Path) -> None:
    report = sample_model(artefacts[0], [], tmp_path, CONFIG, "cpu")
    assert len(report.warnings) == 1
    assert len(json.loads((tmp_path / "samples.json").read_text())) == 2
    assert json.loads((tmp_path / "next_tokens.json").read_text()) == []


def test_a_model_without_a_tokenizer_is_refused(artefacts: Any, tmp_path: Path) -> None:
    model = Artefact(artefacts[0].folder, tuple(entry for entry in artefacts[0].files if entry.path != "tokenizer.json"))
    with pytest.raises(DataError, match=r"no file tokenizer\.json"):
        sample_model(model, [artefacts[1]], tmp_path, CONFIG, "cpu")
