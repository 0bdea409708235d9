"""How fresh everything is, on Dagster's own pages: an external asset whose latest event holds the tables.

Dagster's global graph shows no partitioned asset as stale, and it cannot know what the planner knows.
"""

from __future__ import annotations

from collections import Counter

import dagster as dg

from llm_assets.display import for_plain_text
from llm_assets.freshness import find_since, fold_standings
from llm_assets.plan import ASSETS, Snapshot, State, survey
from llm_assets.section import fingerprint

STATES: tuple[State, ...] = ("current", "stale", "missing", "failed")
SHOWN = 200
"""Rows of what is not current. The catalog's `freshness` and `llm-assets status` have them all."""

freshness = dg.AssetSpec(
    "freshness",
    group_name="operation",
    kinds={"table"},
    description="How every output stands: current, stale and because of what, missing, failed. A sensor reports it when it changes; "
    "the tables are in the metadata of the latest event. The same is told by `llm-assets status` and the catalog's view `freshness`.",
)


def describe_freshness(snapshot: Snapshot) -> tuple[str, dict[str, dg.MetadataValue | int | str]]:
    """Its data version, which moves where anything has changed; and counts by asset and state, and why what is not current is not."""
    standings = survey(snapshot)
    faults = snapshot.root.crawl_faults()
    counts = {name: Counter(each.state for each in standings if each.asset == name) for name in ASSETS}
    totals = Counter(each.state for each in standings)
    behind = [
        {
            "output": fold.label,
            "state": fold.standings[0].state,
            "because": for_plain_text(", ".join(fold.standings[0].because), 500),
            "waits_for": ", ".join(fold.standings[0].waits_for)[:500],
            "since": str(find_since(snapshot, fold.standings[0]) or ""),
        }
        for fold in fold_standings(each for each in standings if not each.settled)
    ]
    behind[:0] = [
        {"output": f"crawl {name}", "state": "failed", "because": for_plain_text(str(fault), 500), "waits_for": "", "since": ""}
        for name, fault in faults.items()
    ]
    assets: list[dict[str, str | int]] = []
    for name in ASSETS:
        row: dict[str, str | int] = {"asset": name}
        assets.append(row | {str(state): counts[name][state] for state in STATES})
    metadata: dict[str, dg.MetadataValue | int | str] = {"not_current": "nothing"}
    metadata |= {str(state): totals[state] for state in STATES}
    metadata["by_asset"] = dg.MetadataValue.table([dg.TableRecord(row) for row in assets])
    if behind:
        metadata["not_current"] = dg.MetadataValue.table([dg.TableRecord(row) for row in behind[:SHOWN]], schema=_schema(*behind[0]))
    return fingerprint([assets, behind]), metadata


def _schema(*columns: str) -> dg.TableSchema:
    return dg.TableSchema([dg.TableColumn(name, "string") for name in columns])
