"""``llm-assets crawl repeat``: what is crawled again and again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from llm_assets.cli.crawls import crawl, read_options
from llm_assets.cli.shared import Json, examples, open_root, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal

repeat = typer.Typer(no_args_is_help=True, help="Declare what is crawled again and again.")
crawl.add_typer(repeat, name="repeat")

RepeatName = Annotated[str, typer.Argument(metavar="NAME", help="What it is called; its crawls' names begin with it.")]

SWITCHES = {"site": "site_recrawls", "common_crawl": "common_crawls", "warc_files": "watched_folders"}
"""What looks after each source in Dagster, once it is turned on."""


@repeat.command(
    "add",
    epilog=examples(
        "llm-assets crawl repeat add docs --source site --seeds https://docs.example.org/ --cron '0 3 * * sun' --timezone Europe/Berlin",
        "llm-assets crawl repeat add web --source common_crawl --warcs 0:800 --stream",
        "llm-assets crawl repeat add inbox --source warc_files --path /archives/incoming --settle-seconds 600",
    ),
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def add_repeat(
    context: typer.Context,
    name: RepeatName,
    source: Annotated[str, typer.Option(metavar="SOURCE", help="site, common_crawl, or warc_files: a watched folder.")],
    cron: Annotated[
        str, typer.Option(metavar="CRON", help="When: minute, hour, day, month, day of the week.", show_default="the source's own")
    ] = "",
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", envvar="LLM_ASSETS_TIMEZONE", help="Of the cron expression and of dates in names.")
    ] = "UTC",
    name_pattern: Annotated[
        str,
        typer.Option(
            metavar="PATTERN",
            help="Names of its crawls, with {date}, {week}, {month}, or {id} of Common Crawl.",
            show_default="NAME-{date}",
        ),
    ] = "",
    settle_seconds: Annotated[
        int, typer.Option(metavar="N", min=1, help="A file of a watched folder is taken once it has not changed for that long.")
    ] = 300,
) -> None:
    """Declare what recurs: a site, the newest Common Crawl, a watched folder. Further options are the source's parameters."""
    from llm_assets.crawl.declaration import find_source
    from llm_assets.recurring import add_recurrence, recurrence_path

    values = {"source": source, "name_pattern": name_pattern, "cron": cron, "timezone": timezone, "settle_seconds": settle_seconds}
    root = open_root(context, new=True)
    made = add_recurrence(root, name, {**values, "parameters": read_options(context.args, find_source(source))})
    when = f"at {made.when} ({made.timezone})" if made.when else "whenever whole files are there"
    stdout.print(
        f"{for_terminal(name)} recurs {when}; edit {for_terminal(root.address_of(recurrence_path(root, name)))} to change it",
        soft_wrap=True,
    )
    stdout.print(f"`llm-assets automation on {SWITCHES[made.source]}` turns it on, for a daemon: `llm-assets daemon`", soft_wrap=True)


@repeat.command("list", epilog=examples("llm-assets crawl repeat list --json"))
def list_repeats(context: typer.Context, as_json: Json = False) -> None:
    """What recurs, when, and its last crawl."""
    from llm_assets.recurring import crawls_of, list_recurrences

    root = open_root(context)
    rows = []
    for each in list_recurrences(root):
        crawls = crawls_of(root, each.name)
        given = each.parse().model_dump(mode="json", exclude_unset=True)
        parameters = {key: value for key, value in given.items() if key in each.parameters}
        rows.append(
            {
                "name": each.name,
                "source": each.source,
                "when": each.when or "always",
                "timezone": each.timezone,
                "enabled": each.enabled,
                "crawls": len(crawls),
                "last": crawls[-1].name if crawls else None,
                "looked_after_by": SWITCHES[each.source],
                "parameters": parameters if as_json else [f"{key}={value}" for key, value in parameters.items()],
            }
        )
    print_table(rows, as_json, empty="nothing recurs: `llm-assets crawl repeat add NAME --source …` declares something")


@repeat.command("now", epilog=examples("llm-assets crawl repeat now docs", "llm-assets crawl repeat now inbox"))
def declare_now(context: typer.Context, name: RepeatName) -> None:
    """Declare the next crawl now, under today's name, whatever its cron says; twice a day, there is one."""
    from llm_assets.recurring import declare_next, find_recurrence

    root = open_root(context)
    outcome = declare_next(root, find_recurrence(root, name), datetime.now(UTC))
    stdout.print(f"{for_terminal(outcome.told)}{'; `llm-assets run` materializes it' if outcome.crawl else ''}", soft_wrap=True)


@repeat.command("remove", epilog=examples("llm-assets crawl repeat remove docs"))
def remove_repeat(context: typer.Context, name: RepeatName) -> None:
    """Take back what recurs. The crawls it has declared stay."""
    from llm_assets.recurring import crawls_of, remove_recurrence

    root = open_root(context)
    remove_recurrence(root, name)
    stdout.print(f"{for_terminal(name)} recurs no longer; its {len(crawls_of(root, name)):,} crawls stay")
