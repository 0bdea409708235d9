import zipfile
from pathlib import Path

import polars as pl
import pytest

from llm_assets.quality.identifiers import IDENTIFIERS
from llm_assets.quality.language import Language, identify_languages

TEXTS = {
    "en": "It rained all day, and nobody wanted to leave the house before supper.",
    "de": "Es regnete den ganzen Tag, und niemand wollte vor dem Abendessen das Haus verlassen.",
    "fr": "Il a plu toute la journée et personne ne voulait quitter la maison avant le dîner.",
    "ru": "Весь день шёл дождь, и никто не хотел выходить из дома до ужина.",
}


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_common_languages_are_told_apart(identifier):
    found = identify_languages(pl.Series([*TEXTS.values()]), Language(identifier=identifier))
    assert found["language"].to_list() == [*TEXTS]
    assert found["language_score"].is_between(0.65, 1).all()


@pytest.mark.parametrize("identifier", IDENTIFIERS)
@pytest.mark.parametrize("text", ["", " \n", "12 34", "!!! 😀"])
def test_where_there_is_nothing_to_go_by_the_language_is_und_at_score_0(identifier, text):
    assert identify_languages(pl.Series([text]), Language(identifier=identifier)).row(0) == ("und", 0.0)


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_a_language_depends_on_the_text_alone(identifier):
    texts, language = pl.Series([*TEXTS.values()]), Language(identifier=identifier)
    backwards = identify_languages(texts.reverse(), language).reverse()
    assert identify_languages(texts, language).equals(backwards)


def test_only_the_start_of_a_text_is_read():
    text = TEXTS["de"] + TEXTS["ru"] * 9
    short = identify_languages(pl.Series([text]), Language(max_characters=len(TEXTS["de"])))
    assert short.equals(identify_languages(pl.Series([TEXTS["de"]]), Language()))


def test_the_kernel_agrees_with_the_library_on_its_own_model():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    library = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    texts = [*TEXTS.values(), TEXTS["en"].upper(), "e\u0301te\u0301 a\u0300 la mer", "okay then", "добро jutro"]
    found = identify_languages(pl.Series(texts), Language())
    for text, (language, score) in zip(texts, found.iter_rows(), strict=True):
        expected, probability = library.classify(text)
        assert language == expected
        assert score == pytest.approx(probability, abs=1e-4)


def test_the_names_in_the_recipe_are_those_of_the_table():
    assert set(Language.model_json_schema()["properties"]["identifier"]["enum"]) == set(IDENTIFIERS)


UDHR = Path(__file__).parents[2] / "../shared/data/langid/udhr.zip"
"""The Declaration of Human Rights, whose files are named by language and encoding."""

KNOWN = {
    "English-Latin1": "en",
    "German_Deutsch-Latin1": "de",
    "French_Francais-Latin1": "fr",
    "Spanish-Latin1": "es",
    "Russian-UTF8": "ru",
    "Japanese_Nihongo-UTF8": "ja",
}


@pytest.mark.shared_data
@pytest.mark.skipif(not UDHR.exists(), reason="the shared data are not beside the checkout")
@pytest.mark.parametrize(("name", "language"), KNOWN.items())
def test_paragraphs_of_the_declaration_of_human_rights_are_named_rightly(name, language):
    with zipfile.ZipFile(UDHR) as archive:
        text = archive.read(f"udhr/{name}").decode("latin-1" if name.endswith("Latin1") else "utf-8", "ignore")
    chunks = [text[start : start + 300] for start in range(0, len(text) - 300, 300)]
    found = identify_languages(pl.Series(chunks), Language())["language"].to_list()
    assert found == [language] * len(chunks)
