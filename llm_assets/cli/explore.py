"""``llm-assets explore``: a local page for looking around in a root."""

from __future__ import annotations

from typing import Annotated

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import LOOKING, app, examples, open_root, stdout


@app.command(rich_help_panel=LOOKING, epilog=examples("llm-assets explore", "llm-assets explore --port 8090 --no-open"))
def explore(
    context: typer.Context,
    port: Annotated[int, typer.Option(metavar="PORT", help="Port on loopback.", min=1, max=65535)] = 8080,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="Where the model runs: auto, cpu, cuda.")] = "auto",
) -> None:
    """Serve a page on loopback: tokens of a text, the next token, samples and where their words come from, documents and their journey."""
    root = open_root(context)
    from llm_assets.explorer.holdings import Holdings
    from llm_assets.explorer.serve import serve

    holdings = Holdings(root, lambda: current_recipe(root), device)
    serve(holdings, port, lambda address: stdout.print(f"explore: {address}   Ctrl-C ends it"), browse=browse)
