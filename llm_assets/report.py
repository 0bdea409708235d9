"""What a stage did, in numbers that must add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from llm_assets.errors import AccountingError

Figure = int | float | str


@dataclass(frozen=True)
class Report:
    """Documents read, kept and rejected by rule; raises AccountingError unless in = kept + rejected.

    ``unit`` says what is counted ("records", "documents", "files"); ``figures`` holds whatever else is worth a
    line (tokens, bytes, losses), never a text of a page that did not pass the redactor.
    """

    stage: str
    read: int
    kept: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    unit: str = "documents"
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        dropped = sum(self.rejected.values())
        if self.read != self.kept + dropped:
            raise AccountingError(f"{self.stage}: {self.read:,} {self.unit} in, but {self.kept:,} kept and {dropped:,} rejected")


def sum_reports(reports: Iterable[Report], stage: str, unit: str = "documents") -> Report:
    """One report for the parts of a stage: counts and numeric figures are added, other figures must agree."""
    read = kept = 0
    rejected: dict[str, int] = {}
    figures: dict[str, Figure] = {}
    warnings: dict[str, None] = {}
    for report in reports:
        read += report.read
        kept += report.kept
        for rule, count in report.rejected.items():
            rejected[rule] = rejected.get(rule, 0) + count
        for name, figure in report.figures.items():
            known = figures.get(name)
            if isinstance(figure, str) or isinstance(known, str):
                if known not in (None, figure):
                    raise AccountingError(f"{stage}: parts disagree on {name}: {known} and {figure}")
                figures[name] = figure
            else:
                figures[name] = figure if known is None else known + figure
        warnings.update(dict.fromkeys(report.warnings))
    return Report(stage, read, kept, dict(sorted(rejected.items())), figures, unit, tuple(warnings))
