"""``llm-assets``: everything a person asks for on a terminal.

Commands read the data root given by ``--home`` (or ``LLM_ASSETS_HOME``, default ``./data``); one that only reads writes
nothing there. Whatever prints a table prints JSON with ``--json``. Text of pages passes the redactor and loses its control
characters before it is shown. Heavy libraries are imported by the commands that use them, so that help comes at once.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from llm_assets.cli import (
    ablate,
    automation,
    blocklists,
    cleaning,
    contamination,
    crawls,
    duplicates,
    explore,
    exports,
    forgetting,
    language_models,
    looks,
    recipes,
    repeats,
    reports,
    runs,
    sampling,
    score,
    standings,
    tokenizers,
    tokens,
    trace,
    train,
    what_if,
)
from llm_assets.cli.shared import app, stderr
from llm_assets.display import for_terminal
from llm_assets.errors import LLMAssetsError

__all__ = [
    "ablate",
    "app",
    "automation",
    "blocklists",
    "cleaning",
    "contamination",
    "crawls",
    "duplicates",
    "explore",
    "exports",
    "forgetting",
    "language_models",
    "looks",
    "main",
    "recipes",
    "repeats",
    "reports",
    "runs",
    "sampling",
    "score",
    "standings",
    "tokenizers",
    "tokens",
    "trace",
    "train",
    "what_if",
]


def main() -> None:
    """Runs the command line. An error raised on purpose, or one of the command line itself, is a line; exit status 1."""
    try:
        status = app(prog_name="llm-assets", standalone_mode=False)
    except LLMAssetsError as error:
        _fail(str(error))
    except typer.TyperException as error:
        _fail(_tell_usage(error))
    except typer.Abort:
        stderr.print("nothing was done")
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}")
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str) -> NoReturn:
    if message:
        stderr.print(f"[red]error:[/] {for_terminal(message)}", soft_wrap=True)
    sys.exit(1)


def _tell_usage(error: typer.TyperException) -> str:
    """What is wrong with the words typed, and where help is. Nothing where help was printed already."""
    message = error.format_message().rstrip(".")
    context: typer.Context | None = getattr(error, "ctx", None)
    if not message or context is None:
        return message
    option = getattr(error, "option_name", None)
    if option in ("--home", "--state"):
        program, _, command = context.command_path.partition(" ")
        return f"{option} goes before the command: `{program} {option} DIR {command} …`"
    end = "" if message.endswith("?") else ";"
    return f"{message[0].lower()}{message[1:]}{end} `{context.command_path} --help` shows what there is"
