"""Results come in the order of the items, wherever they were made."""

import os
import time

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError


def slow_square(number: int) -> int:
    time.sleep(0.02 * (number % 3))
    return number * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise DataError("three", "file", 3)
    return number


def die(number: int) -> int:
    os._exit(9)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers: int) -> None:
    assert list(LocalEngine(workers).map(slow_square, range(7), "squares")) == [n * n for n in range(7)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_an_item_is_raised_here_as_it_was(workers: int) -> None:
    with pytest.raises(DataError, match="file at byte 3: three"):
        list(LocalEngine(workers).map(fail_at_three, range(5), "numbers"))


def test_a_worker_that_dies_is_a_data_error() -> None:
    with pytest.raises(DataError, match="a worker process died"):
        list(LocalEngine(2).map(die, range(2), "dying"))


def test_progress_is_told_from_none_to_all() -> None:
    told: list[tuple[str, int, int]] = []
    list(LocalEngine(1, progress=lambda *each: told.append(each)).map(slow_square, range(2), "squares"))
    assert told == [("squares", 0, 2), ("squares", 1, 2), ("squares", 2, 2)]
