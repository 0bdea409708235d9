"""A Report as Dagster metadata and as an MLflow run: counts, tables, links both ways.

Whatever is shown comes from counts and names of rules, or has passed the redactor and the escaper on its way here.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from dagster_project.tracking.artifacts import record_pictures
from llm_assets.display import for_markdown
from llm_assets.report_page.figures import falls_of
from llm_assets.report_page.markdown import write_waterfall
from llm_assets.step import Step


def materialized(step: Step) -> dg.MaterializeResult[None]:
    """What Dagster is told of a finished step: its data version, its counts, where else it is recorded."""
    from dagster_project.pictures import draw_pictures  # numba and Polars, which whoever only looks at the graph need not wait for
    from dagster_project.schemas import column_schemas

    report, manifest = step.report, step.manifest
    if report is None or manifest is None:
        raise AssertionError(f"{step.name} has not ended")
    metadata: dict[str, Any] = {
        "read": report.read,
        "kept": report.kept,
        "rejected": report.read - report.kept,
        "funnel": dg.MetadataValue.md(write_waterfall(falls_of(report, step.recipe.filters), report.unit)),
        "seconds": round(manifest.seconds, 2),
        "files": len(manifest.files),
        "megabytes": round(sum(entry.bytes for entry in manifest.files) / 1e6, 3),
        "folder": dg.MetadataValue.path(step.root.address_of(step.root.place(step.asset, step.crawl) / manifest.folder)),
        "dagster/row_count": report.kept,
    }
    metadata |= {name: for_markdown(figure) if isinstance(figure, str) else figure for name, figure in report.figures.items()}
    pictures = draw_pictures(step)
    metadata |= column_schemas(step.asset) | {name: dg.MetadataValue.md(picture) for name, picture in pictures.items()}
    if report.warnings:
        metadata["warnings"] = dg.MetadataValue.md("\n".join(f"- {for_markdown(warning)}" for warning in report.warnings))
    if "mlflow" in step.links:
        record_pictures(step, pictures)
        metadata["mlflow_run"] = dg.MetadataValue.url(step.links["mlflow"])
    if "mlflow_model" in step.links:
        metadata["registered_model"] = dg.MetadataValue.url(step.links["mlflow_model"])
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(manifest.data_version))
