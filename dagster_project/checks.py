"""The checks of ``llm_assets.checks`` as asset checks: no rows when healthy.

Those that ``plan.ASSETS`` names are blocking, in Dagster and beyond it: the outcome is noted beside the manifest, and the planner holds
back whatever reads an output whose checks have not passed. That a crawl's removal rates are within a band of the crawls before is
checked as well; where they are not it warns, and blocks nothing.
"""

from collections.abc import Iterator
from itertools import islice

import dagster as dg

from dagster_project.assets import GRAPH
from dagster_project.resources import Pipeline
from llm_assets.checks import CHECKS as QUESTIONS
from llm_assets.checks.rates import WATCHED, compare_rates
from llm_assets.display import for_markdown, for_plain_text
from llm_assets.formats.manifest import record_check
from llm_assets.plan import ASSETS, Snapshot

SHOWN = 20
"""Faulty rows that a check's page lists."""

RATES = "removal_rates_steady"


def _guard(asset: dg.AssetsDefinition) -> dg.AssetChecksDefinition:
    """All checks of an asset as one step, which costs what a step costs once."""
    name = asset.key.to_user_string()
    node = ASSETS[name]
    specs = [dg.AssetCheckSpec(check, asset=asset, blocking=True, description=QUESTIONS[check].__doc__) for check in node.checks]
    if name in WATCHED:
        specs.append(dg.AssetCheckSpec(RATES, asset=asset, description=_rates.__doc__))

    @dg.multi_asset_check(name=f"{name}_checks", specs=specs)
    def check(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> Iterator[dg.AssetCheckResult]:
        crawl = context.partition_key if node.per_crawl else None
        snapshot = pipeline.look(sound=crawl is not None)
        for question in node.checks:
            result = ask(snapshot, question, name, crawl)
            if not result.passed:
                pipeline.note_broken(context, name, crawl)
            yield result
        if name in WATCHED and crawl is not None:
            yield _rates(snapshot, name, crawl, pipeline.drift_band)

    return check


def ask(snapshot: Snapshot, question: str, asset: str, crawl: str | None) -> dg.AssetCheckResult:
    """Passed where there are no rows; noted for the planner either way."""
    rows = iter(QUESTIONS[question](snapshot, asset, crawl))
    first = [{name: for_plain_text(str(value), 200) for name, value in row.items()} for row in islice(rows, SHOWN)]
    count = len(first) + sum(1 for _ in rows)
    manifest = snapshot.manifest(asset, crawl)
    if manifest is not None:
        record_check(snapshot.root.place(asset, crawl), manifest.folder, question, not count, snapshot.root.put_text)
    return dg.AssetCheckResult(passed=not count, check_name=question, asset_key=asset, metadata={"rows": count, "first": first})


def _rates(snapshot: Snapshot, asset: str, crawl: str, band: float) -> dg.AssetCheckResult:
    """No rule takes a share of the documents far from what it took of the last crawls of the same source. Warns, blocks nothing."""
    compared = compare_rates(snapshot, asset, crawl, band)
    rows = "\n".join(f"| {for_markdown(each.rule)} | {each.share:.2%} | {each.usual:.2%} |" for each in compared.drifts)
    metadata: dict[str, dg.MetadataValue | str] = {
        "compared_with": ", ".join(compared.crawls) or "no crawl before it is large enough and like it",
        "band": f"{band:.2%}",
    }
    if rows:
        metadata["drifted"] = dg.MetadataValue.md(f"| rule | share | before |\n|---|---|---|\n{rows}")
    return dg.AssetCheckResult(
        passed=not compared.drifts,
        check_name=RATES,
        asset_key=asset,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(map(str, compared.drifts)) or None,
        metadata=metadata,
    )


CHECKS = [_guard(asset) for asset in GRAPH if ASSETS[asset.key.to_user_string()].checks]
