"""Models of a named size: what is counted of them, and that they run where there is no GPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.sizes import SIZES, Size
from llm_assets.model.config import Model

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

TINY = Size(Model(layers=1, width=16, heads=1, context=64), windows=2)


@pytest.mark.parametrize(("name", "millions"), [("124M", 124), ("1B", 1014)])
def test_a_size_has_the_parameters_of_its_name(name: str, millions: int) -> None:
    assert round(SIZES[name].dimensions.parameters / 1e6) == millions


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU has a peak, and trains in bf16")
def test_training_a_size_tells_its_speed_and_no_share_of_a_peak_that_is_not_known(
    run: Callable[..., Any], book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIZES, "tiny", TINY)
    figures = run("train", "--input", book, "--size", "tiny", "--limit", "3")
    assert (figures["size"], figures["device"], figures["steps"], figures["documents"]) == ("tiny", "cpu", 3, 6)
    assert figures["parameters"] == TINY.dimensions.parameters
    assert figures["tokens_per_s"] > 0
    assert figures["mfu"] is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU's memory is that of its data sheet")
def test_generating_with_a_size_tells_its_share_of_the_memorys_speed(
    run: Callable[..., Any], book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIZES, "tiny", TINY)
    monkeypatch.setattr("benchmarks.generate.TOKENS", 4)
    figures = run("generate", "--input", book, "--size", "tiny")
    assert figures["parameters"] == TINY.dimensions.parameters
    assert 0 < figures["bandwidth_share"] < 1


def test_a_size_that_is_not_there_is_told_with_those_that_are(fail: Callable[..., str], book: Path) -> None:
    assert "--size is '7B'; it could be 124M, 1B" in fail("train", "--input", book, "--size", "7B")
