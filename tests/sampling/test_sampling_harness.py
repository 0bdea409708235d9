"""The adapter for lm-evaluation-harness, item by item against the harness's own model for Hugging Face's folders."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import torch

from llm_assets.errors import ConfigError, DataError
from llm_assets.model.transformer import Transformer
from llm_assets.sampling.generate import open_model
from llm_assets.sampling.harness import HarnessModel, read_decoding
from llm_assets.sampling.tasks import describe_task, run_tasks, score_tasks
from llm_assets.tokenizer.bpe import encode_text, end_of_text
from llm_assets.tokenizer.stage import HUGGING_FACE

Opened = tuple[Transformer, tokenizers.Tokenizer]

CHOICES = [
    {"query": f"Question: Which unit is page {n}?", "choices": [f"Ünit {n}", f"write to {n} or call", "page"], "gold": n % 3}
    for n in range(12)
]
CONTINUATIONS = [{"context": f"Ünit {n}: write to person{n} ", "continuation": f"or call, page {n}"} for n in range(12)]
TEXTS = [{"text": f"Ünit {n}: write to me or call, says page {n}. " * (n % 4 + 1)} for n in range(6)]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:lm_eval", "ignore::DeprecationWarning:sacrebleu")


@pytest.fixture(autouse=True)
def nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def opened(artefacts: Any) -> Opened:
    return open_model(artefacts[0].folder, "cpu")


@pytest.fixture(scope="module")
def peer(artefacts: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The harness's own model, of the exported folder with the tokenizer's settings as its stage writes them."""
    from lm_eval.models.huggingface import HFLM

    folder = tmp_path_factory.mktemp("peer") / "model"
    shutil.copytree(artefacts[0].folder, folder)
    (folder / "tokenizer_config.json").write_text(json.dumps(HUGGING_FACE))
    return HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=4, backend="causal")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for name, rows in (("choices", CHOICES), ("continuations", CONTINUATIONS), ("texts", TEXTS)):
        found[name] = tmp_path / f"{name}.jsonl"
        found[name].write_text("".join(json.dumps(row) + "\n" for row in rows))
    return found


def test_every_item_is_scored_as_the_harness_scores_the_exported_folder(opened: Opened, peer: Any, files: dict[str, Path]) -> None:
    ours, theirs = score_tasks(*opened, files), run_tasks(peer, files)
    for task in files:
        for mine, other in zip(ours.items[task], theirs.items[task], strict=True):
            assert mine["arguments"] == other["arguments"]
            for got, wanted in zip(mine["filtered_resps"], other["filtered_resps"], strict=True):
                pairs = (got, wanted) if isinstance(got, tuple) else ((got,), (wanted,))
                assert pairs[0] == pytest.approx(pairs[1], abs=1e-3)
    assert [(score.task, score.metric) for score in ours.scores] == [(score.task, score.metric) for score in theirs.scores]
    assert [score.value for score in ours.scores] == pytest.approx([score.value for score in theirs.scores], rel=1e-3)


def test_greedy_answers_are_those_of_the_harness(opened: Opened, peer: Any) -> None:
    from lm_eval.api.instance import Instance

    wanted = [
        ("Ünit 3", {"until": ["call"], "max_gen_toks": 12}),
        ("write to", {"until": ["\n"], "max_gen_toks": 9}),
        ("page " * 20, {"until": [], "max_gen_toks": 8}),
    ]
    requests = [Instance("generate_until", {}, arguments, 0) for arguments in wanted]
    assert HarnessModel(*opened).generate_until(requests) == peer.generate_until(requests, disable_tqdm=True)


def slow_log_likelihood(model: Transformer, ids: list[int], scored: int) -> float:
    total = 0.0
    for place in range(len(ids) - scored, len(ids)):
        with torch.no_grad():
            total += model(torch.tensor([ids[:place][-model.dimensions.context :]]))[0, -1].double().log_softmax(-1)[ids[place]].item()
    return total


