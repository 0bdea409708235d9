"""Materializes what the planner says, group by group, as Dagster runs in this process.

After each group the planner is asked again, so an output that came out identical stops the wave. A crawl that fails is
run no further and waited for by none; the others and what is global go on without it. The exit status is 1 where anything failed.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import dagster as dg
from rich.console import Console
from rich.markup import escape

from dagster_project.automation import report_declarations
from dagster_project.definitions import defs
from dagster_project.launcher import host_tag
from dagster_project.notices import deliver, drifts_of, notices_of, reason_of
from dagster_project.progress import shown_progress
from dagster_project.resources import Pipeline
from dagster_project.tracking.pipeline_run import record_invocation
from llm_assets.display import for_terminal
from llm_assets.errors import LLMAssetsError
from llm_assets.formats.manifest import Manifest
from llm_assets.instance import explain_failure
from llm_assets.plan import ASSETS, Group, Snapshot, label, runnable, survey
from llm_assets.root import DataRoot
from llm_assets.services import end_with
from llm_assets.shelves import update_catalog

SETTINGS = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

INTERRUPTED = 128 + signal.SIGINT
"""Exit status, as shells have it."""


def _tell(console: Console, root: DataRoot, asset: str, crawl: str | None, *, quiet: bool) -> None:
    manifest = root.manifest(asset, crawl)
    if manifest is None:
        return
    report = manifest.report
    rejected = report["read"] - report["kept"]
    line = f"  [green]✓[/] {escape(label(asset, crawl))}: {report['read']:,} {report['unit']} in, {report['kept']:,} kept"
    if not quiet:
        console.print(line + (f", {rejected:,} rejected" if rejected else "") + f"  [dim]{manifest.seconds:.1f} s[/]")
    of = f"{escape(label(asset, crawl))}: " if quiet else ""
    for warning in report["warnings"]:
        console.print(f"    [yellow]warning:[/] {of}{for_terminal(warning)}")


def _run_group(pipeline: Pipeline, group: Group, instance: dg.DagsterInstance, console: Console, tags: Mapping[str, str]) -> str | None:
    """One Dagster run. Returns what failed, or None. KeyboardInterrupt where it was interrupted."""
    job = defs.resolve_implicit_global_asset_job_def()
    result = job.get_subset(asset_selection={dg.AssetKey(asset) for asset in group.assets}).execute_in_process(
        instance=instance,
        partition_key=group.crawl,
        run_config=SETTINGS,
        raise_on_error=False,
        resources={"pipeline": pipeline},
        tags={**host_tag(), **tags},
    )
    failures = [event for event in result.all_events if event.is_step_failure]
    error = failures[0].step_failure_data.error if failures else None
    if error is not None and error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
        raise KeyboardInterrupt
    for drift in drifts_of(result.dagster_run, result.all_events):
        console.print(f"    [yellow]warning:[/] {for_terminal(drift.where)}: {for_terminal(drift.said)}", soft_wrap=True)
    deliver(notices_of(result.dagster_run, result.all_events, succeeded=result.success), _warn(console))
    return None if result.success else reason_of(result.all_events)


def _warn(console: Console) -> Callable[[str], None]:
    return lambda said: console.print(f"[yellow]warning:[/] {for_terminal(said)}", soft_wrap=True)


def run(root: DataRoot, pipeline: Pipeline, console: Console, *, quiet: bool = False, until: str | None = None) -> bool:
    """Runs until nothing is left to run, or nothing of what comes before an asset and itself. True where nothing failed.

    Quiet, it tells only warnings and what failed.
    """
    wanted = list(ASSETS)[: list(ASSETS).index(until) + 1] if until else list(ASSETS)
    recipe = pipeline.load_recipe()
    failed: dict[str, str] = {}
    ran = 0
    with dg.DagsterInstance.get() as instance, record_invocation(root, recipe, "llm-assets run") as recording:
        while True:
            for event in report_declarations(instance, root):
                instance.report_runless_asset_event(event)
            snapshot = Snapshot(root, recipe, frozenset(failed))
            left = [each for each in survey(snapshot) if each.asset in wanted]
            groups = [group for group in runnable(left) if (group.crawl or "") not in failed]
            if not groups:
                break
            group = groups[0]
            before = {asset: _version(root.manifest(asset, group.crawl)) for asset in group.assets}
            with shown_progress(console, quiet=quiet):
                problem = _run_group(pipeline, group, instance, console, recording().dagster_tags)
            done = [asset for asset in group.assets if _version(root.manifest(asset, group.crawl)) != before[asset]]
            ran += len(done)
            for asset in done:
                _tell(console, root, asset, group.crawl, quiet=quiet)
                recording().note(root.manifest(asset, group.crawl))
            if problem is not None:
                console.print(f"  [red]✗[/] {for_terminal(problem)}", soft_wrap=True)
                failed[group.crawl or ""] = problem
                recording().note_failure(group.crawl, [asset for asset in group.assets if asset not in done])
                if group.crawl is None:
                    break
    update_catalog(root)
    return _conclude(console, Snapshot(root, recipe, frozenset(failed)), wanted, ran, failed, quiet=quiet)


def _version(manifest: Manifest | None) -> str | None:
    return manifest.folder if manifest else None


def _conclude(console: Console, snapshot: Snapshot, wanted: Sequence[str], ran: int, failed: dict[str, str], *, quiet: bool) -> bool:
    waiting = [each for each in survey(snapshot) if each.asset in wanted and (each.state != "current" or each.waits_for)]
    if failed:
        console.print(f"[red]failed:[/] {', '.join(for_terminal(name or 'the global assets') for name in failed)}")
    elif not snapshot.crawls:
        console.print("no crawl is declared: `llm-assets crawl add NAME --source …` declares one")
    elif waiting:
        first = waiting[0]
        console.print(f"[yellow]not run:[/] {escape(first.label)} waits for {for_terminal(', '.join(first.waits_for))}")
    elif not (ran or quiet):
        console.print("everything is current: nothing to run")
    return not failed


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m dagster_project", description=__doc__)
    parser.add_argument("--engine")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--device")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--until", choices=list(ASSETS), metavar="ASSET")
    parser.add_argument("--ends-with", type=int, metavar="DESCRIPTOR")
    arguments = vars(parser.parse_args())
    quiet, starter, until = arguments.pop("quiet"), arguments.pop("ends_with"), arguments.pop("until")
    if starter is not None:
        end_with(starter)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    console = Console(width=None if sys.stdout.isatty() else 180)
    pipeline = Pipeline(**{name: value for name, value in arguments.items() if value is not None})
    began = time.monotonic()
    try:
        well = run(pipeline.root, pipeline, console, quiet=quiet, until=until)
    except LLMAssetsError as error:
        console.print(f"[red]error:[/] {for_terminal(str(error))}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("interrupted: the next `llm-assets run` goes on from here")
        sys.exit(INTERRUPTED)
    except Exception as error:
        said = explain_failure(pipeline.root, error)
        if said is None:
            raise
        console.print(f"[red]error:[/] {for_terminal(said)}", soft_wrap=True)
        sys.exit(1)
    if not quiet:
        console.print(f"[dim]{time.monotonic() - began:.0f} s[/]")
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
