"""``python -m dagster_project.switches list|on NAME …|off NAME …``: schedules and sensors, turned on and off without a browser.

What it prints is JSON, a list of all there are. The instance remembers, so a daemon that runs, and each that is started later, acts on it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster._core.remote_representation.external import RemoteRepository, RemoteSchedule, RemoteSensor
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget

from llm_assets.errors import ConfigError, LLMAssetsError
from llm_assets.services import WORKSPACE

Switch = RemoteSchedule | RemoteSensor


def list_switches(instance: dg.DagsterInstance, repository: RemoteRepository) -> list[dict[str, Any]]:
    """All schedules and sensors: what they do, when, whether they are on, and how the last look ended."""
    return [_describe(instance, switch) for switch in _find_all(repository).values()]


def turn(instance: dg.DagsterInstance, repository: RemoteRepository, names: Sequence[str], *, on: bool) -> None:
    """Turns schedules and sensors on or off. ConfigError names those there are, and then none is changed."""
    known = _find_all(repository)
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(f"there is no schedule or sensor {unknown[0]!r}; there are: {', '.join(known)}")
    for name in names:
        switch = known[name]
        if isinstance(switch, RemoteSensor):
            if on:
                instance.start_sensor(switch)
            else:
                instance.stop_sensor(switch.get_remote_origin_id(), switch.selector_id, switch)
        elif on:
            instance.start_schedule(switch)
        else:
            instance.stop_schedule(switch.get_remote_origin_id(), switch.selector_id, switch)


def _find_all(repository: RemoteRepository) -> dict[str, Switch]:
    switches: list[Switch] = [*repository.get_schedules(), *repository.get_sensors()]
    return {switch.name: switch for switch in switches}


def _describe(instance: dg.DagsterInstance, switch: Switch) -> dict[str, Any]:
    origin, selector = switch.get_remote_origin_id(), switch.selector_id
    state = switch.get_current_instigator_state(instance.get_instigator_state(origin, selector))
    ticks = instance.get_ticks(origin, selector, limit=1)
    last = ticks[0] if ticks else None
    said = last and (last.error.message.strip() if last.error else last.skip_reason)
    if isinstance(switch, RemoteSchedule):
        kind, when = "schedule", f"{switch.cron_schedule} ({switch.execution_timezone or 'UTC'})"
    else:
        kind, when = "sensor", f"every {switch.min_interval_seconds} s"
    return {
        "name": switch.name,
        "kind": kind,
        "on": state.is_running,
        "when": when,
        "last_look": datetime.fromtimestamp(last.timestamp, UTC).isoformat(timespec="seconds") if last else None,
        "ended": last.status.value.lower() if last else None,
        "said": said or None,
        "does": switch.description,
    }


def main() -> None:
    """Reads the command line."""
    action, *names = sys.argv[1:]
    with (
        dg.DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, WorkspaceFileTarget(paths=[str(WORKSPACE)]), code_server_log_level="warning") as process,
    ):
        (location,) = process.create_request_context().code_locations
        (repository,) = location.get_repositories().values()
        try:
            if action != "list":
                turn(instance, repository, names, on=action == "on")
        except LLMAssetsError as error:
            sys.exit(str(error))
        sys.stdout.write(json.dumps(list_switches(instance, repository)) + "\n")


if __name__ == "__main__":
    main()
