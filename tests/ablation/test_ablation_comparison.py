"""The table and the plot: what two seeds can tell, and what they cannot."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llm_assets.ablation.comparison import compare_trials, judge
from llm_assets.ablation.picture import draw_comparison
from llm_assets.ablation.trial import Trial
from llm_assets.ablation.variants import BASELINE


def trials(scores: dict[str, list[float]]) -> list[Trial]:
    return [Trial(name, seed, bits, bits, {"epochs": 0.5}) for name, values in scores.items() for seed, bits in enumerate(values)]


SCORES = {BASELINE: [2.00, 2.02], "worse": [2.30, 2.32], "like": [2.01, 2.02], "better": [1.70, 1.69]}


def test_a_difference_far_above_the_spread_is_told_and_one_within_it_is_not() -> None:
    verdicts = {row.variant: row.verdict for row in compare_trials(trials(SCORES))}
    assert verdicts == {
        BASELINE: "",
        "worse": "worse than the baseline",
        "like": "no difference shown",
        "better": "better than the baseline",
    }


def test_means_spreads_and_differences_are_those_of_the_scores() -> None:
    rows = {row.variant: row for row in compare_trials(trials(SCORES))}
    assert rows["worse"].mean == pytest.approx(2.31)
    assert rows["worse"].spread == pytest.approx(np.std(SCORES["worse"], ddof=1))
    assert rows["worse"].difference == pytest.approx(0.30)
    assert rows["worse"].by_seed == pytest.approx((0.30, 0.30))
    assert rows["worse"].epochs == 0.5


def test_with_one_variant_the_interval_is_students_of_a_pooled_spread() -> None:
    scores = {BASELINE: [2.0, 2.1, 2.05], "other": [2.2, 2.26, 2.3]}
    row = compare_trials(trials(scores))[1]
    pooled = np.sqrt((np.var(scores[BASELINE], ddof=1) + np.var(scores["other"], ddof=1)) / 2)
    half = stats.t.ppf(0.975, df=4) * pooled * np.sqrt(2 / 3)
    assert (row.low, row.high) == pytest.approx((row.difference - half, row.difference + half), abs=2e-3)


def test_one_seed_gives_differences_and_no_certainty() -> None:
    row = compare_trials(trials({BASELINE: [2.0], "other": [1.0]}))[1]
    assert (row.difference, row.low, row.high, row.spread) == (-1.0, None, None, None)
    assert row.verdict == judge(None, None) == "one seed tells nothing of the spread"


def test_trials_may_come_in_any_order() -> None:
    rows = compare_trials(trials(SCORES))
    again = compare_trials(sorted(trials(SCORES), key=lambda trial: (trial.seed, trial.variant != BASELINE)))
    assert {row.variant: row for row in rows} == {row.variant: row for row in again}


def test_the_plot_is_a_picture_whose_bytes_repeat_and_whose_labels_are_no_markup() -> None:
    found = trials({BASELINE: [2.0, 2.1], "filters.a=$x^2$": [2.2, 2.3]})
    pictures = {draw_comparison(compare_trials(found), found, "$a_b$") for _ in range(2)}
    assert len(pictures) == 1
    assert pictures.pop().startswith(b"\x89PNG")
