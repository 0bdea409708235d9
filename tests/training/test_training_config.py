"""Budget, schedule and the groups of the optimizer."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from llm_assets.model.config import Model
from llm_assets.model.transformer import Transformer
from llm_assets.training.config import Training
from llm_assets.training.optimizer import make_optimizer, set_learning_rate
from llm_assets.training.schedule import learning_rate


@pytest.mark.parametrize(
    ("budget", "steps"),
    [({"steps": 7}, 7), ({"tokens": 1000}, 4), ({"tokens": 1024}, 4), ({"tokens": 1025}, 5), ({"tokens_per_parameter": 2}, 8), ({}, 79)],
)
def test_a_budget_is_whole_steps(budget: dict[str, int], steps: int) -> None:
    assert Training(windows=4, accumulate=2, **budget).count_steps(context=32, parameters=1000) == steps


def test_two_budgets_are_refused() -> None:
    with pytest.raises(ValidationError, match="steps and tokens are both budgets"):
        Training(steps=1, tokens=1)


@pytest.mark.parametrize("schedule", ["cosine", "wsd"])
@pytest.mark.parametrize("steps", [1, 2, 10, 1000])
def test_the_learning_rate_rises_once_then_never_again(schedule: str, steps: int) -> None:
    config = Training(schedule=schedule, warmup_fraction=0.1, learning_rate=0.5, floor_fraction=0.1)
    rates = [learning_rate(step, steps, config) for step in range(steps)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) == pytest.approx(0.5)
    assert min(rates) > 0
    assert learning_rate(steps, steps, config) == pytest.approx(0.05)


def test_warm_up_stable_decay_is_constant_in_between() -> None:
    config = Training(schedule="wsd", warmup_fraction=0.1, decay_fraction=0.2, learning_rate=0.5)
    assert {learning_rate(step, 100, config) for step in range(10, 81)} == {0.5}
    assert learning_rate(81, 100, config) < 0.5


def test_matrices_decay_and_gains_do_not() -> None:
    model = Transformer(Model(layers=1, width=64, context=8, qk_norm=True).dimensions(50))
    decayed, free = make_optimizer(model, Training(weight_decay=0.3)).param_groups
    assert decayed["weight_decay"] == 0.3
    assert free["weight_decay"] == 0.0
    assert {weight.dim() for weight in decayed["params"]} == {2}
    assert {weight.dim() for weight in free["params"]} == {1}
    assert len(decayed["params"]) + len(free["params"]) == len(list(model.parameters()))


def test_muon_takes_the_matrices_of_the_blocks_and_adamw_what_is_left() -> None:
    model = Transformer(Model(layers=2, width=64, context=8, tied_embeddings=False, qk_norm=True).dimensions(50))
    config = Training(optimizer="muon", learning_rate=1e-3, muon_learning_rate=0.02)
    muon, matrices, gains = make_optimizer(model, config).param_groups
    assert {id(weight) for weight in muon["params"]} == {id(weight) for weight in model.layers.parameters() if weight.dim() == 2}
    assert {id(weight) for weight in matrices["params"]} == {id(model.embed_tokens.weight), id(model.lm_head.weight)}
    assert len(muon["params"]) + 2 + len(gains["params"]) == len(list(model.parameters()))


def test_the_learning_rate_of_muon_follows_the_schedule() -> None:
    model = Transformer(Model(layers=1, width=64, context=8).dimensions(50))
    optimizer = make_optimizer(model, Training(optimizer="muon", learning_rate=1e-3, muon_learning_rate=0.02))
    set_learning_rate(optimizer, 5e-4)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.01, 5e-4, 5e-4])
