"""Training a tokenizer on documents, one thread. Judged by what it compresses them to, and beside the trainer of tokenizers alone
on the same texts, in the same run: the seconds that takes, and whether it learns the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from benchmarks.documents import FEW, read_documents
from benchmarks.measure import Work, cpu_seconds
from benchmarks.trial import Trial
from llm_assets.report import Figure
from llm_assets.tokenizer import config
from llm_assets.tokenizer.bpe import split_words, thread_pool, train_bpe
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
        before = cpu_seconds()
        alone = _train_alone(texts, trial.recipe.tokenizer)
        spent = cpu_seconds() - before
        tokenizer.save(str(path))
        report = describe_compression(path, lambda: (Passage("und", "", text) for text in texts[:MEASURED_DOCUMENTS]))
        return {
            "tokenizers_cpu_s": float(f"{spent:.4g}"),
            "equal_tokens": sum(alone.token_to_id(name) == token for name, token in tokenizer.get_vocab().items()),
            **{name: report[name] for name in ("vocabulary", "bytes_per_token", "dead_tokens")},
        }

    return Work(len(texts), sum(len(text.encode()) for text in texts), lambda: train(texts[:FEW]), lambda: train(texts), judge)


def _train_alone(texts: Sequence[str], section: config.Tokenizer) -> Tokenizer:
    """What the library's own documentation does, with the recipe's split and vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = split_words(section.max_digits)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=section.vocabulary,
        min_frequency=section.min_frequency,
        special_tokens=list(section.special_tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    with thread_pool(enabled=False):
        tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
