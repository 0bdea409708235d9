"""What happens by the clock: sites crawled again, the newest Common Crawl, checks at night. All are off until turned on."""

from collections.abc import Sequence

import dagster as dg

from dagster_project.nightly import nightly
from dagster_project.planned import one_crawl
from dagster_project.recurring import look_after
from dagster_project.resources import Pipeline
from dagster_project.timetable import NIGHTLY_CRON, RECURRING_CRON, TIMEZONE, last_due
from llm_assets.crawl.recurrence import COMMON_CRAWL, SITE

Answer = Sequence[dg.RunRequest] | dg.SkipReason


@dg.schedule(
    job=one_crawl,
    cron_schedule=RECURRING_CRON,
    execution_timezone=TIMEZONE,
    description="Crawls sites again, each when its declaration says, or weekly: `llm-assets crawl repeat add NAME --source site`.",
)
def site_recrawls(context: dg.ScheduleEvaluationContext, pipeline: Pipeline) -> Answer:
    """Runs of sites' crawls that are due, declared first; pages that have not changed since the last crawl become revisits."""
    return look_after(context.instance, pipeline, SITE, last_due, context.log)


@dg.schedule(
    job=one_crawl,
    cron_schedule=RECURRING_CRON,
    execution_timezone=TIMEZONE,
    description="Takes each new Common Crawl, about one a month: `llm-assets crawl repeat add NAME --source common_crawl`.",
)
def common_crawls(context: dg.ScheduleEvaluationContext, pipeline: Pipeline) -> Answer:
    """A run of the newest crawl that their listing names, which is asked every morning, or when the declaration says."""
    return look_after(context.instance, pipeline, COMMON_CRAWL, last_due, context.log)


nightly_checks = dg.ScheduleDefinition(
    name="nightly_checks",
    job=nightly,
    cron_schedule=NIGHTLY_CRON,
    execution_timezone=TIMEZONE,
    description="Asks every check of every current output again, and holds every file against the hash it was written with.",
)

SCHEDULES = [site_recrawls, common_crawls, nightly_checks]
