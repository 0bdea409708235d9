"""Stage ``tokenizer``: corpora in, and a tokenizer's file where the recipe takes one; a tokenizer folder out.

Writes ``tokenizer.json`` and ``tokenizer_config.json``, so that ``transformers.AutoTokenizer`` loads the folder,
``ranks.tiktoken``, the same vocabulary for tiktoken, and ``report.json``: what it compresses to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import tokenizers

from llm_assets.engine import Engine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_batches
from llm_assets.report import Report
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import thread_pool, train_bpe, vocabulary_size
from llm_assets.tokenizer.compression import Passage, describe_compression, name_domain
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.given import count_changed, take_tokenizer
from llm_assets.tokenizer.ranks import merges_by_id, write_ranks
from llm_assets.tokenizer.sample import Bytes, Keys, draw_numbers, find_cutoff

STAGE = "tokenizer"
PURPOSE = "tokenizer"
"""Of the draw: a document's place in this sample says nothing of its place in any other draw."""

MEASURED_BYTES = 64 << 20
"""UTF-8 bytes of the text that the compression is measured on: the documents drawn first."""

HUGGING_FACE = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": END_OF_TEXT,
    "eos_token": END_OF_TEXT,
    "clean_up_tokenization_spaces": False,
    "split_special_tokens": True,  # as load_tokenizer does: no text spells a special token
}


def build_tokenizer(
    corpora: Sequence[Artefact], target: Path, config: Tokenizer, engine: Engine, others: Mapping[str, Path] | None = None
) -> Report:
    """Trains on documents drawn from the corpora, or takes ``config.file`` of ``others`` (files by name); and measures what it
    compresses those documents to, beside the rest of the others.

    Read are all documents, kept those trained on (where none is trained, measured on). DataError where there is no text to train on;
    a warning where the sample has too few pairs for the vocabulary, or where a tokenizer that was taken changes texts. Memory:
    16 bytes a document, and the distinct words of the sample, which are no more than ``config.sample_bytes``.
    """
    given, peers = _part_others(config, others or {})
    parts = [part for corpus in corpora for part in corpus.table("corpus")]
    numbers, sizes = _draw_documents(parts, config.seed, engine)
    if given is None and not sizes.sum():
        raise DataError("there is nothing to train a tokenizer on: the corpus has no text; relax the filters or add a crawl")
    measured = find_cutoff(numbers, sizes, min(MEASURED_BYTES, config.sample_bytes))
    drawn = measured if given else find_cutoff(numbers, sizes, config.sample_bytes)
    passages = partial(_read_documents, parts, measured, config.seed)
    if given:
        tokenizer = take_tokenizer(given, config)
    else:
        with thread_pool(enabled=engine.threads > 1):
            tokenizer = train_bpe(_tell(_read_documents(parts, drawn, config.seed), int((numbers <= drawn).sum()), engine), config)
    by_id = merges_by_id(tokenizer)
    told = _warn_of_taken(tokenizer, passages(), by_id=by_id) if given else _warn_of_trained(tokenizer, config.vocabulary)
    target.mkdir(parents=True, exist_ok=True)
    (target / "tokenizer.json").write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    _write_json(target / "tokenizer_config.json", HUGGING_FACE)
    if by_id:
        write_ranks(tokenizer, target / "ranks.tiktoken")
    compression = describe_compression(target / "tokenizer.json", passages, peers)
    report = _report(compression, sizes, numbers <= drawn, tuple(told))
    sample = {"documents": report.kept, "bytes": report.figures["sample_bytes"], "of_documents": report.read, "of_bytes": int(sizes.sum())}
    _write_json(target / "report.json", {"taken_from": config.file, "seed": config.seed, "sample": sample, **compression})
    return report


def _part_others(config: Tokenizer, others: Mapping[str, Path]) -> tuple[Path | None, dict[str, Path]]:
    """The file to take, if one is named, and those to measure beside it."""
    if config.file is not None and config.file not in others:
        known = ", ".join(others) or "none"
        raise ConfigError(f"tokenizer.file: side input {config.file!r} is no tokenizer; those added by `llm-assets tokenizer add`: {known}")
    given = None if config.file is None else others[config.file]
    return given, {name: path for name, path in others.items() if name != config.file}


def _warn_of_trained(tokenizer: tokenizers.Tokenizer, wanted: int) -> Iterator[str]:
    reached = vocabulary_size(tokenizer)
    if reached < wanted:
        yield f"the sample has too few pairs for a vocabulary of {wanted:,}: it became {reached:,}"


def _warn_of_taken(tokenizer: tokenizers.Tokenizer, documents: Iterator[Passage], *, by_id: bool) -> Iterator[str]:
    changed, tried = count_changed(tokenizer, (passage.text for passage in documents))
    if changed:
        yield f"of the first {tried:,} documents, {changed:,} do not come back from their tokens exactly: this tokenizer changes texts"
    if not by_id:
        yield "ranks.tiktoken is left out: the ids of this tokenizer are not in the order of its merges"


def _tell(documents: Iterator[Passage], total: int, engine: Engine) -> Iterator[str]:
    """Texts, and how many of them have been asked for."""
    for done, passage in enumerate(documents, 1):
        yield passage.text
        engine.progress("training the tokenizer", done, total, "documents")


def _report(compression: Mapping[str, Any], sizes: Bytes, sampled: npt.NDArray[np.bool_], warnings: tuple[str, ...]) -> Report:
    kept = int(sampled.sum())
    return Report(
        STAGE,
        read=sizes.size,
        kept=kept,
        rejected={"not_sampled": sizes.size - kept} if kept < sizes.size else {},
        figures={
            "vocabulary": compression["vocabulary"],
            "sample_bytes": int(sizes[sampled].sum()),
            "bytes_per_token": compression["bytes_per_token"],
            "dead_tokens": compression["dead_tokens"],
        },
        warnings=warnings,
    )


def _draw_documents(parts: Sequence[Path], seed: int, engine: Engine) -> tuple[Keys, Bytes]:
    drawn = list(engine.map(partial(_draw_part, seed=seed), parts, "drawing documents to train the tokenizer on"))
    numbers = np.concatenate([np.empty(0, np.uint64), *(numbers for numbers, _ in drawn)])
    sizes = np.concatenate([np.empty(0, np.int64), *(sizes for _, sizes in drawn)])
    return numbers, sizes


def _draw_part(part: Path, seed: int) -> tuple[Keys, Bytes]:
    numbers, sizes = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for batch in read_batches(part, ["doc", "text"]):
        numbers.append(draw_numbers(batch["doc"].to_numpy(), PURPOSE, seed))
        sizes.append(pc.binary_length(batch["text"]).to_numpy())
    return np.concatenate(numbers), np.concatenate(sizes)


def _read_documents(parts: Sequence[Path], cutoff: int, seed: int) -> Iterator[Passage]:
    for part in parts:
        for batch in read_batches(part, ["doc", "language", "url", "text"]):
            numbers = draw_numbers(batch["doc"].to_numpy(), PURPOSE, seed)
            chosen = batch.filter(pa.array(numbers <= cutoff))
            domains = map(name_domain, chosen["url"].to_pylist())
            yield from map(Passage, chosen["language"].to_pylist(), domains, chosen["text"].to_pylist())


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
