"""The end of ``llm-assets demo``: what came out, and how to go on."""

from __future__ import annotations

from llm_assets.catalog import fetch_rows, open_catalog
from llm_assets.cli.shared import print_table, stdout
from llm_assets.root import DataRoot

NEXT_STEPS = """
[bold]Go on[/]
  llm-assets funnel                              which rule took how many documents
  llm-assets explain URL                         why a page was dropped, or where its tokens are
  llm-assets plan --set filters.gopher_quality.min_words=20
  llm-assets next "The function returns"         the likeliest next tokens
  llm-assets ui                                  Dagster on :3000, MLflow on :5000
"""


def show_outcome(root: DataRoot) -> None:
    """Prints the funnel by rule, the ends of the loss curve, three samples and one next-token table."""
    with open_catalog(root.catalog) as connection:
        print_table(fetch_rows(connection, "explain/funnel", crawl=None), False, "\nFunnel")
    show_model(root)
    stdout.print(NEXT_STEPS)
