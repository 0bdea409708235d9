"""What an ablation found, and how sure that is.

A variant is held against the baseline by Dunnett's test (1955): the trainings of all variants tell how far seeds alone spread,
which is taken to be the same for each, and the intervals hold for all variants together. With two seeds there is little to tell
the spread by, and the intervals are as wide as that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from llm_assets.ablation.trial import Trial
from llm_assets.ablation.variants import BASELINE

CONFIDENCE = 0.95
Verdict = str


@dataclass(frozen=True)
class Row:
    """A variant: bits per byte on the held-out text, the lower the better. ``spread`` is the standard deviation over seeds.

    ``difference`` is from the baseline, ``low`` to ``high`` its interval; ``by_seed`` are the differences of each seed.
    """

    variant: str
    seeds: int
    mean: float
    spread: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    by_seed: tuple[float, ...] = ()
    verdict: Verdict = ""
    epochs: float | None = None
    """How often the training text was seen, in the mean."""


def compare_trials(trials: Sequence[Trial]) -> list[Row]:
    """A row for each variant, the baseline first, in the order of the trials."""
    scores: dict[str, dict[int, Trial]] = {}
    for trial in trials:
        scores.setdefault(trial.variant, {})[trial.seed] = trial
    baseline = scores[BASELINE]
    others = [name for name in scores if name != BASELINE]
    intervals = _intervals([_values(scores[name]) for name in others], _values(baseline))
    rows = [_describe(BASELINE, scores[BASELINE])]
    for name, interval in zip(others, intervals, strict=True):
        pairs = tuple(scores[name][seed].bits_per_byte - baseline[seed].bits_per_byte for seed in sorted(scores[name].keys() & baseline))
        rows.append(_describe(name, scores[name], rows[0].mean, interval, pairs))
    return rows


def _values(trials: dict[int, Trial]) -> list[float]:
    return [trials[seed].bits_per_byte for seed in sorted(trials)]


def _intervals(samples: Sequence[Sequence[float]], control: Sequence[float]) -> list[tuple[float, float] | None]:
    """Of each difference in means; None where one seed, or no spread at all, tells nothing."""
    groups = [*samples, control]
    if not samples or min(map(len, groups)) < 2 or max(float(np.ptp(group)) for group in groups) == 0:
        return [None] * len(samples)
    found = stats.dunnett(*samples, control=control, rng=np.random.default_rng(0)).confidence_interval(CONFIDENCE)
    return list(zip(found.low.tolist(), found.high.tolist(), strict=True))


def _describe(
    name: str,
    trials: dict[int, Trial],
    against: float | None = None,
    interval: tuple[float, float] | None = None,
    by_seed: tuple[float, ...] = (),
) -> Row:
    values = _values(trials)
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
    epochs = float(np.mean([trial.figures["epochs"] for trial in trials.values()]))
    if against is None:
        return Row(name, len(values), mean, spread, epochs=epochs)
    low, high = interval or (None, None)
    return Row(name, len(values), mean, spread, mean - against, low, high, by_seed, judge(low, high), epochs)


def judge(low: float | None, high: float | None) -> Verdict:
    """What an interval of a difference in bits per byte says of a variant."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return "one seed tells nothing of the spread"
    return "better than the baseline" if high < 0 else "worse than the baseline" if low > 0 else "no difference shown"
