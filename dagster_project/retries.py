"""A stage that could not reach a server is tried again after a while; one that failed for another reason would fail the same way.

Runs whose process was killed are another matter: see :mod:`dagster_project.launcher`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from llm_assets.errors import UnreachableError

NETWORK = dg.RetryPolicy(max_retries=3, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""How often, and after how many seconds: some 1, 3 and 7 minutes. Each attempt has waited for the server itself before it gives up, and
goes on with what the one before has brought."""


@contextmanager
def try_again_later(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Asks Dagster for another attempt at the step where its body raises UnreachableError; the last one's error stands."""
    try:
        yield
    except UnreachableError as error:
        attempt = context.retry_number + 1
        wait = NETWORK.calculate_delay(attempt)
        if attempt <= NETWORK.max_retries:
            context.log.warning(f"{error}; attempt {attempt + 1} of {NETWORK.max_retries + 1} follows in {wait:.0f} s")
        raise dg.RetryRequested(NETWORK.max_retries, wait) from error
