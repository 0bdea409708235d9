"""Checks that an output must pass before anything may read it. A check gives a row for each fault; none when healthy.

``plan.ASSETS`` says which check guards which asset; the same check may guard several. Beside them :mod:`llm_assets.checks.rates` tells
of a crawl that is unlike those before it, which holds up nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from llm_assets.checks.documents import bounds_held, keys_unique, no_pii_left, nothing_lost, survivors_passed
from llm_assets.checks.model import loss_finite, samples_whole
from llm_assets.checks.shards import shards_complete, shards_decode, splits_disjoint, tokens_match
from llm_assets.plan import Snapshot

Check = Callable[[Snapshot, str, str | None], Iterable[Mapping[str, Any]]]
"""Takes a look at the root, the asset and the crawl (None where it has none). Its docstring says what holds when it gives no row."""

CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        nothing_lost,
        keys_unique,
        bounds_held,
        survivors_passed,
        no_pii_left,
        splits_disjoint,
        shards_complete,
        tokens_match,
        shards_decode,
        loss_finite,
        samples_whole,
    )
}
"""By the name that stands in ``plan.ASSETS`` and is shown in Dagster."""
