"""The child process of :mod:`llm_assets.extract.sandbox`: reads one page after another until its parent hangs up.

It answers in JSON, which its parent can read safely even if a page took the child over.
"""

from __future__ import annotations

import json
import math
import resource
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from llm_assets.extract.config import Extraction
from llm_assets.extract.page import Outcome, Page, PageText

_ROOM = 2
"""Times the memory budget at which the system refuses more. Parsers swallow that refusal and go on with half a page, so it lies
beyond the budget, where what was taken shows that the page is to be rejected."""


def main(descriptor: int) -> None:
    """Serves the parent at the other end of a socket, given by its file descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and hangs up
    connection = Connection(descriptor)
    try:
        read, extraction = connection.recv()
        _limit_memory(extraction.max_memory_bytes)
        connection.send_bytes(b"ready")
        while True:
            page = connection.recv()
            connection.send_bytes(json.dumps(_read_within_budget(read, page, extraction)).encode())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _read_within_budget(read: Callable[[Page, Extraction], Outcome], page: Page, extraction: Extraction) -> dict[str, Any]:
    start = time.process_time()
    _limit_cpu(start + extraction.max_cpu_seconds)
    try:
        outcome = read(page, extraction)
    except MemoryError:
        return {"exceeded": "memory"}
    if _peak_memory() > extraction.max_memory_bytes:
        return {"exceeded": "memory"}
    if time.process_time() - start > extraction.max_cpu_seconds:
        return {"exceeded": "cpu"}
    return {"text" if isinstance(outcome, PageText) else "rejection": outcome}


def _limit_cpu(seconds: float) -> None:
    """Has the system end this process (SIGXCPU) at the first whole second of CPU time after ``seconds``."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_within(math.ceil(seconds), hard), hard))


def _limit_memory(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is expected here; its image helps nobody
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_within(psutil.Process().memory_info().vms + _ROOM * size, hard), hard))


def _peak_memory() -> int:
    """Most bytes this process has held. Linux counts those of the parent before ``exec`` among the resource usage, so not there."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS, where the unit is a byte
    _, _, peak = status.read_bytes().partition(b"VmHWM:")
    return int(peak.split(maxsplit=1)[0]) * 1024


def _within(wanted: int, hard: int) -> int:
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
