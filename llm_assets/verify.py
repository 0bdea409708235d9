"""Are two data roots the same? Compares what the promise covers: tables, shards, tokenizer and model, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llm_assets.formats.manifest import Manifest
from llm_assets.plan import label, list_outputs
from llm_assets.root import DataRoot

COVERED = (".parquet", ".tokens", "tokenizer.json", ".safetensors", "training_set.json", "parts.json", ".npy")
"""Endings of files that must be equal. Reports, curves and samples are for people and outside the promise."""


@dataclass(frozen=True)
class Comparison:
    """One file of one output in both roots. ``verdict`` is equal, differs, damaged, or only here or there."""

    output: str
    file: str
    verdict: str

    @property
    def equal(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.verdict == "equal"


def compare_roots(ours: DataRoot, theirs: DataRoot) -> Iterator[Comparison]:
    """Every covered file that a manifest of either root names, its bytes hashed anew."""
    names = sorted({crawl.name for root in (ours, theirs) for crawl in root.crawls()})
    for asset, crawl in list_outputs(names):
        here, there = (_hash_files(root, asset, crawl) for root in (ours, theirs))
        for file in sorted({*here, *there}):
            yield Comparison(label(asset, crawl), file, _compare(here.get(file), there.get(file)))


def _compare(here: str | None, there: str | None) -> str:
    if here is None or there is None:
        return "only there" if here is None else "only here"
    if "damaged" in (here, there):
        return "damaged"
    return "equal" if here == there else "differs"


def _hash_files(root: DataRoot, asset: str, crawl: str | None) -> dict[str, str]:
    manifest: Manifest | None = root.manifest(asset, crawl)
    if manifest is None:
        return {}
    folder = root.place(asset, crawl) / manifest.folder
    hashes = {}
    for entry in manifest.files:
        if entry.path.endswith(COVERED):
            hashes[entry.path] = entry.sha256 if root.hash(folder / entry.path) == entry.sha256 else "damaged"
    return hashes
