"""Is a crawl like those before it? Compares what share each rule took, over the reports in the manifests alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from llm_assets.formats.manifest import Manifest
from llm_assets.plan import Snapshot

WATCHED = ("extracted_text", "filtered_docs", "deduped_docs", "selected_docs")
"""Assets that reject documents."""

CRAWLS_COMPARED = 5
"""So many earlier crawls of the same source are what a crawl is held against: one odd crawl among them moves no median."""

LEAST_DOCUMENTS = 100
"""A crawl of fewer is neither judged nor compared with."""

STANDARD_ERRORS = 3
"""How far two shares must be apart, in standard errors of their difference, to differ by more than chance."""

DEFAULT_BAND = 0.05


@dataclass(frozen=True)
class Drift:
    """A rule that took another share (0..1) than usual; rule ``kept`` is what no rule took."""

    rule: str
    share: float
    usual: float

    def __str__(self) -> str:
        """As in ``filters.language took 41.0 % of documents, 8.0 % in the crawls before``."""
        verb = "documents kept are" if self.rule == "kept" else f"{self.rule} took"
        return f"{verb} {self.share:.1%} of what came in, {self.usual:.1%} in the crawls before"


@dataclass(frozen=True)
class Comparison:
    """What a crawl was compared with (names, the latest first; may be none), and how it differs, the largest difference first."""

    crawls: tuple[str, ...]
    drifts: tuple[Drift, ...]


def compare_rates(snapshot: Snapshot, asset: str, crawl: str, band: float = DEFAULT_BAND) -> Comparison:
    """Rules whose share of the documents is further than ``band`` (0..1) from the median of the crawls before.

    Those are the last CRAWLS_COMPARED enabled crawls of the same source with a smaller sequence number, made by the same recipe section
    and code, since a change of those is no drift of the web. Small crawls are excused, and so is what chance explains.
    """
    own = snapshot.manifest(asset, crawl)
    if own is None or own.report["read"] < LEAST_DOCUMENTS:
        return Comparison((), ())
    declared = snapshot.root.crawl(crawl)
    earlier = [each.name for each in snapshot.crawls.values() if each.sequence < declared.sequence and each.source == declared.source]
    found = {name: manifest for name in reversed(earlier) if (manifest := snapshot.manifest(asset, name)) and _is_comparable(own, manifest)}
    before = dict(list(found.items())[:CRAWLS_COMPARED])
    if not before:
        return Comparison((), ())
    shares, others = _shares(own), [_shares(manifest) for manifest in before.values()]
    documents = own.report["read"], min(manifest.report["read"] for manifest in before.values())
    drifts = []
    for rule in sorted({*shares, *(rule for each in others for rule in each)}):
        drift = Drift(rule, shares.get(rule, 0.0), median(each.get(rule, 0.0) for each in others))
        if abs(drift.share - drift.usual) > max(band, STANDARD_ERRORS * _standard_error(drift, *documents)):
            drifts.append(drift)
    return Comparison(tuple(before), tuple(sorted(drifts, key=lambda each: (-abs(each.share - each.usual), each.rule))))


def _is_comparable(own: Manifest, other: Manifest) -> bool:
    def made_by(manifest: Manifest) -> dict[str, str]:
        return {name: version for name, version in manifest.inputs.items() if name.startswith("recipe/")} | {"code": manifest.code_version}

    return other.report["read"] >= LEAST_DOCUMENTS and made_by(own) == made_by(other)


def _shares(manifest: Manifest) -> dict[str, float]:
    report: Mapping[str, Any] = manifest.report
    return {rule: count / report["read"] for rule, count in {**report["rejected"], "kept": report["kept"]}.items()}


def _standard_error(drift: Drift, documents: int, documents_before: int) -> float:
    """Of the difference of two shares that are the same in truth, by the pooled estimate."""
    pooled = (drift.share * documents + drift.usual * documents_before) / (documents + documents_before)
    return math.sqrt(pooled * (1 - pooled) * (1 / documents + 1 / documents_before))
