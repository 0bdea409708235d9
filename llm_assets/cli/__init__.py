"""``llm-assets``: everything a person asks for on a terminal.

Commands read the data root given by ``--home`` (or ``LLM_ASSETS_HOME``, default ``./data``). Whatever prints a table prints
JSON with ``--json``. Text of pages passes the redactor and loses its control characters before it is shown.
"""

from __future__ import annotations

import sys

from llm_assets.cli import crawls, looks, models, recipes, runs
from llm_assets.cli.shared import app, stderr
from llm_assets.display import for_terminal
from llm_assets.errors import LLMAssetsError

__all__ = ["app", "crawls", "looks", "main", "models", "recipes", "runs"]


def main() -> None:
    """Runs the command line. An error raised on purpose is printed in a line; exit status 1."""
    try:
        app()
    except LLMAssetsError as error:
        stderr.print(f"[red]error:[/] {for_terminal(str(error))}", soft_wrap=True)
        sys.exit(1)
