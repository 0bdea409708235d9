"""The graph as far as versions are concerned: which asset reads which, which recipe sections, at which code version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from llm_assets.section import fingerprint


@dataclass(frozen=True)
class Node:
    """An asset of the graph, as far as versions are concerned.

    ``reads`` names assets (of the same crawl, where both have crawls), ``sections`` the recipe's, ``kept`` the tables and
    files that the data version covers, ``checks`` those an output must have passed before anything may read it. ``code`` is
    raised by hand when the same inputs give other bytes.
    """

    name: str
    reads: tuple[str, ...]
    sections: tuple[str, ...]
    kept: tuple[str, ...]
    per_crawl: bool = True
    checks: tuple[str, ...] = ()
    code: str = "1"


ASSETS = {
    node.name: node
    for node in (
        Node("raw_crawl", (), (), ("files",)),
        Node(
            "extracted_text",
            ("raw_crawl",),
            ("url_filter", "opt_outs", "prescreen", "extraction"),
            ("texts",),
            checks=("nothing_lost",),
            code="5",
        ),
        Node("quality_signals", ("extracted_text",), ("cleaning", "language", "signals"), ("signals",), checks=("nothing_lost",), code="2"),
        Node("filtered_docs", ("quality_signals",), ("filters",), ("docs",), checks=("nothing_lost", "bounds_held")),
        Node("minhash_signatures", ("extracted_text",), ("cleaning", "signatures"), ("signatures",), checks=("nothing_lost",), code="3"),
        Node(
            "deduped_docs",
            ("filtered_docs", "minhash_signatures"),
            ("dedup",),
            ("docs",),
            checks=("nothing_lost", "survivors_passed"),
            code="2",
        ),
        Node(
            "overlap_signals",
            ("extracted_text", "deduped_docs"),
            ("cleaning", "contamination", "repetition"),
            ("evaluations", "contamination", "repetition"),
            code="2",
        ),
        Node(
            "selected_docs",
            ("extracted_text", "minhash_signatures", "deduped_docs", "overlap_signals"),
            ("selection",),
            ("docs",),
            checks=("nothing_lost",),
        ),
        Node(
            "pii_scrubbed_corpus",
            ("raw_crawl", "extracted_text", "quality_signals", "selected_docs"),
            ("cleaning", "pii"),
            ("corpus",),
            checks=("nothing_lost", "keys_unique", "no_pii_left"),
            code="3",
        ),
        Node("tokenizer", ("pii_scrubbed_corpus",), ("tokenizer",), ("tokenizer.json",), per_crawl=False, code="2"),
        Node(
            "token_shards",
            ("pii_scrubbed_corpus", "deduped_docs", "tokenizer"),
            ("shards",),
            ("documents", "*.tokens"),
            checks=("splits_disjoint", "shards_complete", "tokens_match", "shards_decode"),
        ),
        Node("training_set", ("token_shards", "tokenizer"), ("training_set",), ("training_set.json",), per_crawl=False),
        Node("trace_index", ("training_set",), ("trace_index",), ("parts.json", "*.npy"), per_crawl=False),
        Node(
            "trained_model",
            ("training_set", "tokenizer"),
            ("model", "training"),
            ("model.safetensors", "config.json"),
            per_crawl=False,
            checks=("loss_finite",),
            code="2",
        ),
        Node(
            "evaluation_samples",
            ("trained_model", "training_set", "trace_index"),
            ("sampling",),
            ("samples.json", "next_tokens.json", "traces.json"),
            per_crawl=False,
            checks=("samples_whole",),
            code="3",
        ),
    )
}
"""The graph in topological order. Beside it, ``deduped_docs`` reads ``seniors``: see :meth:`llm_assets.plan.Snapshot.seniors`."""

PER_CRAWL = tuple(node.name for node in ASSETS.values() if node.per_crawl)
"""Assets with an output for each crawl. The others are global."""

SENIORS_OF = ("filtered_docs", "minhash_signatures")
"""What a crawl's deduplication reads of every older crawl."""


def label(asset: str, crawl: str | None) -> str:
    """How an output is written: ``extracted_text[demo]``, ``tokenizer``."""
    return asset if crawl is None else f"{asset}[{crawl}]"


def split_label(label: str) -> tuple[str, str | None]:
    """Inverse of :func:`label`.

    >>> split_label("extracted_text[demo]"), split_label("tokenizer")
    (('extracted_text', 'demo'), ('tokenizer', None))
    """
    asset, _, crawl = label.removesuffix("]").partition("[")
    return asset, crawl or None


def list_outputs(crawls: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Asset and crawl of every output there can be, assets in topological order, crawls in their own."""
    names = list(crawls)
    for node in ASSETS.values():
        for crawl in names if node.per_crawl else [None]:
            yield node.name, crawl


def read_key(asset: str, inputs: Mapping[str, str | None]) -> str:
    """Fingerprint of all that a step of an asset reads: of the same key, it does the same work."""
    known = {name: version for name, version in inputs.items() if version is not None}
    return fingerprint([asset, ASSETS[asset].code, known])
