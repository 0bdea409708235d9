"""When schedules and sensors look, and when what recurs was due. Read from the environment when the graph is loaded.

``LLM_ASSETS_TIMEZONE`` (UTC) is the time zone of the expressions here. What recurs has its own in its declaration.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from dagster._utils.schedules import get_latest_completed_cron_tick, is_valid_cron_string

from llm_assets.crawl.recurrence import Recurrence
from llm_assets.errors import ConfigError

TIMEZONE = os.environ.get("LLM_ASSETS_TIMEZONE") or "UTC"

RECURRING_CRON = os.environ.get("LLM_ASSETS_RECURRING_CRON") or "*/10 * * * *"
"""How often sites and Common Crawl are looked after: what their own declarations say is done then, if it is due."""

NIGHTLY_CRON = os.environ.get("LLM_ASSETS_NIGHTLY_CRON") or "30 1 * * *"

DECLARATIONS_SECONDS = int(os.environ.get("LLM_ASSETS_DECLARATIONS_SECONDS") or 30)
"""Between two looks at what the root declares."""

INCREMENTAL_SECONDS = int(os.environ.get("LLM_ASSETS_INCREMENTAL_SECONDS") or 15)
"""Between two looks at whatever is missing or stale."""

FOLDER_SECONDS = int(os.environ.get("LLM_ASSETS_FOLDER_SECONDS") or 60)
"""Between two looks at watched folders."""

RETRAINING_SECONDS = int(os.environ.get("LLM_ASSETS_RETRAINING_SECONDS") or 300)
"""Between two looks at what a new model needs."""


def last_due(recurrence: Recurrence, now: datetime | None = None) -> datetime:
    """The last time at or before ``now`` that its cron expression names. ConfigError where it names none."""
    if not is_valid_cron_string(recurrence.when):
        raise ConfigError(f"recurring {recurrence.name}: cron {recurrence.when!r} names no time")
    return get_latest_completed_cron_tick(recurrence.when, now or datetime.now(UTC), recurrence.timezone)
