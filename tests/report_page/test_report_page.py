"""The report shows what the catalog says, and nothing a page says can act in it."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from reported_root import PLANTS, RECIPE, WORDS, fill_catalog

from llm_assets.quality.bounds import Bound
from llm_assets.report import Report
from llm_assets.report_page.figures import Extent, Figures, collect_figures, falls_of
from llm_assets.report_page.histograms import BINS, Histogram, choose_scale
from llm_assets.report_page.markdown import write_histograms, write_samples, write_waterfall
from llm_assets.report_page.page import render_page

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "h4", "p", "dl", "div", "dt", "dd", "table", "tr", "th", "td",
    "svg", "rect", "line", "g", "text", "figure", "figcaption", "small", "code", "wbr", "details", "summary", "article", "blockquote",
    "span",
}  # fmt: skip
REACHING = ("src", "href", "xlink:href", "srcset", "action", "style", "data", "poster", "background")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    with fill_catalog(tmp_path_factory.mktemp("report")) as connection:
        return collect_figures(connection, RECIPE.filters, Extent())


@pytest.fixture(scope="module")
def page(figures: Figures) -> str:
    return render_page(figures, {"filters": "0" * 64})


class Elements(HTMLParser):
    """Every element with its attributes, and the text in sight."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_no_page_brings_an_element_an_address_or_a_handler_into_the_report(page: str) -> None:
    for tag, attributes in Elements(page).found:
        assert tag in ALLOWED
        assert not [name for name in attributes if name in REACHING or name.startswith("on")]


def test_what_pages_say_is_shown_as_it_is(page: str) -> None:
    text = Elements(page).text
    for plant in (PLANTS[0], PLANTS[1], "[x](javascript:alert(1))", "{{ 7 * 7 }}"):
        assert plant in text


def test_no_control_character_and_no_personal_data_is_in_the_report(page: str) -> None:
    assert not [letter for letter in page if unicodedata.category(letter) in ("Cc", "Cf", "Cs") and letter != "\n"]
    assert "ada@mail.test" not in page
    assert "555-0187" not in page
    assert "&lt;EMAIL&gt;" in page


def test_the_policy_forbids_all_but_the_pages_own_style(page: str) -> None:
    policy = next(attributes["content"] for tag, attributes in Elements(page).found if attributes.get("http-equiv"))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_nothing_in_the_report_is_fetched(page: str) -> None:
    assert not re.search(r"<(link|script|img|iframe|object|embed|base)\b", page, re.IGNORECASE)


def test_the_waterfall_adds_up(figures: Figures) -> None:
    assert [(fall.rule, fall.documents, fall.left) for fall in figures.falls] == [
        ("gopher_quality.words", 3, 7),
        ("near", 1, 4),
        ("kept", 3, 3),
    ]


def test_a_stage_alone_has_a_waterfall_in_the_recipes_order() -> None:
    report = Report("filtered_docs", 10, 4, {"c4.sentences": 5, "gopher_quality.words": 1})
    assert [(fall.rule, fall.documents, fall.left) for fall in falls_of(report, RECIPE.filters)] == [
        ("gopher_quality.words", 1, 10),
        ("c4.sentences", 5, 9),
        ("kept", 4, 4),
    ]


def histogram(figures: Figures, signal: str) -> Histogram:
    return next(each for each in figures.histograms if each.signal == signal)


def test_every_signal_has_a_histogram_of_all_documents(figures: Figures) -> None:
    assert len({each.signal for each in figures.histograms}) == len(figures.histograms) > 20
    for each in figures.histograms:
        assert sum(each.documents) + each.missing == len(PLANTS)
        assert sum(each.passed) == 4


def test_bounded_signals_come_first_in_the_recipes_order(figures: Figures) -> None:
    order = [each.filter for each in figures.histograms]
    assert order.index("gopher_quality") < order.index("c4") < order.index(None)
    assert None not in order[: order.index(None)]
    assert set(order[order.index(None) :]) == {None}


def test_a_value_lies_in_the_bin_that_names_it(figures: Figures) -> None:
    words = histogram(figures, "words")
    for value in WORDS:
        assert words.documents[min(int(words.scale.place(value)), BINS - 1)]
    assert words.name_edge(0) == "5"


def test_a_count_is_cut_beyond_the_end_that_its_bound_includes(figures: Figures) -> None:
    words = histogram(figures, "words")
    assert [end for end, _ in words.cuts()] == [20, 30, 100_000]
    assert words.scale.place(19) < dict(words.cuts())[20] < words.scale.place(20)


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def test_markdown_of_samples_is_an_inert_table(figures: Figures) -> None:
    html = MARKDOWN.render(write_samples(figures.samples))
    elements = Elements(html)
    assert {tag for tag, _ in elements.found} == {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert html.count("<tr>") == len(figures.samples) + 1
    assert PLANTS[0] in elements.text
    assert "javascript:alert(1)" in elements.text
    assert "ada@mail.test" not in html


def test_a_viewer_that_links_bare_addresses_finds_none_but_in_code(figures: Figures) -> None:
    html = MARKDOWN.render(write_samples(figures.samples))
    assert "www.bare.test" in re.sub(r"\u2060", "", Elements(html).text)
    text = Elements(re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)).text
    assert not re.search(r"(?i)\w://|www\.", text)


@pytest.mark.parametrize("url", ["https://a.test/`x`", "https://a.test/``|``x", "https://a.test/ b\n| c |", "`"])
def test_an_address_in_code_is_shown_whole(url: str) -> None:
    row = {"stage": "s", "rule": "r", "id": "0-0-0", "url": url, "title": None, "excerpt": None, "elder_id": None, "detail": None}
    html = MARKDOWN.render(write_samples([row | {"value": None, "low": None, "high": None}]))
    assert re.findall("<code>(.*?)</code>", html) == [" ".join(url.split())]


@pytest.mark.parametrize(("least", "most"), [(0.0, 0.0), (161.0, 161.0), (0.0, 1e9)])
def test_a_scale_of_counts_has_room_for_the_bound_and_the_values(least: float, most: float) -> None:
    bound = Bound("words", low=30, high=1_000)
    scale = choose_scale("count", {"least": least, "most": most}, [("r", bound)])
    assert scale.place(min(least, 30)) == 0
    assert scale.place(30) <= scale.place(max(most, 1_000)) <= BINS


def test_markdown_of_counts_and_histograms_is_a_table_of_letters(figures: Figures) -> None:
    for text in (write_waterfall(figures.falls), write_histograms(figures.histograms)):
        assert {tag for tag, _ in Elements(MARKDOWN.render(text)).found} == {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert "│" in write_histograms(figures.histograms)


def test_an_empty_catalog_makes_a_page_too() -> None:
    empty = Figures([], [], [], [], [], [], [], [], [])
    assert "no document has met its fate yet" in render_page(empty, {})


def test_a_crawl_alone_is_counted_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    with fill_catalog(tmp_path_factory.mktemp("other")) as connection:
        assert collect_figures(connection, RECIPE.filters, Extent.of_crawl(1)).falls == []
        assert collect_figures(connection, RECIPE.filters, Extent.of_crawl(0)).falls[0].left == len(PLANTS)
