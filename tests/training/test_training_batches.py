"""Windows and their order."""

from __future__ import annotations

import threading
from collections import Counter

import numpy as np
import pytest
import torch

from llm_assets.training.batches import Batches, Windows, in_batches

SHARDS = [np.arange(0, 25, dtype=np.uint16), np.arange(100, 104, dtype=np.uint16), np.arange(200, 217, dtype=np.uint32)]
"""With a context of 4: six windows, none (a target is missing), and four."""


def make_batches(size: int = 3, batches: int = 20, seed: int = 5) -> Batches:
    return Batches(Windows(SHARDS, context=4), size, batches, seed)


def test_a_target_is_the_token_after_its_input() -> None:
    inputs, targets = Windows(SHARDS, context=4).gather(range(10))
    assert inputs.shape == targets.shape == (10, 4)
    assert torch.equal(inputs + 1, targets)


def test_every_token_but_a_shards_first_is_a_target_once() -> None:
    windows = Windows(SHARDS, context=4)
    _, targets = windows.gather(range(len(windows)))
    assert Counter(targets.flatten().tolist()) == Counter([*range(1, 25), *range(201, 217)])


def test_windows_lie_in_one_shard_each() -> None:
    windows = Windows(SHARDS, context=4)
    assert [windows.locate(number) for number in (0, 5, 6, 9)] == [(0, 0), (0, 20), (2, 0), (2, 12)]


def test_an_epoch_covers_every_window_once() -> None:
    batches = make_batches(size=2, batches=15)
    drawn = [number for position in range(15) for number in batches.numbers(position).tolist()]
    for epoch in range(3):
        assert sorted(drawn[10 * epoch : 10 * epoch + 10]) == list(range(10))


def test_epochs_differ_in_their_order() -> None:
    batches = make_batches(size=10)
    assert batches.numbers(0).tolist() != batches.numbers(1).tolist()


def test_a_batch_that_outlasts_an_epoch_begins_the_next() -> None:
    batches = make_batches(size=3)
    drawn = [number for position in range(20) for number in batches.numbers(position).tolist()]
    assert all(len(batches.numbers(position)) == 3 for position in range(20))
    assert sorted(drawn[:10]) == sorted(drawn[10:20]) == list(range(10))


def test_the_seed_decides_the_order() -> None:
    assert make_batches(seed=1).numbers(0).tolist() == make_batches(seed=1).numbers(0).tolist()
    assert make_batches(seed=1, size=10).numbers(0).tolist() != make_batches(seed=2, size=10).numbers(0).tolist()


@pytest.mark.parametrize("seen", [0, 1, 3, 7, 19, 20])
def test_a_restored_run_sees_what_was_left(seen: int) -> None:
    whole = list(make_batches())
    first = make_batches()
    stream = iter(first)
    for _ in range(seen):
        next(stream)
    resumed = make_batches()
    resumed.load_state_dict(first.state_dict())
    rest = list(resumed)
    assert len(rest) == 20 - seen
    assert all(torch.equal(left[0], right[0]) for left, right in zip(rest, whole[seen:], strict=True))


def test_shards_shorter_than_a_window_are_refused() -> None:
    with pytest.raises(ValueError, match="no shard has a window of 30 tokens"):
        Batches(Windows(SHARDS, context=30), 1, 1, 0)


@pytest.mark.parametrize(("most", "numbers"), [(2, [0, 5]), (10, list(range(10))), (99, list(range(10)))])
def test_a_sample_of_windows_is_spread_over_all(most: int, numbers: list[int]) -> None:
    assert Windows(SHARDS, context=4).spread(most) == numbers


def test_the_last_batch_in_order_may_be_smaller() -> None:
    assert [len(inputs) for inputs, _ in in_batches(Windows(SHARDS, context=4), range(10), 4)] == [4, 4, 2]


@pytest.mark.parametrize("numbers", [[9, 0, 6, 6, 5], [3], []])
def test_windows_come_in_the_order_asked_for_whatever_their_shards(numbers: list[int]) -> None:
    windows = Windows(SHARDS, context=4)
    inputs, _ = windows.gather(numbers)
    places = [windows.locate(number) for number in numbers]
    assert inputs.tolist() == [SHARDS[shard][start : start + 4].tolist() for shard, start in places]


def test_an_abandoned_run_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    stream = iter(make_batches())
    next(stream)
    del stream
    assert threading.active_count() == before
