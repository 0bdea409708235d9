"""Training a tokenizer on documents, one thread. Judged by what it compresses them to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenizers import Tokenizer

from benchmarks.documents import FEW, read_documents
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.report import Figure
from llm_assets.tokenizer.bpe import thread_pool, train_bpe
from llm_assets.tokenizer.compression import Passage, describe_compression

MEASURED_DOCUMENTS = 1_000


def prepare(trial: Trial) -> Work[Tokenizer]:
    """Texts in memory."""
    texts = [document.text for document in read_documents(trial.input, trial.limit)]

    def train(chosen: Sequence[str]) -> Tokenizer:
        with thread_pool(enabled=False):
            return train_bpe(chosen, trial.recipe.tokenizer)

    def judge(tokenizer: Tokenizer) -> Mapping[str, Figure | None]:
        path = trial.scratch / "tokenizer.json"
        tokenizer.save(str(path))
        report = describe_compression(path, lambda: (Passage("und", "", text) for text in texts[:MEASURED_DOCUMENTS]))
        return {name: report[name] for name in ("vocabulary", "bytes_per_token", "dead_tokens")}

    return Work(len(texts), sum(len(text.encode()) for text in texts), lambda: train(texts[:FEW]), lambda: train(texts), judge)
