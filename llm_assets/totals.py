"""A root in figures: what all its crawls came to, stage by stage, read off the manifests alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from llm_assets.quality.bounds import Filter
from llm_assets.report import Figure, Report, sum_reports
from llm_assets.report_page.figures import STAGES, Fall, falls_of
from llm_assets.root import DataRoot

MODEL_FIGURES = ("bits_per_byte", "validation_loss")


@dataclass(frozen=True)
class Totals:
    """Sums over ``crawls``: ``stages`` of the documents by asset; ``tokens`` of the shards; ``model`` holds the evaluation's figures."""

    crawls: int
    stages: Mapping[str, Report]
    tokens: int
    model: Mapping[str, float]

    @property
    def read(self) -> int:
        """Documents that came in: pages whose text was sought."""
        return self.stages[STAGES[0]].read if STAGES[0] in self.stages else 0

    @property
    def kept(self) -> int:
        """Documents of the corpus."""
        return self.stages[STAGES[-1]].kept if STAGES[-1] in self.stages else 0

    def metrics(self) -> dict[str, float]:
        """All of it as numbers by name, first what two runs are compared by."""
        numbers: dict[str, float] = {
            **self.model,
            "crawls": self.crawls,
            "documents.read": self.read,
            "documents.kept": self.kept,
            "tokens": self.tokens,
        }
        if self.read:
            numbers["documents.kept_fraction"] = self.kept / self.read
        for asset, report in self.stages.items():
            numbers[f"{asset}.kept"] = report.kept
            numbers |= {f"{asset}.rejected.{rule}": count for rule, count in report.rejected.items()}
        return numbers

    def falls(self, filters: Mapping[str, Filter]) -> list[Fall]:
        """The waterfall over all stages; what later stages have not seen yet is under way."""
        falls: list[Fall] = []
        left = self.read
        for asset, report in self.stages.items():
            for fall in falls_of(report, filters)[:-1]:
                falls.append(Fall(asset, fall.rule, fall.documents, left))
                left -= fall.documents
        if left > self.kept:
            falls.append(Fall("under way", "later stages were not materialized", left - self.kept, left))
        return [*falls, Fall(STAGES[-1], "kept", self.kept, self.kept)]


def sum_crawls(root: DataRoot, crawls: Iterable[str]) -> Totals:
    """The totals of some crawls, and of the root's model. A figure that is a rate is no part of a sum."""
    names = list(crawls)
    stages = {}
    for asset in STAGES:
        reports = [report for name in names if (report := _report(root, asset, name)) is not None]
        if reports:
            stages[asset] = sum_reports(reports, asset)
    shards = [report for name in names if (report := _report(root, "token_shards", name)) is not None]
    tokens = sum(int(each.figures.get(f"{split}_tokens", 0)) for each in shards for split in ("train", "validation"))
    evaluation = _report(root, "evaluation_samples", None)
    figures: Mapping[str, Figure] = evaluation.figures if evaluation else {}
    return Totals(len(names), stages, tokens, {name: float(figures[name]) for name in MODEL_FIGURES if name in figures})


def _report(root: DataRoot, asset: str, crawl: str | None) -> Report | None:
    manifest = root.manifest(asset, crawl)
    if manifest is None:
        return None
    said = manifest.report
    figures = {name: value for name, value in said["figures"].items() if isinstance(value, int | float)}
    return Report(said["stage"], said["read"], said["kept"], said["rejected"], figures, said["unit"])
