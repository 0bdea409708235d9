"""What is done at night, when nobody waits: every file is held against the hash it was written with."""

import dagster as dg

from dagster_project.resources import Pipeline
from llm_assets.damage import REMEDY, inspect_root
from llm_assets.display import for_plain_text

SHOWN = 20
"""Damaged files that the error names; the log names all."""


@dg.op
def inspect_files(context: dg.OpExecutionContext, pipeline: Pipeline) -> None:
    """Hashes every file that a manifest names, and every archive on this disk that a crawl was read from."""
    count, damaged = 0, []
    for inspection in inspect_root(pipeline.root):
        count += 1
        if not inspection.whole:
            damaged.append(for_plain_text(str(inspection)))
            context.log.error(damaged[-1])
    context.add_output_metadata({"files": count, "damaged": len(damaged)})
    if damaged:
        more = f" and {len(damaged) - SHOWN:,} more" if len(damaged) > SHOWN else ""
        raise dg.Failure(f"{len(damaged):,} of {count:,} files: {'; '.join(damaged[:SHOWN])}{more}. {REMEDY}", allow_retries=False)
    context.log.info(f"{count:,} files are what they were")


@dg.job(description="Holds every file against the hash it was written with. Fails where one is damaged, and names it.")
def nightly() -> None:
    """Only looks, and runs nothing else."""
    inspect_files()
