"""The command line: every stage answers with one line of JSON, and a wrong input with one line of error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from benchmark_inputs import Run

from benchmarks import STAGES

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

ALWAYS = ("stage", "documents", "mb", "cpu_s", "documents_per_cpu_s", "mb_per_cpu_s", "peak_rss_mb")
INPUTS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "warc": ("pages", 2, ()),
    "url": ("pages", 2, ("kept",)),
    "extract": ("pages", 2, ("kept", "f1", "snippet_accuracy")),
    "language": ("pages", 2, ("accuracy",)),
    "front": ("pages", 2, ("kept",)),
    "signals": ("corpus", 2, ("signals", "words")),
    "decide": ("corpus", 2, ("kept",)),
    "signature": ("corpus", 2, ("empty",)),
    "dedup": ("corpus", 2, ("recall_exact", "recall_near1", "recall_near5", "false_removals")),
    "join": ("corpus", 2, ("bands", "removed")),
    "pii": ("corpus", 2, ("precision", "recall")),
    "bpe_train": ("corpus", 2, ("vocabulary", "bytes_per_token", "tokenizers_cpu_s", "equal_tokens")),
    "encode": ("corpus", 2, ("tokens", "bytes_per_token", "lossless_documents")),
    "trace": ("corpus", 2, ("build_cpu_s_per_million_tokens", "bytes_per_token", "query_ms", "query_cold_ms", "runs")),
    "loader": ("book", 32, ("tokens_per_s", "tokens_per_cpu_s", "cold_start_s")),
    "train": ("book", 2 * 12, ("tokens", "training_loss", "validation_loss")),
    "score": ("questions", 2, ("acc", "acc_norm", "largest_difference", "greedy_flags_differing", "choices_differing")),
    "generate": ("book", 2 * 8, ("tokens", "tokens_per_cpu_s_uncached", "bandwidth_share")),
}
"""Stage: the input it takes, the documents that a limit of 2 leaves of it, and what it is judged by."""


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_prints_one_line_of_json_about_the_first_documents(
    run: Run, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    source, documents, judged = INPUTS[stage]
    monkeypatch.setattr("benchmarks.generate.TOKENS", 8)
    figures = run(stage, "--input", request.getfixturevalue(source), "--limit", "2")
    assert list(figures)[: len(ALWAYS)] == list(ALWAYS)
    assert (figures["stage"], figures["documents"]) == (stage, documents)
    assert set(judged) <= figures.keys()
    assert min(figures[name] for name in ALWAYS[1:]) > 0


def test_a_setting_of_the_recipe_reaches_the_stage(run: Run, corpus: Path) -> None:
    assert run("signature", "--input", corpus, "--set", "signatures.bands=2")["permutations"] == 16


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dedupe", "corpus"), "there is no stage 'dedupe'; there are warc, url"),
        (("extract", "corpus"), "no WARC and no ARC file"),
        (("signals", "pages"), "this is no JSON Lines file"),
        (("train", "pages"), "this is no text file"),
        (("pii", "corpus", "--set", "pii.kindle=1"), "pii.kindle is unknown"),
        (("pii", "corpus", "--recipe", "finewine"), "there is no recipe at finewine"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_line(
    fail: Callable[..., str], request: pytest.FixtureRequest, arguments: tuple[str, ...], said: str
) -> None:
    stage, source, *others = arguments
    line = fail(stage, "--input", request.getfixturevalue(source), *others)
    assert line.startswith("error: ")
    assert said in line


def test_an_input_that_is_not_there_is_told_by_its_option(fail: Callable[..., str], corpus: Path) -> None:
    assert "--truth: there is no file at nowhere.jsonl" in fail("pii", "--input", corpus, "--truth", "nowhere.jsonl")


@pytest.mark.parametrize("line", ["[1]", '{"id": "a"}', '{"text": "a", "metadata": [1]}', "{", ""])
def test_a_line_that_is_no_document_is_named(fail: Callable[..., str], tmp_path: Path, line: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text(line, encoding="utf-8")
    assert str(path) in fail("pii", "--input", path)
