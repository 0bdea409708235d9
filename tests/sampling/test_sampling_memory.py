"""What is written of the samples' verbatim runs, and how it reads on Dagster's page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import write_table
from llm_assets.formats.shard import shard_name, write_shard
from llm_assets.formats.tables import DOCUMENTS
from llm_assets.report_page.markdown import write_memory
from llm_assets.sampling.config import Sampling
from llm_assets.sampling.memory import FILE, read_traces, write_traces
from llm_assets.sampling.stage import sample_model
from llm_assets.tokenizer.bpe import encode_text, end_of_text, load_tokenizer
from llm_assets.trace.config import TraceIndex
from llm_assets.trace.index import Index, open_index
from llm_assets.trace.stage import index_shards

PAGES = [f"Ünit {n}: write to person{n}@company{n}.net or call, says page {n}." for n in range(20)]


@pytest.fixture(scope="module")
def tokenizer(artefacts: Any) -> Any:
    return load_tokenizer(artefacts[0].path("tokenizer.json"))


@pytest.fixture(scope="module")
def index(artefacts: Any, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Of the train split that PAGES make."""
    folder, end = tmp_path_factory.mktemp("index"), end_of_text(tokenizer)
    ids = [np.array([*encode_text(tokenizer, page), end]) for page in PAGES]
    digest, size = hash_file(artefacts[0].path("tokenizer.json")), tokenizer.get_vocab_size()
    write_shard(folder / "shards" / shard_name("train", 0), ids, split="train", vocabulary=size, end_of_text=end, tokenizer=digest)
    ends = np.cumsum([each.size for each in ids])
    rows = [
        {"doc": n, "split": "train", "shard": 0, "start": int(stop) - each.size, "length": each.size}
        for n, (each, stop) in enumerate(zip(ids, ends, strict=True))
    ]
    write_table(folder / "shards/documents.parquet", [pa.Table.from_pylist(rows, schema=DOCUMENTS)], DOCUMENTS)
    shards = {"crawl": Artefact.of_folder(folder / "shards")}
    index_shards(shards, folder / "index", TraceIndex(), LocalEngine())
    return open_index(Artefact.of_folder(folder / "index"), shards)


def test_a_sample_that_repeats_a_page_is_told_with_the_page(index: Index, tokenizer: Any, tmp_path: Path) -> None:
    longest = write_traces(index, tokenizer, [{"prompt": "Ünit", "text": " 7: write to"}, {"prompt": "", "text": "zebra"}], tmp_path, 3)
    first, second = read_traces(Artefact.of_folder(tmp_path))
    (run,) = first.runs
    assert (run.text, run.occurrences, run.documents, run.docs) == ("Ünit 7: write to", 1, 1, ("0-0-7",))
    assert run.tokens == longest
    assert second.runs == ()


def test_a_run_that_the_prompt_alone_has_is_not_the_models(index: Index, tokenizer: Any, tmp_path: Path) -> None:
    assert write_traces(index, tokenizer, [{"prompt": "or call, says page", "text": "!? zebra"}], tmp_path, 3) == 0


def test_addresses_are_redacted_in_pieces_and_runs(index: Index, tokenizer: Any, tmp_path: Path) -> None:
    text = "Then: write to person3@company3.net or call, says page 3."
    assert write_traces(index, tokenizer, [{"prompt": "", "text": text}], tmp_path, 3)
    written = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "<EMAIL>" in written
    assert "company3" not in written


def test_the_stage_writes_traces_where_there_is_an_index(artefacts: Any, index: Index, tmp_path: Path) -> None:
    config = Sampling(prompts=("Ünit 5: write",), tokens=8, windows=1, scored_windows=1, run_tokens=2)
    report = sample_model(artefacts[0], [artefacts[1]], tmp_path / "with", config, "cpu", index=index)
    assert "longest_run_tokens" in report.figures
    (sample,) = read_traces(Artefact.of_folder(tmp_path / "with"))
    assert "".join(text for text, _ in sample.pieces).startswith("Ünit 5: write")
    sample_model(artefacts[0], [artefacts[1]], tmp_path / "without", config, "cpu")
    assert not (tmp_path / "without" / FILE).exists()


def test_on_dagsters_page_a_run_stands_below_its_sample_with_its_page_as_text(index: Index, tokenizer: Any, tmp_path: Path) -> None:
    write_traces(index, tokenizer, [{"prompt": "<script>|", "text": "Ünit 7: write to"}], tmp_path, 3)
    table = write_memory(read_traces(Artefact.of_folder(tmp_path)), {"0-0-7": "https://example.test/|7"})
    _, _, sample, run = table.splitlines()
    assert sample.startswith("| &lt;script&gt;\\|Ünit 7")
    assert "verbatim" in sample
    assert run.startswith("| ↳ Ünit 7")
    assert "| 0-0-7 | ` https://example.test/\\|7 ` |" in run
