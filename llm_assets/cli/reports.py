"""``llm-assets report``: one HTML file of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import LOOKING, app, examples, open_root, read_catalog, stdout
from llm_assets.display import for_terminal


@app.command(
    rich_help_panel=LOOKING,
    epilog=examples("llm-assets report", "llm-assets report --out corpus.html --crawl pages --samples 10"),
)
def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write.")] = Path("report.html"),
    crawl: Annotated[str | None, typer.Option(metavar="NAME", help="Only this crawl.")] = None,
    samples: Annotated[int, typer.Option(min=0, metavar="N", help="Documents to show of each fate.")] = 3,
) -> None:
    """Write one HTML file: the funnel by rule, every signal with its bounds, domains, languages, lengths, samples. No network."""
    from llm_assets.formats.manifest import put_text
    from llm_assets.report_page.figures import Extent, collect_figures
    from llm_assets.report_page.page import render_page

    root = open_root(context)
    extent = Extent() if crawl is None else Extent.of_crawl(root.crawl(crawl).sequence)
    recipe = current_recipe(root)
    with read_catalog(root) as connection:
        figures = collect_figures(connection, recipe.filters, extent, samples=samples)
    put_text(out, render_page(figures, {name: recipe.fingerprint(name) for name in ("cleaning", "filters", "dedup", "pii")}))
    stdout.print(f"wrote {for_terminal(str(out))}: open it in a browser", soft_wrap=True)
