"""What happens when something is there: files in a watched folder, a corpus that has grown. Both are off until turned on."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from dagster_project.planned import is_incremental_on, one_crawl, request_runs, retraining
from dagster_project.recurring import look_after
from dagster_project.resources import Pipeline
from dagster_project.timetable import FOLDER_SECONDS, RETRAINING_SECONDS
from llm_assets.crawl.recurrence import FOLDER
from llm_assets.gate import declared_set
from llm_assets.pii.redact import private_errors
from llm_assets.plan import ASSETS, Snapshot, survey

FROM_TOKENIZER = list(ASSETS)[list(ASSETS).index("tokenizer") :]

Answer = Sequence[dg.RunRequest] | dg.SkipReason


@dg.sensor(
    jobs=[one_crawl, retraining],
    minimum_interval_seconds=FOLDER_SECONDS,
    description="Makes a crawl of WARC files that have arrived in a folder: `llm-assets crawl repeat add NAME --source warc_files`.",
)
def watched_folders(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> Answer:
    """Runs of crawls whose files are whole and no longer grow, declared first."""
    return look_after(context.instance, pipeline, FOLDER, lambda _: datetime.now(UTC), context.log)


@dg.sensor(
    jobs=[one_crawl, retraining],
    minimum_interval_seconds=RETRAINING_SECONDS,
    description="Packs new crawls' shards; once the corpus has grown by the recipe's share, trains on all of it, and samples the model.",
)
def retraining_when_grown(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> Answer:
    """Runs of what the planner says is sure to run, from the tokenizer on; the gate `training_set` tells whether there is enough new."""
    return look_at_growth(context.instance, pipeline)


def look_at_growth(instance: dg.DagsterInstance, pipeline: Pipeline) -> Answer:
    """What a tick answers. Nobody waits for a crawl whose corpus is not there yet, unless the last model was trained on it."""
    if is_incremental_on(instance):
        return dg.SkipReason("the sensor incremental does that")
    with private_errors():
        root = pipeline.root
        if not root.recipe.is_file():
            return dg.SkipReason("there is no recipe yet")
        snapshot = Snapshot(root, pipeline.load_recipe())
        late = frozenset(name for name in snapshot.crawls if not snapshot.settled("pii_scrubbed_corpus", name)) - set(declared_set(root))
        snapshot = Snapshot(root, snapshot.recipe, snapshot.failed | late)
        requests = list(request_runs(instance, snapshot, FROM_TOKENIZER))
        waiting = next((each for each in survey(snapshot) if each.asset == "training_set" and each.waits_for), None)
        told = "the corpus has not grown by the recipe's share" if waiting is None else f"{waiting.label} waits for {waiting.waits_for[0]}"
        return requests or dg.SkipReason(told)


SENSORS = [watched_folders, retraining_when_grown]
