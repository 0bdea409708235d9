"""The engines: what each keeps, what each refuses, and a floor under their quality."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from statistics import fmean

import pytest
from layouts import make_layouts
from pydantic import ValidationError
from warc_pages import make_page

from benchmarks.extract import shingle_f1
from llm_assets.extract.charset import decode_page
from llm_assets.extract.config import Extraction
from llm_assets.extract.engines import ENGINES
from llm_assets.extract.engines.blend import blend_texts
from llm_assets.extract.engines.settings import TooDeepError
from llm_assets.extract.engines.trafilatura import extract_from_tree, parse_page
from llm_assets.formats.warc import read_records

COMMENTS = b"<div id=comments class=comments><p class=comment-body>First! What a lovely river this is, says a reader.</p></div>"


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match="no engine 'lynx'; there are blend, resiliparse, trafilatura"):
        Extraction(engine="lynx")


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("favour", ["precision", "balanced", "recall"])
@pytest.mark.parametrize("fast", [False, True])
def test_the_article_comes_out_whatever_is_favoured(engine: str, favour: str, fast: bool) -> None:
    settings = Extraction.model_validate({"favour": favour, "fast": fast})
    assert "Sentence 1 tells of a river" in ENGINES[engine](make_page(1).decode(), settings)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_comments_and_scripts_stay_out(engine: str) -> None:
    page = make_page(1).replace(b"</article>", b"</article><script>let sentence = 1</script>" + COMMENTS).decode()
    text = ENGINES[engine](page, Extraction())
    assert "First!" not in text
    assert "let sentence" not in text


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("control", ["\x01", "\x0b", "\x0c", "\x1f", "&#1;", "&#12;"])
def test_a_control_character_costs_no_page(engine: str, control: str) -> None:
    page = make_page(1).decode().replace("<p>", f"<p>{control}<script>x</script>{control} ").replace("bridge", f"{control} bridge")
    assert "tells of a river" in ENGINES[engine](page, Extraction())


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_page_gives_the_same_text_however_often_it_was_seen(engine: str) -> None:
    pages = [make_page(number).decode() for number in (1, 2, 1, 1, 1, 1)]
    assert len({ENGINES[engine](page, Extraction()) for page in pages}) == 2


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("levels", [97, 98])
def test_depth_is_counted_with_html_and_body(engine: str, levels: int) -> None:
    page = "<html><body>" + "<div>" * levels + "words" + "</div>" * levels
    if levels + 2 > 99:
        with pytest.raises(TooDeepError) as error:
            ENGINES[engine](page, Extraction(max_depth=99))
        assert error.value.depth == levels + 2
    else:
        ENGINES[engine](page, Extraction(max_depth=99))


RIVER = "The river rises in the hills above the town and reaches the sea after ninety slow miles."
BRIDGE = "Its oldest bridge was built by monks, who took a toll of salt from all that crossed on foot."
MILL = "Below it stands a mill that ground corn until the war, and has since been a school of music."
MENU = "Home\nTowns\nShare this page"
HEADLINE = "The Longest River"


@pytest.mark.parametrize(
    ("first", "second", "blended"),
    [
        ("", f"{RIVER}\n{MILL}", f"{RIVER}\n{MILL}"),
        (f"{RIVER}\n{MILL}", "", f"{RIVER}\n{MILL}"),
        (f"{RIVER}\n{MILL}", f"{MENU}\n{RIVER}\n{MENU}\n{BRIDGE}\n{MILL}\n{MENU}", f"{RIVER}\n{BRIDGE}\n{MILL}"),
        (f"{RIVER}\n{BRIDGE}", f"{RIVER}\n{BRIDGE}\n{MILL}", f"{RIVER}\n{BRIDGE}"),
        (f"{RIVER}\n{BRIDGE}", f"{MILL}\n{MENU}", f"{RIVER}\n{BRIDGE}"),
        (RIVER, f"{MENU}\n{RIVER}\n{BRIDGE}\n{MILL}", f"{MENU}\n{RIVER}\n{BRIDGE}\n{MILL}"),
    ],
    ids=["nothing first", "nothing second", "a gap", "what follows", "another page", "a teaser"],
)
def test_a_blend_puts_back_what_was_lost_between_what_both_found(first: str, second: str, blended: str) -> None:
    assert blend_texts(first, second) == blended


@pytest.mark.parametrize(
    ("before", "lead"),
    [
        (f"{MENU}\n{HEADLINE}\n{BRIDGE}", BRIDGE),
        (f"{BRIDGE}\n{HEADLINE}\nBy a reader", ""),
        (f"{HEADLINE}\nBy a reader\n{BRIDGE}\nToday", BRIDGE),
        (f"The Longest\n{BRIDGE}", ""),
        (BRIDGE, ""),
    ],
    ids=["the lead", "what stands above", "among short lines", "half a headline", "no headline"],
)
def test_prose_between_the_headline_and_what_both_found_is_the_lead(before: str, lead: str) -> None:
    text = f"{RIVER}\n{MILL}"
    blended = blend_texts(text, f"{before}\n{text}", ["the longest  river | Daily News"])
    assert blended == (f"{lead}\n{text}" if lead else text)


LOST = f"""<body><div class=entry-content><p>{RIVER}</p><p>{RIVER} It does.</p>
<div style='border: 1px'><p>{BRIDGE}</p><p>{MILL}</p><p>{BRIDGE} So they say.</p><p>{MILL} It was.</p></div></div></body>"""
"""An article most of which the strictest reading takes for a box beside it."""


def test_where_the_engines_disagree_trafilatura_reads_the_page_again() -> None:
    quick, whole = (ENGINES["trafilatura"](LOST, Extraction(fast=fast)) for fast in (True, False))
    assert MILL not in quick
    assert ENGINES["blend"](LOST, Extraction()) == whole


def test_a_fast_blend_takes_the_second_opinion_at_once() -> None:
    assert ENGINES["blend"](LOST, Extraction(fast=True)) == "\n".join(ENGINES["resiliparse"](LOST, Extraction()).strip().split("\n"))


def test_a_table_that_is_there_for_the_layout_leaves_no_bars() -> None:
    page = f"<body><table><tr><td></td><td>{RIVER} {BRIDGE}</td></tr></table><table><tr><td>1</td><td>{MILL}</td></tr></table></body>"
    lines = ENGINES["trafilatura"](page, Extraction()).split("\n")
    assert lines[0] == f"{RIVER} {BRIDGE}"
    assert lines[-1].startswith("| 1 | ")


@pytest.mark.parametrize(("engine", "floor"), [("trafilatura", 0.956), ("resiliparse", 0.917), ("blend", 0.973)])
def test_quality_never_falls_below_its_floor_on_pages_of_our_own(engine: str, floor: float) -> None:
    """Mean F1; the floors may only be raised."""
    assert fmean(shingle_f1(layout.text, ENGINES[engine](layout.html, Extraction())) for layout in make_layouts()) >= floor


@pytest.mark.shared_data
@pytest.mark.parametrize(("engine", "floor"), [("trafilatura", 0.827), ("resiliparse", 0.815), ("blend", 0.877)])
def test_quality_never_falls_below_its_floor(shared_data: Path, engine: str, floor: float) -> None:
    """Mean F1 on every twelfth page; the floors may only be raised."""
    with gzip.open(shared_data / "web/pages.truth.jsonl.gz", "rt") as lines:
        truths = {truth["url"]: truth["text"] for truth in map(json.loads, lines) if truth["kind"].startswith("full") and truth["text"]}
    records = [record for record in read_records(shared_data / "web/pages.warc.gz", 0, 12) if record.url in truths]
    pages = [decode_page(record.payload, record.charset_header).text for record in records]
    scores = [
        shingle_f1(truths[record.url or ""], ENGINES[engine](page, Extraction())) for page, record in zip(pages, records, strict=True)
    ]
    assert len(scores) > 50
    assert fmean(scores) >= floor


def test_what_the_quickest_reading_takes_out_first_changes_nothing() -> None:
    settings, menu = Extraction(fast=True), "<nav>Home<aside>Ads</aside></nav>Above all <time>today</time> it rains."
    pages = [html for layout in make_layouts() for html in (layout.html, re.sub("(<body.*?>)", rf"\1{menu}", layout.html))]
    assert len(set(pages)) > len(pages) / 2
    for html in pages:
        assert ENGINES["trafilatura"](html, settings) == extract_from_tree(parse_page(html, settings.max_depth), settings)
