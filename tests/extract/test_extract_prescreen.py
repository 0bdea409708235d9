"""Pages surely in another language fall before the costly engine; whatever leaves a doubt is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from warc_pages import make_page, make_record

from benchmarks.declaration import read_pieces
from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.page import Page, PageText, read_page
from llm_assets.extract.prescreen import LEAST_BYTES, LINE_BYTES, Prescreen, screen_text
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import REJECTIONS
from llm_assets.recipe import parse_recipe

ENGLISH = Prescreen(languages=("en",))
FRENCH_LINE = "Il a plu toute la journée, et personne ne voulait quitter la maison avant le dîner du soir."
ENGLISH_LINE = "It rained all day long, and nobody wanted to leave the house before supper was on the table."
FRENCH = "\n".join([FRENCH_LINE] * 20)


def test_a_page_in_another_language_falls_and_tells_which() -> None:
    rejection = screen_text(FRENCH, ENGLISH)
    assert rejection is not None
    assert (rejection.rule, rejection.low, rejection.high, rejection.detail) == ("prescreen.language", 0.1, None, "fr")
    assert rejection.value is not None
    assert 0 <= rejection.value < 0.01


@pytest.mark.parametrize(
    "text",
    [
        "\n".join([ENGLISH_LINE] * 20),
        "\n".join([ENGLISH_LINE] * 20).upper(),
        "\n".join([*[FRENCH_LINE] * 4, *[ENGLISH_LINE] * 3, FRENCH]),
        "\n".join([FRENCH_LINE] * (LEAST_BYTES // len(FRENCH_LINE))),
        "\n".join(FRENCH_LINE[: LINE_BYTES - 5] for _ in range(50)),
        "",
    ],
    ids=["English", "in capitals", "some English in French", "too little", "no prose", "nothing"],
)
def test_a_page_is_let_through_where_there_is_a_doubt(text: str) -> None:
    assert screen_text(text, ENGLISH) is None


def test_the_bound_is_the_recipes() -> None:
    text = "\n".join([*[FRENCH_LINE] * 7, *[ENGLISH_LINE] * 3])
    strict = screen_text(text, ENGLISH.model_copy(update={"min_language_fraction": 0.5}))
    assert strict is not None
    assert strict.value == pytest.approx(0.3, abs=0.02)


def test_any_of_several_languages_is_enough() -> None:
    assert screen_text(FRENCH, Prescreen(languages=("en", "fr"))) is None


def test_the_beginning_decides() -> None:
    assert screen_text("\n".join([ENGLISH_LINE] * 5 + [FRENCH_LINE] * 500), ENGLISH) is None
    assert screen_text("\n".join([FRENCH_LINE] * 50 + [ENGLISH_LINE] * 500), ENGLISH) is not None


def test_a_line_without_end_is_read_no_further_than_it_tells() -> None:
    rejection = screen_text(FRENCH_LINE * 50_000, ENGLISH)
    assert rejection is not None


def read(body: str, mime: str = "text/html") -> PageText | Rejection:
    return read_page(Page(body.encode(), mime, "utf-8", None), Extraction(), ENGLISH)


@pytest.mark.parametrize("mime", ["text/html", "text/plain"])
def test_what_is_seen_of_a_page_decides_not_its_markup(mime: str) -> None:
    hidden = f"<html><head><script>{ENGLISH_LINE * 90}</script></head><body><p>{FRENCH_LINE * 9}</p><p>{FRENCH_LINE * 9}</p></body></html>"
    outcome = read(hidden if mime == "text/html" else FRENCH, mime)
    assert isinstance(outcome, Rejection)
    assert outcome.rule == "prescreen.language"


def test_the_limits_of_a_page_come_first() -> None:
    deep = "<div>" * 400 + f"<p>{FRENCH_LINE * 30}</p>"
    outcome = read(deep)
    assert isinstance(outcome, Rejection)
    assert outcome.rule == "max_depth"


def test_it_stands_in_the_tables_like_any_other_rejection(make_crawl: Callable[[Sequence[bytes]], Artefact], tmp_path: Path) -> None:
    french = f"<html><body><p>{FRENCH_LINE * 9}</p></body></html>".encode()
    raw = make_crawl([make_record(make_page(0)) + make_record(french) + make_record(make_page(1))])
    report = extract_texts(raw, tmp_path / "out", 3, UrlFilter(), Extraction(), {}, LocalEngine(1), prescreen=ENGLISH)
    rows = read_table(Artefact.of_folder(tmp_path / "out").table("rejections"), REJECTIONS).to_pylist()
    assert (report.kept, dict(report.rejected)) == (2, {"prescreen.language": 1})
    assert [(row["rule"], row["low"], row["detail"]) for row in rows] == [("prescreen.language", 0.1, "fr")]


def test_it_is_off_where_no_language_is_named() -> None:
    outcome = read_page(Page(f"<p>{FRENCH_LINE * 9}</p>".encode(), "text/html", "utf-8", None), Extraction(engine="resiliparse"))
    assert isinstance(outcome, PageText)


def test_a_language_that_nobody_can_tell_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(ConfigError, match=r"prescreen.languages: xx is unknown"):
        prescreen = Prescreen(languages=("xx", "en"))
        extract_texts(Artefact(tmp_path, ()), tmp_path / "out", 3, UrlFilter(), Extraction(), {}, LocalEngine(1), prescreen=prescreen)


def test_a_recipe_cannot_keep_a_language_that_its_prescreen_drops() -> None:
    kept = "[filters.language]\nlanguages = { en = 0.65, fr = 0.65 }\n"
    assert parse_recipe(kept + '[prescreen]\nlanguages = ["en", "fr"]').prescreen.languages == ("en", "fr")
    with pytest.raises(ConfigError, match=r"^recipe: prescreen.languages lacks fr, which \[filters.language\] keeps$"):
        parse_recipe(kept + '[prescreen]\nlanguages = ["en"]')


@pytest.mark.shared_data
def test_the_declaration_of_human_rights_is_let_through_in_its_language_and_in_no_other(shared_data: Path) -> None:
    pieces = [(" ".join(text.split()), language) for text, language in read_pieces(shared_data / "langid/udhr.zip", characters=600)]
    lost = [language for text, language in pieces if screen_text(text, Prescreen(languages=(language,)))]
    assert {*lost} <= {"mk"}  # a file that writes half of its Cyrillic letters with Latin ones
    foreign = [screen_text(text, ENGLISH) is not None for text, language in pieces if language != "en"]
    assert sum(foreign) >= 0.99 * len(foreign)
