"""``llm-assets forget``: what is taken down, which documents that is, and which models saw them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from llm_assets.cli.inputs import DryRun
from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from llm_assets.root import DataRoot
    from llm_assets.takedown.entries import Entry
    from llm_assets.takedown_impact import Exposure, Hits


class DefaultGroup(TyperGroup):
    """A group whose command ``add`` needs not be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Words that begin with no command of the group are those of ``add``."""
        if args and args[0] not in (*self.commands, "--help", "-h"):
            args = ["add", *args]
        return super().parse_args(ctx, args)


forget = typer.Typer(cls=DefaultGroup, no_args_is_help=True, help="Takedowns: documents that leave the corpus at the next run.")
app.add_typer(forget, name="forget", rich_help_panel=SETTING_UP)

Wanted = Annotated[
    list[str],
    typer.Argument(
        metavar="WHAT…",
        help="A URL (with all below it), a domain (with all below it), a document's key such as 0-0-26, or the exact hash of a text.",
    ),
]


@forget.command(
    "add",
    epilog=examples(
        "llm-assets forget add https://site.example/people/ada --dry-run",
        "llm-assets forget add site.example",
        "llm-assets forget add 0-0-26 --copies",
    ),
)
def add_entries(
    context: typer.Context,
    wanted: Wanted,
    copies: Annotated[bool, typer.Option("--copies", help="Of documents given by key: all others of the same text too.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put documents on the list of what is taken down. The next run takes them out of corpus, shards and trace index.

    Tells how many documents of which crawls that is, and the models that were trained on them. The word `add` may be left out.
    """
    from llm_assets.takedown.entries import parse_entry, write_entries
    from llm_assets.takedown_impact import find_exposures, find_hits, record_takedown

    root = open_root(context)
    entries = [parse_entry(words) for words in wanted]
    if copies:
        entries += _find_texts(root, entries)
    with TemporaryDirectory(prefix="takedown-") as scratch:
        write_entries(Path(scratch), entries)
        hits = find_hits(root, Path(scratch))
        exposures = find_exposures(root, hits)
        if not dry_run:
            write_entries(Path(scratch), [*_read_list(root), *entries])
            root.add_input(_list_name(), Path(scratch))
            record_takedown(root, entries, hits, exposures)
    _tell(entries, hits, exposures, dry_run=dry_run, as_json=as_json)


@forget.command("list", epilog=examples("llm-assets forget list --json"))
def list_entries(context: typer.Context, as_json: Json = False) -> None:
    """What is taken down, how many extracted documents that names today, and the models that had seen some when it was asked for."""
    from llm_assets.takedown_impact import find_hits, read_record

    root = open_root(context)
    hits = find_hits(root, root.forgotten) if root.forgotten else []
    notes = list(read_record(root))
    rows = []
    for entry in _read_list(root):
        told = [note for note in notes if str(entry) in note["entries"]]
        models = sorted({model["model"][:12] for note in told for model in note["models"]})
        rows.append(
            {
                "entry": str(entry),
                "asked": told[-1]["at"] if told else None,
                "documents": sum(each.entries.get(str(entry), 0) for each in hits),
                "models": models,
            }
        )
    print_table(rows, as_json, empty="nothing is taken down: `llm-assets forget WHAT` does it")


@forget.command("undo", epilog=examples("llm-assets forget undo site.example --dry-run", "llm-assets forget undo site.example"))
def undo_entries(context: typer.Context, wanted: Wanted, dry_run: DryRun = False) -> None:
    """Take entries off the list again. The next run brings back the documents that nothing else keeps out."""
    from llm_assets.takedown.entries import parse_entry, write_entries

    root = open_root(context)
    known = _read_list(root)
    gone = {str(parse_entry(words)) for words in wanted}
    if absent := sorted(gone - {str(entry) for entry in known}):
        raise ConfigError(f"{absent[0]} is not on the list; `llm-assets forget list` shows what is")
    left = [entry for entry in known if str(entry) not in gone]
    if not dry_run:
        with TemporaryDirectory(prefix="takedown-") as scratch:
            write_entries(Path(scratch), left)
            root.add_input(_list_name(), Path(scratch))
    does = "would be taken off" if dry_run else "taken off"
    stdout.print(f"{for_terminal(', '.join(sorted(gone)))}: {does}; {len(left):,} left on the list", soft_wrap=True)


def _list_name() -> str:
    from llm_assets.root import FORGOTTEN

    return FORGOTTEN


def _read_list(root: DataRoot) -> list[Entry]:
    from llm_assets.takedown.entries import read_entries

    return read_entries(root.forgotten) if root.forgotten else []


def _find_texts(root: DataRoot, entries: Sequence[Entry]) -> list[Entry]:
    """The texts of documents asked for by key. ConfigError where no other kind has copies, or a text is not known."""
    from llm_assets.formats.doc import parse_doc, split_doc
    from llm_assets.takedown.entries import parse_entry
    from llm_assets.takedown.matching import find_hash

    names = {crawl.sequence: crawl.name for crawl in root.crawls(disabled=True)}
    texts = []
    for entry in entries:
        if entry.kind != "document":
            raise ConfigError(f"--copies is of documents given by key, and {entry} is none")
        doc = parse_doc(entry.value)
        crawl = names.get(split_doc(doc)[0])
        text = find_hash(root.artefact("minhash_signatures", crawl), doc) if crawl else None
        if text is None:
            raise ConfigError(f"there is no text of document {entry.value}: copies of it cannot be found")
        texts.append(parse_entry(text))
    return texts


def _tell(entries: Sequence[Entry], hits: Sequence[Hits], exposures: Sequence[Exposure], *, dry_run: bool, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "crawl": each.crawl,
            "extracted": each.extracted,
            "in_corpus": each.in_corpus,
            "in_train": each.in_train,
            "examples": [f"{key} {url}" for key, url in each.examples],
        }
        for each in hits
    ]
    models = [
        {
            "version": each.model,
            "trained": each.trained,
            "documents": each.documents,
            "links": dict(each.links),
            "shards": dict(each.digests),
        }
        for each in exposures
    ]
    if as_json:
        print_json({"entries": [str(entry) for entry in entries], "dry_run": dry_run, "crawls": rows, "models": models})
        return
    print_table([{**row, "examples": "; ".join(row["examples"])} for row in rows], False, empty="no document of this root is named")
    for each in exposures:
        seen = "an unknown number of these documents" if each.documents is None else f"{each.documents:,} of these documents"
        stdout.print(f"[yellow]model {each.model[:12]}[/] of {each.trained} was trained on {seen}")
        for name, link in each.links.items():
            stdout.print(f"  {for_terminal(name)}: {for_terminal(link)}", soft_wrap=True)
    if dry_run:
        stdout.print("[dim]nothing was changed[/]")
        return
    stdout.print("on the list; `llm-assets run` takes them out, then `llm-assets clean` deletes what earlier outputs hold of them")
    stdout.print("[dim]extracted_text and raw_crawl keep them: what the WARC files hold is deleted by hand[/]", soft_wrap=True)
