"""A recipe that keeps two languages, each at a score of its own."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import TEXTS
from llm_assets.quality.decisions import decide_documents
from llm_assets.quality.stage import measure_signals
from llm_assets.recipe import parse_recipe

PAGES = {
    "English": "It rained all day, and nobody wanted to leave the house before supper was on the table.",
    "German": "Es regnete den ganzen Tag, und niemand wollte vor dem Abendessen das Haus verlassen.",
    "French": "Il a plu toute la journée et personne ne voulait quitter la maison avant le dîner.",
    "mixed": "der Wind und the rain",
    "no letter": "1, 2, 3 … 42!",
    "one letter": "x",
    "nothing but marks": "?!?!",
}


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    folder = tmp_path_factory.mktemp("languages")
    rows = [{"doc": doc, "url": "https://example.org/", "text": text} for doc, text in enumerate(PAGES.values())]
    write_rows(folder / "texts/texts/00000.parquet", rows, TEXTS)
    recipe = parse_recipe("")
    measure_signals(
        Artefact.of_folder(folder / "texts"), folder / "signals", recipe.cleaning, recipe.language, recipe.signals, LocalEngine()
    )
    return Artefact.of_folder(folder / "signals")


def decide(signals: Artefact, target: Path, languages: str) -> tuple[set[str], pl.DataFrame]:
    """Names of the pages kept, and the rejections."""
    decide_documents(signals, target, parse_recipe(f"[filters.language]\nlanguages = {{{languages}}}").filters, LocalEngine())
    names = dict(enumerate(PAGES))
    return {names[doc] for doc in pl.read_parquet(target / "docs.parquet")["doc"]}, pl.read_parquet(target / "rejections.parquet")


def test_every_document_has_a_language_and_a_score(signals: Artefact) -> None:
    found = pl.concat(pl.read_parquet(path) for path in signals.table("signals")).select("doc", "language", "language_score")
    assert found.height == len(PAGES)
    assert found.null_count().sum_horizontal().item() == 0
    assert found["language_score"].is_between(0, 1).all()
    assert found.filter(pl.col("language") == "und")["language_score"].to_list() == [0.0, 0.0]


def test_both_languages_are_kept_and_no_third(signals: Artefact, tmp_path: Path) -> None:
    kept, rejections = decide(signals, tmp_path, "en = 0.65, de = 0.65")
    assert {"English", "German"} <= kept
    assert "French" not in kept
    assert set(rejections["rule"]) == {"language.score"}
    assert rejections.height == len(PAGES) - len(kept)


@pytest.mark.parametrize(("english", "german"), [(0.65, 1.0), (1.0, 0.65)])
def test_each_language_must_exceed_its_own_score(signals: Artefact, tmp_path: Path, english: float, german: float) -> None:
    kept, _ = decide(signals, tmp_path, f"en = {english}, de = {german}")
    assert kept == ({"English"} if german == 1 else {"German"})


def test_the_scores_are_told_apart_within_one_recipe(signals: Artefact, tmp_path: Path) -> None:
    scores = pl.concat(pl.read_parquet(path) for path in signals.table("signals")).sort("doc")["language_score"]
    below, at = float(scores[1]) - 1e-9, float(scores[1])
    assert "German" in decide(signals, tmp_path / "below", f"en = 0.65, de = {below!r}")[0]
    assert "German" not in decide(signals, tmp_path / "at", f"en = 0.65, de = {at!r}")[0]
