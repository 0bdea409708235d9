"""Results come in the order of the items, wherever they were made; a killed worker costs its item another try, and no more."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from llm_assets.engine import LocalEngine, advance
from llm_assets.engine.meter import Meter, find_path
from llm_assets.errors import DataError

Told = list[tuple[str, int, int | None, str, str]]


def slow_square(number: int) -> int:
    time.sleep(0.02 * (number % 3))
    return number * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise DataError("three", "file", 3)
    return number


class UnpicklableError(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def fail_strangely(number: int) -> int:
    raise UnpicklableError(number, 2)


def give_a_function(number: int) -> Callable[[], int]:
    return lambda: number


def die(path: Path) -> Path:
    os.kill(os.getpid(), signal.SIGKILL)
    return path


def die_once(number: int, folder: Path) -> int:
    """Dies at the first item of every worker's that has not been tried yet."""
    tried = folder / str(number)
    if number % 2 == 0 and not tried.exists():
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def give_much_and_die_once(number: int, folder: Path) -> bytes:
    """A result larger than a pipe, and a death while it is on its way."""
    tried = folder / str(number)
    if not tried.exists():
        tried.touch()
        os.system(f"(sleep 0.05; kill -9 {os.getpid()}) &")
    return bytes(50_000_000 if number == 0 else 10)


def find_workers(parent: psutil.Process) -> list[psutil.Process]:
    found = []
    for child in parent.children():
        with contextlib.suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def count_ten(number: int) -> int:
    for each in range(10):
        advance(1, (each + 1) / 10)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers: int) -> None:
    assert list(LocalEngine(workers).map(slow_square, range(7), "squares")) == [n * n for n in range(7)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_an_item_is_raised_here_as_it_was(workers: int) -> None:
    with pytest.raises(DataError, match="file at byte 3: three"):
        list(LocalEngine(workers).map(fail_at_three, range(5), "numbers"))


def test_an_error_that_cannot_travel_is_told_by_its_name() -> None:
    with pytest.raises(RuntimeError, match=r"UnpicklableError: \d and 2"):
        list(LocalEngine(2).map(fail_strangely, range(2), "numbers"))


def test_a_result_that_cannot_travel_is_an_error() -> None:
    with pytest.raises(Exception, match="pickle"):
        list(LocalEngine(2).map(give_a_function, range(2), "functions"))


def test_a_worker_that_dies_twice_at_one_item_is_a_data_error_that_names_its_file() -> None:
    with pytest.raises(DataError, match=r"^first: a worker process died while dying, and so did a second one \(signal 9"):
        list(LocalEngine(2).map(die, [Path("first"), Path("second")], "dying"))


def test_an_item_whose_worker_was_killed_is_done_again_and_no_other_item_notices(tmp_path: Path) -> None:
    assert list(LocalEngine(2).map(partial(die_once, folder=tmp_path), range(6), "numbers")) == list(range(6))


def test_a_worker_killed_while_it_answers_is_no_hang(tmp_path: Path) -> None:
    results = list(LocalEngine(2).map(partial(give_much_and_die_once, folder=tmp_path), range(2), "bytes"))
    assert [result[:1] for result in results] == [b"\0", b"\0"]


def test_no_worker_outlives_a_map_that_is_left_early() -> None:
    numbers = LocalEngine(2).map(slow_square, range(100), "squares")
    assert next(numbers) == 0
    started = find_workers(psutil.Process())
    assert len(started) == 2
    numbers.close()  # type: ignore[attr-defined]  # a generator
    assert psutil.wait_procs(started, timeout=10)[1] == []


def test_no_worker_outlives_a_killed_parent() -> None:
    program = (
        "import time\nfrom llm_assets.engine import LocalEngine\n"
        "if __name__ == '__main__':\n    list(LocalEngine(2).map(time.sleep, [0, 600, 600], 'sleeping'))"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 60
    children: list[psutil.Process] = []
    while len(children) < 2 and time.monotonic() < deadline:
        children = find_workers(psutil.Process(parent.pid))
        time.sleep(0.05)
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    assert len(children) == 2
    assert psutil.wait_procs(children, timeout=20)[1] == []


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_is_told_from_none_to_all(workers: int) -> None:
    told: Told = []
    list(LocalEngine(workers, progress=lambda *each: told.append(each)).map(slow_square, range(2), "squares"))
    assert told[0] == ("squares", 0, 2, "files", "")
    assert told[-1] == ("squares", 2, 2, "files", "")
    assert [done for _, done, *_ in told] == sorted(done for _, done, *_ in told)


@pytest.mark.parametrize("workers", [1, 2])
def test_documents_are_counted_wherever_they_are_read(workers: int) -> None:
    told: Told = []
    list(LocalEngine(workers, progress=lambda *each: told.append(each)).map(count_ten, range(3), "documents"))
    assert told[-1] == ("documents", 30, 30, "documents", "3 of 3 files")


def test_what_is_left_is_judged_by_what_lies_behind(tmp_path: Path) -> None:
    sizes = {"small": 100, "large": 900}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(bytes(size))
    told: Told = []
    meter = Meter(lambda *each: told.append(each), "reading", [tmp_path / name for name in sizes])
    meter.count(0, 10, 1.0)
    meter.finish()
    meter.tell()
    meter.count(1, 45, 0.5)
    meter.tell()
    assert told == [("reading", 10, 100, "documents", "1 of 2 files"), ("reading", 55, 100, "documents", "1 of 2 files")]


def test_counting_outside_of_a_map_does_nothing() -> None:
    advance(1, 0.5)


@pytest.mark.parametrize(("item", "path"), [(Path("a"), Path("a")), ((1, (Path("b"), Path("c"))), Path("b")), (7, None)])
def test_an_item_is_known_by_its_first_path(item: object, path: Path | None) -> None:
    assert find_path(item) == path
