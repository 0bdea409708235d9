"""The Ray cluster that this process works with. Ray is imported only where it is asked for, and reports nothing to its authors."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
from types import ModuleType
from typing import Any

from llm_assets.errors import ConfigError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no usage reports
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # Ray's next default, which it else warns of
}
KNOCK_SECONDS = 10.0
STORE_BYTES = 256 << 20
"""Shared memory of a cluster that is started here: items and reports are small."""


def load_ray() -> ModuleType:
    """The library. ConfigError where it is not installed."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ConfigError("engine ray wants the extra of that name: pip install 'llm-assets[ray]'") from error
    return ray


def connect(address: str | None) -> None:
    """Joins a cluster, or starts one of this machine alone, which ends with this process. A process is in one cluster.

    ConfigError where none answers at ``address``.
    """
    ray = load_ray()
    if ray.is_initialized():
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        with contextlib.suppress(ConnectionError):
            ray.init(address="auto", **quiet)
            return
    if address in (None, "local"):
        ray.init(address="local", include_dashboard=False, object_store_memory=STORE_BYTES, **quiet)
        return
    try:
        _knock(address)
        ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(f"no Ray cluster answers at {address} ({error}): start one with `ray start --head`, or name another") from error


def _knock(address: str) -> None:
    """OSError where nothing listens: Ray itself would ask for minutes."""
    if at := re.fullmatch(r"\[?([^/\]]+)\]?:(\d+)", address):
        socket.create_connection((at[1], int(at[2])), timeout=KNOCK_SECONDS).close()


def count_cores() -> int:
    """Cores of all nodes that live."""
    return int(load_ray().cluster_resources().get("CPU", 0))
