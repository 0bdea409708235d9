"""Which files of a root are small and always wanted, and which lie in folders that come when they are read."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

OUTPUT_FOLDER = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")
"""Name of an output's folder: when it was begun, and a draw that keeps two of the same second apart."""

DIGEST_FOLDER = re.compile(r"[0-9a-f]{64}")
"""Name of a version of a side input."""

ROOTS_BELOW = ("samples", "ablations")
"""Folders of a root that hold roots of their own."""


def is_small(path: str) -> bool:
    """Whether a file, by its path in the root, is one that every look at a root reads: declarations, manifests and what is beside them.

    >>> is_small("crawls/demo.toml"), is_small("filtered_docs/demo/manifest.json"), is_small("inputs/ut1/current")
    (True, True, True)
    >>> is_small("tokenizer/20261129T101500-0a1b2c3d/tokenizer.json"), is_small(".locks/tokenizer/3"), is_small("catalog.duckdb")
    (False, False, False)
    """
    *folders, name = PurePosixPath(path).parts
    if folders and folders[0] in ROOTS_BELOW:
        return False
    if any(each.startswith(".") or OUTPUT_FOLDER.fullmatch(each) or DIGEST_FOLDER.fullmatch(each) for each in (*folders, name)):
        return False
    return name == "current" or name.endswith((".toml", ".json", ".jsonl"))
