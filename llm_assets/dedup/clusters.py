"""Pairs in, clusters out: the connected components of a graph whose edges are pairs of copies."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

PAIRS = pa.schema([pa.field("doc", pa.uint64()), pa.field("elder", pa.uint64())])
"""Two documents that belong together."""

CLUSTERS = pa.schema([pa.field("doc", pa.uint64(), False), pa.field("root", pa.uint64(), False)])
"""A document of a cluster, and the oldest one there; the oldest itself has no row."""


def join_pairs(pairs: pa.Table) -> pa.Table:
    """Clusters of ``PAIRS``, as rows of ``CLUSTERS`` by document. Memory: some 60 bytes a pair."""
    young, old = (pairs.column(name).to_numpy() for name in ("doc", "elder"))
    docs, places = np.unique(np.concatenate([young, old]), return_inverse=True)
    edges = (np.ones(len(young), np.bool_), (places[: len(young)], places[len(young) :]))
    count, labels = connected_components(coo_array(edges, shape=(len(docs), len(docs))), directed=False)
    roots = np.full(count, len(docs), np.int64)
    np.minimum.at(roots, labels, np.arange(len(docs)))  # documents are sorted: the least place is the oldest
    root_of = docs[roots[labels]] if len(docs) else docs
    joined = root_of != docs
    return pa.table([docs[joined], root_of[joined]], schema=CLUSTERS)
