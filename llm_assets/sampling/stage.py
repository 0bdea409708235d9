"""Stage ``sampling``: a trained model and its validation shards in, what it says out.

Writes ``samples.json`` (continuations of the prompts), ``next_tokens.json`` (tables of next tokens with the correct one),
``next_tokens.png`` (the first of them drawn), ``scores.json``, ``scores_by_source.json`` (bits per byte by domain and by language of the
validation documents) and, where there is an index of the training set, ``traces.json`` (what of the samples stands in it). Every text
passes the redactor before it is written. On a CPU the same inputs give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.model.export import load_model
from llm_assets.pii.redact import redact_values
from llm_assets.report import Figure, Report
from llm_assets.sampling.config import BY_SOURCE, Sampling
from llm_assets.sampling.generate import generate
from llm_assets.sampling.next_token import tabulate_windows
from llm_assets.sampling.picture import draw_predictions
from llm_assets.sampling.score import score_shards
from llm_assets.sampling.sources import Sources, find_sources
from llm_assets.tokenizer.bpe import load_tokenizer
from llm_assets.training.batches import Windows, open_split
from llm_assets.training.determinism import reproducible

if TYPE_CHECKING:
    import tokenizers

    from llm_assets.trace.index import Index

STAGE = "sampling"

PICTURED = 4
"""Next-token tables that are drawn."""


def sample_model(
    model: Artefact,
    shards: Sequence[Artefact],
    target: Path,
    config: Sampling,
    device: str,
    corpora: Sequence[Artefact | None] | None = None,
    index: Index | None = None,
) -> Report:
    """Samples a model folder, and scores it on the validation split of ``shards``; traces the samples by an ``index`` of the train split.

    ``corpora`` are what each of the shards was packed from, None where that is gone; without them nothing is told by source. The
    report counts prompts. DataError where the model cannot be read, or the shards are of another tokenizer.
    """
    tokenizer_json = model.path("tokenizer.json")
    tokenizer = load_tokenizer(tokenizer_json)
    transformer = load_model(model.whole(), device)
    validation = open_split(shards, "validation", hash_file(tokenizer_json))
    windows = Windows([tokens for _, tokens in validation], transformer.dimensions.context)
    figures: dict[str, Figure] = {}
    sources = find_sources(shards, corpora) if corpora is not None else None
    with reproducible(1, transformer.cos.device.type):
        decodings = [config.model_copy(update={"seed": config.seed + number}) for number in range(len(config.prompts))]
        texts = generate(transformer, tokenizer, config.prompts, decodings)
        samples = [{"prompt": prompt, "text": text} for prompt, text in zip(config.prompts, texts, strict=True)]
        tables = list(tabulate_windows(transformer, tokenizer, windows, windows.spread(config.windows), config.top))
        if len(windows):
            score = score_shards(transformer, tokenizer, windows, config.scored_windows, sources)
            figures = {"validation_loss": score.loss, "bits_per_byte": score.bits_per_byte, "tokens_scored": score.tokens}
            figures |= _by_language(sources)
    target.mkdir(parents=True, exist_ok=True)
    written: dict[str, object] = {"samples.json": samples, "next_tokens.json": [asdict(table) for table in tables], "scores.json": figures}
    if sources is not None:
        written[BY_SOURCE] = sources.describe()
    for name, value in written.items():
        (target / name).write_text(json.dumps(redact_values(value), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    longest = _trace_samples(index, tokenizer, samples, target, config)
    (target / "next_tokens.png").write_bytes(draw_predictions(tables[:PICTURED]))
    no_validation = "no shard of the split validation has a whole window: there are no scores and no next-token tables"
    return Report(
        STAGE,
        read=len(config.prompts),
        kept=len(config.prompts),
        figures=figures | longest,
        unit="prompts",
        warnings=() if figures else (no_validation,),
    )


def _by_language(sources: Sources | None) -> dict[str, Figure]:
    """Bits per byte of each language, where there are several."""
    languages = sources.by("languages") if sources is not None else {}
    return {f"bits_per_byte.{name}": score.bits_per_byte for name, score in languages.items()} if len(languages) > 1 else {}


def _trace_samples(
    index: Index | None, tokenizer: tokenizers.Tokenizer, samples: Sequence[Mapping[str, str]], target: Path, config: Sampling
) -> dict[str, Figure]:
    if index is None:
        return {}
    from llm_assets.sampling.memory import write_traces  # wants numba, which a machine that only trains has not

    return {"longest_run_tokens": write_traces(index, tokenizer, samples, target, config.run_tokens)}
