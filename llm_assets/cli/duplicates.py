"""``llm-assets duplicates``: who is whose copy, how similar, in which words they differ; and what is like a text of one's own."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import LOOKING, Json, app, examples, open_root, read_catalog, require_text, stderr, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError
from llm_assets.formats.doc import format_doc, parse_doc

if TYPE_CHECKING:
    import duckdb

    from llm_assets.families import Family, Passage

CONTEXT_WORDS = 12
"""Words shown on each side of a difference."""

COLUMNS = ("id", "crawl", "url", "fate", "elder_id", "kind", "similarity")


@app.command(
    rich_help_panel=LOOKING,
    epilog=examples(
        "llm-assets duplicates https://example.org/page",
        "llm-assets duplicates 0-0-26 --against 0-0-3",
        "llm-assets duplicates --like draft.txt",
        "llm-assets duplicates --like - --json < page.txt",
    ),
)
def duplicates(
    context: typer.Context,
    what: Annotated[str | None, typer.Argument(metavar="[URL|DOC]", help="A page's URL, or a document's key such as 0-0-26.")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="DOC", help="The copy to hold it against; its elder, or its first copy, when left out.")
    ] = None,
    like: Annotated[str | None, typer.Option(metavar="FILE", help="Instead: find near copies of this text; - is standard input.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, metavar="N", help="Members, or near copies, to list.")] = 20,
    as_json: Json = False,
) -> None:
    """The family of copies that a document belongs to, and how two of them differ; or what is like a text of your own."""
    if (what is None) == (like is None):
        raise ConfigError("give either a URL or key, or --like FILE")
    if like is not None:
        _show_lookalikes(context, like, most, as_json)
        return
    from llm_assets.explain import find_captures
    from llm_assets.families import compare_documents, tell_family

    with read_catalog(open_root(context)) as connection:
        told = []
        for capture in find_captures(connection, require_text(what or "", "URL")):
            family = tell_family(connection, capture["doc"])
            other = parse_doc(against) if against is not None else family.counterpart()
            if other is not None:
                family.find(other)
            passages = compare_documents(connection, other, capture["doc"]) if other is not None else []
            if as_json:
                told.append(_family_as_json(family, other, passages))
            else:
                _print_family(family, other, passages, most)
    if as_json:
        print_json(told)


def _family_as_json(family: Family, other: int | None, passages: Sequence[Passage]) -> dict[str, Any]:
    held = None if other is None else format_doc(other)
    return {
        "doc": format_doc(family.asked),
        "members": [dict(member) for member in family.members],
        "held_against": held,
        "difference": [asdict(passage) for passage in passages],
    }


def _print_family(family: Family, other: int | None, passages: Sequence[Passage], most: int) -> None:
    asked = family.find(family.asked)
    if len(family.members) == 1:
        stdout.print(f"{asked['id']} {for_terminal(str(asked['url']))} is nobody's copy, and has none", soft_wrap=True)
        return
    stdout.print(f"[bold]{asked['id']}[/] {for_terminal(str(asked['url']))} is of a family of {len(family.members):,}", soft_wrap=True)
    print_table([{name: member[name] for name in COLUMNS} for member in family.members[:most]], False, formats={"similarity": "{:.3f}"})
    if len(family.members) > most:
        stdout.print(f"[dim]… and {len(family.members) - most:,} more: --most shows them[/]")
    if other is None:
        return
    stdout.print(f"\nfrom [red]{format_doc(other)}[/] to [green]{asked['id']}[/]:")
    if all(passage.side == "both" for passage in passages):
        stdout.print("[dim]their texts are the same, word for word[/]")
        return
    for passage in passages:
        stdout.print(_show_passage(passage), end="", soft_wrap=True)
    stdout.print()


def _show_passage(passage: Passage) -> str:
    """What both have is shortened to what stands beside a difference."""
    if passage.side != "both":
        colour, sign = ("red", "−") if passage.side == "first" else ("green", "+")
        return f"[{colour}]{sign}{for_terminal(passage.text.strip())}{sign}[/] "
    words = re.findall(r"\s*\S+", passage.text)
    if len(words) <= 2 * CONTEXT_WORDS:
        return f"[dim]{for_terminal(passage.text)}[/] "
    ends = "".join(words[:CONTEXT_WORDS]), "".join(words[-CONTEXT_WORDS:])
    return f"[dim]{for_terminal(ends[0])} … {len(words) - 2 * CONTEXT_WORDS:,} words … {for_terminal(ends[1])}[/] "


def _show_lookalikes(context: typer.Context, like: str, most: int, as_json: bool) -> None:
    from llm_assets.dedup.lookalikes import find_lookalikes
    from llm_assets.engine import LocalEngine
    from llm_assets.plan import Snapshot

    text = (sys.stdin.buffer.read() if like == "-" else Path(like).read_bytes()).decode("utf-8", "replace")
    root = open_root(context)
    recipe = current_recipe(root)
    snapshot = Snapshot(root, recipe)
    present = [name for name in snapshot.crawls if root.manifest("minhash_signatures", name) is not None]
    if not present:
        raise ConfigError("no crawl has signatures yet: `llm-assets run` makes them")
    parts = [part for name in present for part in root.artefact("minhash_signatures", name).table("signatures")]
    with stderr.status("reading signatures") as status:
        engine = LocalEngine(progress=lambda label, done, total, *_: status.update(f"{label}: {done:,} of {total:,} files"))
        found = find_lookalikes(text, parts, recipe.cleaning, recipe.signatures, engine)
    with read_catalog(root) as connection:
        rows = [_describe(connection, each.doc) | {"similarity": each.similarity} for each in found[:most]]
    print_table(rows, as_json, formats={"similarity": "{:.3f}"}, empty="no document is like it")
    if len(found) > most and not as_json:
        stdout.print(f"[dim]… and {len(found) - most:,} more: --most shows them[/]")


def _describe(connection: duckdb.DuckDBPyConnection, doc: int) -> dict[str, Any]:
    from llm_assets.catalog import fetch_rows

    rows = fetch_rows(connection, "explain/captures", url=None, doc=doc)
    known = rows[0] if rows else {}
    return {"id": format_doc(doc), "crawl": known.get("crawl"), "url": known.get("url"), "fate": known.get("rule")}