def test_beginning_with_end_of_text_scores_what_was_seen_in_training(opened: Opened) -> None:
    from lm_eval.api.instance import Instance

    model, tokenizer = opened
    request = Instance("loglikelihood", {}, ("Ünit 3:", " write"), 0)
    ((likelihood, _),) = HarnessModel(model, tokenizer, begin=True).loglikelihood([request], disable_tqdm=True)
    ids = [end_of_text(tokenizer), *encode_text(tokenizer, "Ünit 3: write")]
    assert likelihood == pytest.approx(slow_log_likelihood(model, ids, len(encode_text(tokenizer, " write"))), abs=1e-4)


def test_a_continuation_longer_than_the_context_is_scored_to_its_end(opened: Opened) -> None:
    from lm_eval.api.instance import Instance

    model, tokenizer = opened
    long = " call" * 40
    request = Instance("loglikelihood", {}, ("Ünit", long), 0)
    ((likelihood, _),) = HarnessModel(model, tokenizer).loglikelihood([request], disable_tqdm=True)
    ids, first, context = encode_text(tokenizer, "Ünit" + long), len(encode_text(tokenizer, "Ünit")), model.dimensions.context
    assert len(ids) - first > context
    stretches = [(start, min(start + context // 2, len(ids))) for start in range(first, len(ids), context // 2)]
    exact = sum(slow_log_likelihood(model, ids[max(0, end - context - 1) : end], end - start) for start, end in stretches)
    assert likelihood == pytest.approx(exact, abs=1e-3)


def test_what_the_harness_asks_of_generation_is_read_or_refused() -> None:
    decoding = read_decoding({"until": "\n", "max_gen_toks": 7, "do_sample": True, "temperature": 0.5, "top_p": 0.9})
    assert (decoding.stop, decoding.tokens, decoding.temperature, decoding.top_p) == (("\n",), 7, 0.5, 0.9)
    assert read_decoding({"temperature": 0.7, "do_sample": False}).temperature == 0
    with pytest.raises(ConfigError, match="num_beams is not known here"):
        read_decoding({"num_beams": 4})


def test_a_task_of_a_yaml_file_reads_the_lines_it_names(opened: Opened, files: dict[str, Path], tmp_path: Path) -> None:
    task = tmp_path / "own.yaml"
    task.write_text(
        f"dataset_path: json\ndataset_kwargs:\n  data_files: {files['choices']}\n  cache_dir: {tmp_path / 'cache'}\ntest_split: train\n"
        "output_type: multiple_choice\ndoc_to_text: '{{query}}\\nAnswer:'\ndoc_to_target: gold\ndoc_to_choice: choices\n"
        "metric_list:\n  - metric: acc\n    aggregation: mean\n    higher_is_better: true\n"
    )
    (own,) = score_tasks(*opened, {"own": task}).scores
    (same, _) = score_tasks(*opened, {"same": files["choices"]}).scores
    assert (own.metric, own.value, own.items) == (same.metric, same.value, same.items)


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        ("[1]", DataError, "line 1 is no JSON object"),
        ("{", DataError, "line 1 is not JSON"),
        ("", DataError, "there is no item"),
        ('{"words": "a"}', ConfigError, "a line has words; what can be scored has query, choices and gold"),
        ('{"query": "a", "choices": ["b"], "gold": 1}', DataError, "line 1: gold is 1, and there are 1 choices"),
        ('{"query": "a", "choices": "b", "gold": 0}', DataError, "line 1: choices is no list of texts"),
        ('{"context": "a", "continuation": 3}', DataError, "line 1: continuation is no text"),
    ],
)
def test_a_file_that_is_no_task_is_named_with_what_could_be(tmp_path: Path, line: str, error: type[Exception], said: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text(line)
    with pytest.raises(error, match=said):
        describe_task("wrong", path)


def test_without_the_extra_the_error_says_what_to_install(opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    with pytest.raises(ConfigError, match=r"pip install 'llm-assets\[eval\]'"):
        score_tasks(*opened, {"any": tmp_path / "any.jsonl"})
