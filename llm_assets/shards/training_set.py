"""Which crawls the next model is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def choose_training_set(tokens: Mapping[str, int], previous: Sequence[str], growth: float) -> tuple[str, ...]:
    """Names of the crawls, in the order of ``tokens`` (crawl to its training tokens).

    The previous choice stands, less the crawls that are gone, until all crawls together have ``1 + growth`` times its
    tokens; then all are chosen. So a model is not trained anew for every small crawl. Where there is no previous choice, or
    it was made of shards of another tokenizer and is given as empty, all are chosen.

    >>> choose_training_set({"a": 100, "b": 5}, previous=["a"], growth=0.1)
    ('a',)
    >>> choose_training_set({"a": 100, "b": 5, "c": 5}, previous=["a"], growth=0.1)
    ('a', 'b', 'c')
    """
    standing = tuple(crawl for crawl in tokens if crawl in previous)
    if sum(tokens.values()) >= (1 + growth) * sum(tokens[crawl] for crawl in standing):
        return tuple(tokens)
    return standing
