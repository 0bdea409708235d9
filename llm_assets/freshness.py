"""How fresh everything is: for every asset and crawl whether it is current, stale, missing or failed, because of what, since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llm_assets.plan import ASSETS, Snapshot, Standing, label, split_label, survey

FOLDED = 4
"""Crawls of which the same is to be told of an asset, and that are then told in one row."""


@dataclass(frozen=True)
class Fold:
    """What is told of one output, or of those of several crawls of which the same is to be told."""

    label: str
    standings: tuple[Standing, ...]


def list_freshness(snapshot: Snapshot) -> list[dict[str, Any]]:
    """A row an output, in topological order, crawls by sequence: the columns of the catalog's ``freshness`` but ``judged``."""
    return [
        {
            "asset": each.asset,
            "crawl": each.crawl,
            "state": each.state,
            "because": list(each.because),
            "waits_for": list(each.waits_for),
            "since": find_since(snapshot, each),
            "seconds": each.seconds,
        }
        for each in survey(snapshot)
    ]


def find_since(snapshot: Snapshot, standing: Standing) -> datetime | None:
    """Since when an output stands as it does, as far as the root's files tell.

    What is current: since it was made. What failed: since it did. What is missing: since its crawl was declared. What is stale: since
    the last of what it reads was made or changed.
    """
    match standing.state:
        case "current":
            return _parse(standing.made)
        case "failed" if standing.failure is not None:
            return _parse(standing.failure.when)
        case "missing":
            return None if standing.crawl is None else _changed(snapshot.root.declaration_path(standing.crawl))
    return max((time for name in _changed_inputs(snapshot, standing) if (time := _moved(snapshot, name))), default=None)


def _changed_inputs(snapshot: Snapshot, standing: Standing) -> Iterable[str]:
    manifest = snapshot.manifest(standing.asset, standing.crawl)
    recorded = manifest.inputs if manifest else {}
    return (name for name, version in snapshot.inputs(standing.asset, standing.crawl).items() if recorded.get(name) != version)


def _moved(snapshot: Snapshot, name: str) -> datetime | None:
    """When an input got the version it has."""
    kind, _, rest = name.partition("/")
    root = snapshot.root
    if kind == "recipe":
        return _changed(root.recipe)
    if kind == "crawl":
        return _changed(root.declaration_path(rest))
    if kind == "input":
        return _changed(root.home / "inputs" / rest / "current")
    asset, crawl = split_label(name)
    manifest = snapshot.manifest(asset, crawl) if asset in ASSETS else None
    return _parse(manifest.created) if manifest else None


def _changed(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    except OSError:
        return None


def _parse(time: str | None) -> datetime | None:
    return datetime.fromisoformat(time) if time else None


def fold_standings(standings: Iterable[Standing]) -> list[Fold]:
    """Standings in their order; of one asset's, those of FOLDED crawls or more that differ in nothing but the crawl are one."""
    alike: dict[tuple[object, ...], list[Standing]] = {}
    for each in standings:
        own = f"[{each.crawl}]"
        told = tuple(text.replace(own, "[]") for text in (*each.because, "", *each.waits_for))
        alike.setdefault((each.asset, each.state, told), []).append(each)
    folds = []
    for several in alike.values():
        if len(several) >= FOLDED:
            folds.append(Fold(f"{several[0].asset}[{len(several):,} crawls]", tuple(several)))
        else:
            folds += [Fold(label(each.asset, each.crawl), (each,)) for each in several]
    return folds
