"""``llm-assets crawl``: what comes in."""

from __future__ import annotations

from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from typer.core import TyperCommand

from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, stderr, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from llm_assets.crawl.declaration import Declaration
    from llm_assets.crawl.source import Source
    from llm_assets.root import DataRoot

crawl = typer.Typer(no_args_is_help=True, help="Declare crawls, list them, take one out.")
app.add_typer(crawl, name="crawl", rich_help_panel=SETTING_UP)

CrawlName = Annotated[str, typer.Argument(metavar="NAME", help="The crawl's name, part of every path below it.")]


class AddCommand(TyperCommand):
    """Tells in its help which sources there are, which is known only when they are imported."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints the help, and after it each source with its parameters."""
        from llm_assets.crawl import SOURCES

        super().format_help(ctx, formatter)
        console = Console(highlight=False)
        for name, source in SOURCES.items():
            console.print(Panel(_describe_source(source), title=f"--source {name}", title_align="left", border_style="dim"))


def _describe_source(source: type[Source]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for key, field in source.model_fields.items():
        about = f"{escape(_first_sentence(field.description))} [dim]\\[{escape(_tell_default(field))}][/]"
        table.add_row(f"[bold cyan]--{key.replace('_', '-')}[/]", about)
    return Group(_first_sentence(source.__doc__), table)


def _tell_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if isinstance(field.default, bool):
        return f"default: {str(field.default).lower()}"
    return f"default: {'none' if field.default == () else field.default}"


def _first_sentence(text: str | None) -> str:
    return f"{' '.join((text or '').split()).replace('``', '').partition('. ')[0].rstrip('.')}."


@crawl.command(
    "add",
    cls=AddCommand,
    epilog=examples(
        "llm-assets crawl add pages --source warc_files --path 'crawls/*.warc.gz'",
        "llm-assets crawl add cc --source common_crawl --crawl CC-MAIN-2026-42 --warcs 0:800 --stream",
        "llm-assets crawl add org --source common_crawl --crawl CC-MAIN-2026-42 --domain example.org --limit 5000",
        "llm-assets crawl add docs2 --source site --seeds https://docs.example.org/ --since docs1",
        "llm-assets crawl add pages --source warc_files --path 'other/*.warc.gz' --replace --dry-run",
    ),
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def add_crawl(
    context: typer.Context,
    name: CrawlName,
    source: Annotated[str, typer.Option(metavar="SOURCE", help="Where its pages come from.")],
    replace: Annotated[bool, typer.Option("--replace", help="Declare anew a crawl that there is. What was made of it stays.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --replace: only print what would change.")] = False,
) -> None:
    """Declare a crawl. Further options are the source's parameters."""
    from llm_assets.crawl.declaration import check_name, find_source, parse_parameters

    check_name(name)
    values = read_options(context.args, find_source(source))
    parameters = parse_parameters(source, values)
    listing = parameters.describe_listing()
    if listing == "missing":
        raise ConfigError(f"there is nothing at {_tell_values(parameters)}")
    if listing == []:
        stderr.print(f"[yellow]warning:[/] there is no file at {for_terminal(_tell_values(parameters))} yet: the crawl is empty")
    if replace:
        _replace_crawl(open_root(context), name, source, values, dry_run=dry_run)
        return
    if dry_run:
        raise ConfigError("--dry-run goes with --replace")
    declaration = open_root(context, new=True).add_crawl(name, source, values)
    stdout.print(f"crawl {for_terminal(name)} is declared, sequence {declaration.sequence}; `llm-assets run` materializes it")


def _replace_crawl(root: DataRoot, name: str, source: str, values: dict[str, str], *, dry_run: bool) -> None:
    from llm_assets.step import lock_output

    before = None if name in root.crawl_faults() else root.crawl(name)
    # a run that is collecting its files must not read one declaration and note the version of the other
    with nullcontext() if dry_run else lock_output(root, "raw_crawl", name):
        after = root.replace_crawl(name, source, values, dry_run=dry_run)
    then, now = _list_values(before), _list_values(after)
    changed = [key for key in {**then, **now} if then.get(key) != now.get(key)]
    if not changed:
        stdout.print(f"crawl {for_terminal(name)} is declared so already")
        return
    print_table([{"key": key, "was": then.get(key, ""), "becomes": now.get(key, "")} for key in changed], as_json=False)
    _warn_of_revisits(root, name, "declared anew, it may have them no more")
    if dry_run:
        stdout.print("nothing was changed: without --dry-run the crawl is declared so")
        return
    still = "" if after.enabled else ", still disabled"
    stdout.print(f"crawl {for_terminal(name)} is declared anew{still}, sequence {after.sequence}; `llm-assets plan` says what that changes")


def _list_values(declaration: Declaration | None) -> dict[str, Any]:
    """What decides a crawl's files, by key; nothing of a declaration that cannot be followed."""
    return {} if declaration is None else {"source": declaration.source, **declaration.parameters.model_dump(mode="json")}


def _tell_values(parameters: Source) -> str:
    return ", ".join(f"{key} {value}" for key, value in parameters.model_dump(mode="json", exclude_defaults=True).items())


def read_options(words: list[str], source: type[Source]) -> dict[str, str]:
    """``--path X --max-pages=5 --subdomains`` as a mapping of texts, which the source reads as what they should be."""
    values: dict[str, str] = {}
    waiting = deque(words)
    while waiting:
        word = waiting.popleft()
        if not word.startswith("--"):
            raise ConfigError(f"{word!r} is not expected here: a parameter is given as --name value, a pattern in quotes")
        option, equals, value = word.partition("=")
        key = option[2:].replace("-", "_")
        if key in values:
            raise ConfigError(f"{option} is given twice")
        if not equals and waiting and not waiting[0].startswith("--"):
            value = waiting.popleft()
        elif not equals and key in source.model_fields and source.model_fields[key].annotation is bool:
            value = "true"
        if not value:
            raise ConfigError(f"{option} wants a value")
        values[key] = value
    return values


@crawl.command("list", epilog=examples("llm-assets crawl list --json"))
def list_crawls(context: typer.Context, as_json: Json = False) -> None:
    """Every declared crawl, the disabled ones too."""
    root = open_root(context)
    rows = []
    for each in root.crawls(disabled=True):
        corpus = root.manifest("pii_scrubbed_corpus", each.name)
        parameters = each.parameters.model_dump(mode="json", exclude_defaults=not as_json)
        rows.append(
            {
                "sequence": each.sequence,
                "crawl": each.name,
                "source": each.source,
                "enabled": each.enabled,
                "documents": corpus.report["kept"] if corpus else None,
                "parameters": parameters if as_json else [f"{key}={value}" for key, value in parameters.items()],
            }
        )
    print_table(rows, as_json, empty="no crawl is declared: `llm-assets crawl add NAME --source …` declares one")


@crawl.command("disable", epilog=examples("llm-assets crawl disable pages"))
def disable_crawl(context: typer.Context, name: CrawlName) -> None:
    """Leave a crawl out of everything global. Its files stay."""
    root = open_root(context)
    root.set_enabled(name, False)
    _warn_of_revisits(root, name, "while it is disabled, their texts are nowhere")
    stdout.print(f"crawl {for_terminal(name)} is disabled; `llm-assets plan` says what that changes")


def _warn_of_revisits(root: DataRoot, name: str, therefore: str) -> None:
    if referring := _find_revisiting(root, name):
        pages = f"{for_terminal(', '.join(referring))} did not store pages again that {for_terminal(name)} has"
        stderr.print(f"[yellow]warning:[/] {pages}: {therefore}", soft_wrap=True)


def _find_revisiting(root: DataRoot, name: str) -> list[str]:
    """Enabled crawls that hold revisits, or may once they are made, of pages of a crawl."""
    from llm_assets.crawl.declaration import find_referring

    declared = {each.name: each for each in root.crawls(disabled=True, sound=True)}
    texts = {each: root.manifest("extracted_text", each) for each in find_referring(declared.values(), name)}
    return [each for each, made in texts.items() if declared[each].enabled and (made is None or made.report["rejected"].get("revisit"))]


@crawl.command("enable", epilog=examples("llm-assets crawl enable pages"))
def enable_crawl(context: typer.Context, name: CrawlName) -> None:
    """Let a disabled crawl in again."""
    open_root(context).set_enabled(name, True)
    stdout.print(f"crawl {for_terminal(name)} is enabled; `llm-assets plan` says what that changes")
