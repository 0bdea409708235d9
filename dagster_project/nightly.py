"""What is done at night, when nobody waits: every check is asked again, and every file held against the hash it was written with."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import ask
from dagster_project.resources import Pipeline
from llm_assets.damage import REMEDY, inspect_root
from llm_assets.display import for_plain_text
from llm_assets.errors import DataError, LockedError
from llm_assets.pii.redact import private_errors
from llm_assets.plan import ASSETS, Snapshot, label, list_outputs
from llm_assets.step import lock_output

SHOWN = 20
"""Damaged files that the error names; the log names all."""


@dg.op
def inspect_files(context: dg.OpExecutionContext, pipeline: Pipeline) -> None:
    """Hashes every file that a manifest names, and every archive on this disk that a crawl was read from."""
    count, damaged = 0, []
    for inspection in inspect_root(pipeline.root):
        count += 1
        if not inspection.whole:
            damaged.append(for_plain_text(str(inspection)))
            context.log.error(damaged[-1])
    context.add_output_metadata({"files": count, "damaged": len(damaged)})
    if damaged:
        more = f" and {len(damaged) - SHOWN:,} more" if len(damaged) > SHOWN else ""
        raise dg.Failure(f"{len(damaged):,} of {count:,} files: {'; '.join(damaged[:SHOWN])}{more}. {REMEDY}", allow_retries=False)
    context.log.info(f"{count:,} files are what they were")


@dg.op
def ask_checks(context: dg.OpExecutionContext, pipeline: Pipeline) -> None:
    """Asks every check of every current output again. One that fails now is noted as at first: nothing may read the output any more."""
    failed, count = [], 0
    with private_errors():
        snapshot = Snapshot.at_hand(pipeline.root, pipeline.load_recipe())
        for asset, crawl in _list_checked(snapshot):
            try:
                with lock_output(snapshot.root, asset, crawl):
                    if snapshot.root.manifest(asset, crawl) != snapshot.manifest(asset, crawl):
                        continue  # it has been replaced since, and what replaced it was checked
                    results = [ask(snapshot, check, asset, crawl) for check in ASSETS[asset].checks]
            except LockedError:
                context.log.info(f"{label(asset, crawl)} is being written, and its checks are asked then")
                continue
            except DataError as error:
                failed.append(f"{label(asset, crawl)}: {for_plain_text(str(error))}")
                continue
            for result in results:
                count += 1
                name = str(result.check_name)
                evaluation = dg.AssetCheckEvaluation(dg.AssetKey(asset), name, result.passed, result.metadata, partition=crawl)
                context.log_event(evaluation)  # type: ignore[arg-type]  # it takes these too, and does not say so
                if not result.passed:
                    failed.append(f"{label(asset, crawl)}: check {name} fails now")
    for each in failed:
        context.log.error(each)
    if failed:
        raise dg.Failure(f"{len(failed):,} faults, {count:,} checks asked: {'; '.join(failed[:SHOWN])}", allow_retries=False)
    context.log.info(f"{count:,} checks hold")


def _list_checked(snapshot: Snapshot) -> Iterator[tuple[str, str | None]]:
    """Outputs that are current and have checks."""
    return ((asset, crawl) for asset, crawl in list_outputs(snapshot.crawls) if ASSETS[asset].checks and snapshot.settled(asset, crawl))


@dg.job(description="Asks every check again, and holds every file against the hash it was written with. Fails where something is wrong.")
def nightly() -> None:
    """Only looks, and runs nothing else."""
    inspect_files()
    ask_checks()
