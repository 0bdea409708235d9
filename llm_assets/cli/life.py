"""A document's life on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from llm_assets.cli.shared import stdout
from llm_assets.display import for_terminal
from llm_assets.explain import Judged, Life
from llm_assets.formats.doc import format_doc
from llm_assets.notation import show_measured

PLACES = 10
"""Redactions to name on a terminal; JSON has all of them."""


def print_life(life: Life) -> None:
    """Prints what is known of one document."""
    capture = life.capture
    stdout.print(f"\n[bold]{capture['id']}[/]  {for_terminal(str(capture['url']))}", soft_wrap=True)
    status = "" if capture["status"] is None else f", status {capture['status']}"
    extent = f"byte {capture['offset']:,}, {capture['length']:,} bytes{status}"
    _print_fact("record", f"{for_terminal(life.file or 'a file that is gone')} at {extent}")
    _print_fact("crawl", f"{for_terminal(capture['crawl'])}, {for_terminal(capture['date'] or 'no date')}")
    if capture["title"]:
        _print_fact("title", for_terminal(" ".join(capture["title"].split()), 200))
    if capture["language"]:
        _print_fact("language", f"{for_terminal(capture['language'])} ({capture['language_score']:.3f})")
    if life.url_rule is not None:
        _print_fact("url rule", for_terminal(life.url_rule))
    if life.extraction is not None:
        _print_fact("extraction", _tell_extraction(life.extraction))
    if life.judged or life.unbounded:
        _print_judged(life)
    if life.elder:
        elder = life.elder
        kind = f"{elder['kind']}, {elder['similarity']:.2f}" + ("" if elder["removed"] else ", left in")
        _print_fact("copy of", f"{elder['elder_id']} {for_terminal(str(elder['elder_url']))} ({kind})")
    if life.copies:
        copies = life.copies
        _print_fact("copies", f"{copies['copies']:,}, of which {copies['exact']:,} exact and {copies['removed']:,} removed")
    if life.family is not None and life.family != capture["doc"]:
        _print_fact("family", format_doc(life.family))
    if life.redacted:
        _print_fact("redacted", ", ".join(f"{number:,} {kind}" for kind, number in life.redacted.items()))
    for redaction in life.redactions[:PLACES]:
        _print_fact("", f"{redaction['kind']} in {redaction['field']}, bytes {redaction['start']:,} to {redaction['end']:,}")
    _print_fact("fate", _tell_fate(life))
    if len(life.broken) > 1:
        _print_fact("also broken", "; ".join(f"{for_terminal(each.rule)}, {_say(each, each.breach)}" for each in life.broken[1:]))
    if life.outdated:
        _print_fact("note", "[yellow]the filters were changed since[/]: the bounds above are today's; `llm-assets run` decides anew")


def _print_fact(name: str, markup: str) -> None:
    stdout.print(f"  {name:<11}  {markup}", soft_wrap=True)


def _print_judged(life: Life) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("  signal", "value", "bounds"):
        table.add_column(name, justify="right" if name == "value" else "left", overflow="fold")
    for each in life.judged:
        mark = "[green]✓[/]" if each.within else "[red]✗[/]"
        table.add_row(f"{mark} {for_terminal(each.rule)}", _say(each, each.measured), _say(each, each.asked))
    for name, value in life.unbounded.items():
        table.add_row(f"[dim]· {for_terminal(name)}[/]", f"[dim]{show_measured(value)}[/]", "")
    stdout.print(table)


def _tell_extraction(extraction: Mapping[str, Any]) -> str:
    """What came out of the record, and what the page says of itself."""
    size = f"{extraction['characters']:,} characters in {extraction['lines']:,} line{'s' * (extraction['lines'] != 1)}"
    said = {"": extraction["charset"], "says ": extraction["language_hint"], "published ": extraction["published"]}
    return ", ".join([size, *(f"{word}{for_terminal(value, 40)}" for word, value in said.items() if value)])


def _say(judged: Judged, told: str) -> str:
    """What is told of a rule: numbers, in which the redactor would only do harm, or languages."""
    return for_terminal(told) if judged.wanted else told


def _tell_fate(life: Life) -> str:
    capture = life.capture
    if capture["rule"] is None:
        return "under way: later stages have not been materialized"
    if capture["rule"] == "kept":
        place = life.place
        if place is None:
            return "[green]kept[/]"
        return f"[green]kept[/]: {place['split']} shard {place['shard']}, {place['length']:,} tokens from {place['start']:,}"
    verdict = f"[red]rejected[/] in {capture['stage']} by {for_terminal(capture['rule'])}"
    # The elder's key stands on a line of its own; here the redactor might take it for a number of someone's.
    detail = f" ({for_terminal(capture['detail'], 200)})" if capture["detail"] and life.elder is None else ""
    return verdict + (f": {life.reason}" if life.reason else "") + detail
