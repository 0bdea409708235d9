"""Whole runs on packed windows with attention within documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llm_assets.formats.manifest import hash_file
from llm_assets.training import __main__ as program

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)


class StoppedError(Exception):
    """Stands for whatever ends a run in the middle."""


def train(corpus: Any, folder: Path, settings: str) -> int:
    config = folder.with_suffix(".toml")
    config.write_text(
        "[model]\nlayers = 1\nwidth = 32\ncontext = 48\n"
        f"[training]\nwindows = 4\nsteps = 12\nlog_every = 1\ncheckpoint_every = 5\nlearning_rate = 0.01\n{settings}\n"
    )
    data = ["--shards", str(corpus.shards.folder), "--tokenizer", str(corpus.tokenizer.folder)]
    return program.main([*data, "--out", str(folder), "--config", str(config)])


@pytest.mark.parametrize("settings", ['packing = "best_fit"', 'packing = "best_fit"\ndocument_masking = true', "document_masking = true"])
def test_a_run_that_died_is_resumed_to_the_weights_of_an_undisturbed_one(
    settings: str, corpus: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(progress: Any) -> None:
        if progress.step == 7:
            raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr(program, "_show", stop)
        with pytest.raises(StoppedError):
            train(corpus, tmp_path / "died", settings)
    assert train(corpus, tmp_path / "died", settings) == 0
    resumed = capsys.readouterr().out
    assert train(corpus, tmp_path / "whole", settings) == 0
    assert [line.split()[1] for line in resumed.splitlines() if line.startswith("step ")] == [f"{step}/12" for step in range(6, 13)]
    assert ("padding_fraction" in resumed) == ("best_fit" in settings)
    for name in ("model.safetensors", "curve.json"):
        assert hash_file(tmp_path / "died" / name) == hash_file(tmp_path / "whole" / name)


def test_packing_and_masking_each_make_other_weights(corpus: Any, tmp_path: Path) -> None:
    settings = ("", 'packing = "best_fit"', "document_masking = true", 'packing = "best_fit"\ndocument_masking = true')
    for number, each in enumerate(settings):
        assert train(corpus, tmp_path / str(number), each) == 0
    assert len({hash_file(tmp_path / str(number) / "model.safetensors") for number in range(4)}) == 4
