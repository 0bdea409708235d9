"""Which tokens may be drawn, against hand-made distributions."""

from __future__ import annotations

import pytest
import torch

from llm_assets.sampling.config import Decoding
from llm_assets.sampling.decode import choose_token, keep_likely, likeliest, penalise

PROBABILITIES = torch.tensor([0.5, 0.25, 0.125, 0.0625, 0.0625])


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, 5),
        ({"top_p": 0.5}, 1),
        ({"top_p": 0.51}, 2),
        ({"top_p": 1.0}, 5),
        ({"min_p": 0.25}, 3),
        ({"min_p": 1.0}, 1),
        ({"top_p": 0.9, "min_p": 0.5}, 2),
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


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, None])
def test_the_largest_come_downwards_and_equals_in_their_order(count: int | None) -> None:
    values, places = likeliest(torch.tensor([1.0, 3.0, 2.0, 3.0, 2.0]), count)
    assert places.tolist() == [1, 3, 2, 4, 0][:count]
    assert values.tolist() == [3.0, 3.0, 2.0, 2.0, 1.0][:count]


SETTINGS = [
    {"top_k": 7},
    {"top_p": 0.8},
    {"min_p": 0.1},
    {"top_k": 20, "top_p": 0.7},
    {"top_k": 9, "min_p": 0.3},
    {"temperature": 1.7, "top_p": 0.9},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("seed", range(3))
def test_the_same_tokens_may_be_drawn_as_in_transformers(settings: dict[str, float], seed: int) -> None:
    from transformers.generation import logits_process as oracle

    logits = 2 * torch.randn(40, generator=torch.Generator().manual_seed(seed))
    decoding = Decoding(**{"temperature": 1.0, "top_k": None, **settings})
    warped = oracle.TemperatureLogitsWarper(decoding.temperature)(None, logits[None])
    if decoding.top_k:
        warped = oracle.TopKLogitsWarper(decoding.top_k)(None, warped)
    if decoding.top_p:
        warped = oracle.TopPLogitsWarper(decoding.top_p)(None, warped)
    if decoding.min_p:
        warped = oracle.MinPLogitsWarper(decoding.min_p)(None, warped)
    expected = set(torch.nonzero(torch.isfinite(warped[0]))[:, 0].tolist())
    generator = torch.Generator().manual_seed(1)
    assert {choose_token(logits, [], decoding, generator) for _ in range(3000)} <= expected
    values, places = likeliest(logits / decoding.temperature, decoding.top_k)
    assert set(places[: keep_likely(values.softmax(-1), decoding)].tolist()) == expected


def test_the_penalty_is_that_of_transformers() -> None:
    from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

    logits, seen = torch.randn(40, generator=torch.Generator().manual_seed(5)), [3, 9, 3, 17]
    expected = RepetitionPenaltyLogitsProcessor(1.3)(torch.tensor([seen]), logits[None].clone())[0]
    torch.testing.assert_close(penalise(logits, seen, 1.3), expected)
