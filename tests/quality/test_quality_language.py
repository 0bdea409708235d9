import zipfile
from pathlib import Path

import polars as pl
import pytest

from benchmarks.declaration import read_pieces
from llm_assets.language import IDENTIFIERS, TRAINED
from llm_assets.language.langdetect import estimate_langdetect
from llm_assets.language.py3langid import estimate_py3langid, labels_py3langid
from llm_assets.language.second_opinion import SURE
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
    found = identify_languages(pl.Series(texts), Language(identifier="py3langid"))
    for text, (language, score) in zip(texts, found.iter_rows(), strict=True):
        expected, probability = library.classify(text)
        assert language == expected
        assert score == pytest.approx(probability, abs=1e-4)


def test_the_names_in_the_recipe_are_those_of_the_table():
    assert set(Language.model_json_schema()["properties"]["identifier"]["enum"]) == {*IDENTIFIERS, *TRAINED}


INDONESIAN = "Setiap orang berhak atas pendidikan dan pekerjaan."
"""Malay as well, or nearly, so that py3langid wavers."""

SPACED_CHINESE = "天 气 很 好, 我 们 明 天 去 公 园 走 走"
"""As some pages write it; langdetect takes it for Korean."""


def opinions(text):
    """What the first and the second say of a text."""
    first = dict(zip(reversed(labels_py3langid()), estimate_py3langid(pl.Series([text]))[0, ::-1].tolist(), strict=True))
    return first, estimate_langdetect(text)


def test_every_language_of_langdetect_is_one_of_py3langid():
    from langdetect.detector_factory import PROFILES_DIRECTORY

    names = {path.name.partition("-")[0] for path in Path(PROFILES_DIRECTORY).iterdir() if "." not in path.name}
    assert len(names) > 50
    assert names <= {*labels_py3langid()}


def test_where_the_first_is_sure_the_second_is_not_asked(monkeypatch):
    monkeypatch.setattr("llm_assets.language.second_opinion.estimate_langdetect", pytest.fail)
    texts = pl.Series([*TEXTS.values(), "12 34"])
    second, first = (identify_languages(texts, Language(identifier=name)) for name in ("second_opinion", "py3langid"))
    assert first["language_score"][:4].min() >= SURE
    assert second.equals(first)


def test_where_the_first_is_unsure_the_score_is_the_mean_of_both():
    first, second = opinions(INDONESIAN)
    assert max(first.values()) < SURE
    language, score = identify_languages(pl.Series([INDONESIAN]), Language(identifier="second_opinion")).row(0)
    assert (max(first, key=first.get), next(iter(second)), language) == ("ms", "id", "id")
    assert score == pytest.approx((first["id"] + second["id"]) / 2)


def test_the_second_is_not_heard_on_a_language_that_the_first_holds_impossible():
    first, second = opinions(SPACED_CHINESE)
    assert max(first.values()) < SURE
    assert next(iter(second)) == "ko"
    language, score = identify_languages(pl.Series([SPACED_CHINESE]), Language(identifier="second_opinion")).row(0)
    assert (language, score) == ("zh", pytest.approx(first["zh"] / 2))


UDHR = Path(__file__).parents[2] / "../shared/data/langid/udhr.zip"

udhr = pytest.mark.skipif(not UDHR.exists(), reason="the shared data are not beside the checkout")

ACCURACY = 0.998
"""Share of 2,039 pieces of 200 characters in 49 languages. A floor that may only rise."""

CREOLES = ("NigerianPidginEnglish-Latin1", "Krio-UTF8", "TokPisin-Latin1", "Bichelamar-Latin1", "SolomonsPidgin_Pijin-Latin1")
"""Files in languages made of English words, which langdetect calls English."""


@pytest.mark.shared_data
@udhr
def test_the_declaration_of_human_rights_is_named_rightly_in_the_languages_that_langdetect_knows():
    texts, truth = zip(*read_pieces(UDHR), strict=True)
    found = identify_languages(pl.Series(texts), Language())
    assert (found["language"] == pl.Series(truth)).mean() >= ACCURACY
    english = (found["language"] == "en") & (found["language_score"] > 0.65)
    assert english.to_list() == [language == "en" for language in truth]


@pytest.mark.shared_data
@udhr
def test_creoles_of_english_do_not_pass_for_english():
    texts, _ = zip(*read_pieces(UDHR, dict.fromkeys(CREOLES, "")), strict=True)
    found = identify_languages(pl.Series(texts), Language())
    assert found.filter(pl.col("language") == "en")["language_score"].max() <= 0.65


@pytest.mark.shared_data
@udhr
def test_no_other_language_of_the_declaration_passes_for_english():
    with zipfile.ZipFile(UDHR) as archive:
        names = [name for name in archive.namelist() if name.endswith(("-UTF8", "-Latin1")) and name != "udhr/English-Latin1"]
        read = [archive.read(name).decode("utf-8" if name.endswith("UTF8") else "cp1252", "replace") for name in names[::3]]
    pieces = [text[start : start + 200] for text in read for start in range(0, len(text) - 199, 8_000)]
    assert len(pieces) > 90
    found = identify_languages(pl.Series(pieces), Language())
    assert found.filter((pl.col("language") == "en") & (pl.col("language_score") > 0.65)).is_empty()
