"""A process of its own for the parsers, so that a page can take down no more than itself.

Whatever hangs, explodes or crashes on a page does so in a child process that the operating system holds to a budget of
CPU seconds and memory. That page becomes a rejection with rule ``budget`` and detail ``cpu``, ``memory`` or ``crash``;
the next one gets a new child. Wall-clock time plays no part: a busy machine rejects nothing.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from llm_assets.errors import DataError
from llm_assets.extract.config import Extraction
from llm_assets.extract.page import Outcome, Page, PageText
from llm_assets.extract.rejection import Rejection

ATTEMPTS = 3
"""Children that a page may see killed from outside (a person, the system out of memory) before the run ends."""

# The search path is handed over, so that the child imports what this process would; its ``__main__`` it never needs.
_START = "import sys; sys.path[:] = sys.argv[2:]; from llm_assets.extract.child import main; main(int(sys.argv[1]))"
_FROM_OUTSIDE = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP})


class Sandbox:
    """Reads pages in a child process, started with the first page and again after each that broke its budget.

    ``read`` is :func:`~llm_assets.extract.page.read_page`, or a picklable function of its form.
    """

    def __init__(self, extraction: Extraction, read: Callable[[Page, Extraction], Outcome]) -> None:
        self._extraction = extraction
        self._read = read
        self._child: tuple[subprocess.Popen[bytes], Connection] | None = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    @property
    def process_id(self) -> int | None:
        """The child's, where there is one."""
        return None if self._child is None else self._child[0].pid

    def read(self, page: Page) -> Outcome:
        """What the page gave. DataError where its child is killed from outside again and again."""
        for _ in range(ATTEMPTS):
            answer = self._ask(page)
            if isinstance(answer, int):
                self._stop()
                if answer not in _FROM_OUTSIDE:
                    return self._exceed("cpu" if answer == -signal.SIGXCPU else "crash")
            elif "exceeded" in answer:
                self._stop()
                return self._exceed(answer["exceeded"])
            else:
                return PageText(*answer["text"]) if "text" in answer else Rejection(*answer["rejection"])
        raise DataError(f"the process that reads pages was killed {ATTEMPTS} times at the same page: out of memory?")

    def _exceed(self, what: str) -> Rejection:
        high = {"cpu": self._extraction.max_cpu_seconds, "memory": self._extraction.max_memory_bytes}.get(what)
        return Rejection("budget", high=high, detail=what)

    def _ask(self, page: Page) -> dict[str, Any] | int:
        """The child's answer, or the exit status it died with."""
        process, connection = self._child = self._child or _start(self._read, self._extraction)
        with contextlib.suppress(OSError, EOFError):
            connection.send(page)
            answer: dict[str, Any] = json.loads(connection.recv_bytes())
            return answer
        return process.wait()

    def _stop(self) -> None:
        if self._child is not None:
            process, connection = self._child
            self._child = None
            connection.close()
            process.kill()
            process.wait()


def _start(read: Callable[[Page, Extraction], Outcome], extraction: Extraction) -> tuple[subprocess.Popen[bytes], Connection]:
    """A child that is ready. DataError where there is none to be had, lest its pages be blamed."""
    ours, theirs = multiprocessing.Pipe()
    with theirs:
        command = [sys.executable, "-c", _START, str(theirs.fileno()), *sys.path]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    try:
        ours.send((read, extraction))
        ours.recv_bytes()
    except (OSError, EOFError) as error:
        ours.close()
        raise DataError(f"the process that reads pages did not start (exit status {process.wait()})") from error
    return process, ours
