"""``llm-assets export``: what others can read without this project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import LOOKING, Json, app, examples, open_root, stderr, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    from llm_assets.corpus_export import Export

export = typer.Typer(no_args_is_help=True, help="Write what others can read without this project.")
app.add_typer(export, name="export", rich_help_panel=LOOKING)


@export.command(
    "corpus",
    epilog=examples(
        "llm-assets export corpus ./dataset --dry-run",
        "llm-assets export corpus ./dataset --crawl CC-MAIN-2026-40 --crawl pages",
        "llm-assets export corpus ./dataset --link",
    ),
)
def export_corpus(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty, or does not exist yet.")],
    crawls: Annotated[
        list[str] | None, typer.Option("--crawl", metavar="NAME", help="Only this crawl; may be given several times.")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Hard-link the files instead of copying them: no room, same disk.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be written, and write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write the corpus as a dataset: Parquet by crawl, and a card, as datasets and the Hugging Face Hub read them."""
    from llm_assets.corpus_export import check_folder, plan_export, write_export

    root = open_root(context)
    check_folder(folder)
    planned = plan_export(root, current_recipe(root), crawls or ())
    if not dry_run:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
        with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bars:
            bar = bars.add_task("exporting the corpus")
            write_export(planned, folder, link=link, progress=lambda _, done, total, *__: bars.update(bar, completed=done, total=total))
    _tell(planned, folder, dry_run=dry_run, as_json=as_json)


def _tell(planned: Export, folder: Path, *, dry_run: bool, as_json: bool) -> None:
    rows = [{"path": each.path, "crawl": each.crawl, "documents": each.documents, "bytes": each.bytes} for each in planned.files]
    if as_json:
        print_json({"folder": str(folder), "written": not dry_run, "bytes": planned.bytes, "files": rows})
        return
    if dry_run:
        print_table(rows, as_json=False)
    documents = sum(each.documents for each in planned.files)
    verb = "would be written" if dry_run else "are written"
    stdout.print(
        f"{documents:,} documents in {len(rows):,} files and README.md, {planned.bytes / 1e6:,.1f} MB, "
        f"{verb} to {for_terminal(str(folder))}",
        soft_wrap=True,
    )
