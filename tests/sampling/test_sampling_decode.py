"""Which tokens may be drawn, against hand-made distributions."""

from __future__ import annotations

import pytest
import torch

from llm_assets.sampling.config import Decoding
from llm_assets.sampling.decode import choose_token, keep_likely, penalise

PROBABILITIES = torch.tensor([0.5, 0.25, 0.125, 0.0625, 0.0625])


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"top_k": None}, 5),
        ({"top_k": 2}, 2),
        ({"top_k": 9}, 5),
        ({"top_k": None, "top_p": 0.5}, 1),
        ({"top_k": None, "top_p": 0.51}, 2),
        ({"top_k": None, "top_p": 1.0}, 5),
        ({"top_k": 2, "top_p": 0.6}, 1),  # of the two kept, the first holds two thirds
        ({"top_k": None, "min_p": 0.25}, 3),
        ({"top_k": None, "min_p": 1.0}, 1),
    ],
)
def test_the_likeliest_are_kept(settings: dict[str, float], kept: int) -> None:
    assert keep_likely(PROBABILITIES, Decoding(**settings)) == kept


def test_draws_follow_the_distribution() -> None:
    generator = torch.Generator().manual_seed(0)
    decoding = Decoding(temperature=1.0, top_k=3)
    shuffled = torch.tensor([2, 0, 3, 1, 4])
    draws = [choose_token(PROBABILITIES.log()[shuffled], [], decoding, generator) for _ in range(4000)]
    shares = torch.bincount(torch.tensor(draws), minlength=5) / 4000
    expected = torch.tensor([0.125, 0.5, 0.0, 0.25, 0.0]) / 0.875
    torch.testing.assert_close(shares, expected, atol=0.03, rtol=0)


@pytest.mark.parametrize("seed", range(3))
def test_temperature_zero_takes_the_likeliest(seed: int) -> None:
    assert choose_token(torch.tensor([0.1, 0.3, 0.2]), [], Decoding(temperature=0), torch.Generator().manual_seed(seed)) == 1


def test_a_low_temperature_comes_close_to_the_likeliest() -> None:
    generator = torch.Generator().manual_seed(0)
    draws = {choose_token(PROBABILITIES.log(), [], Decoding(temperature=0.05), generator) for _ in range(200)}
    assert draws == {0}


def test_the_penalty_lowers_what_was_seen_and_nothing_else() -> None:
    logits = torch.tensor([2.0, -2.0, 2.0, -2.0])
    assert penalise(logits, [0, 1, 0], 2.0).tolist() == [1.0, -4.0, 2.0, -2.0]
    assert logits.tolist() == [2.0, -2.0, 2.0, -2.0]
