"""Languages by a fastText model given as a side input."""

from pathlib import Path

import polars as pl
import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import TEXTS as TEXTS_TABLE
from llm_assets.quality.cleaning import Cleaning
from llm_assets.quality.config import Signals
from llm_assets.quality.language import Language, identify_languages
from llm_assets.quality.signals import SIGNALS
from llm_assets.quality.stage import measure_signals

fasttext = pytest.importorskip("fasttext", reason="the extra fasttext is not installed")

TEXTS = {
    "en": "It rained all day, and nobody wanted to leave the house before supper.",
    "de": "Es regnete den ganzen Tag, und niemand wollte vor dem Abendessen das Haus verlassen.",
    "fr": "Il a plu toute la journée et personne ne voulait quitter la maison avant le dîner.",
}

LANGUAGE = Language(identifier="fasttext", model="lid")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that knows the sentences above."""
    folder = tmp_path_factory.mktemp("trained")
    lines = folder / "lines.txt"
    lines.write_text("".join(f"__label__{language} {text}\n" for language, text in TEXTS.items()) * 50, encoding="utf-8")
    trained = fasttext.train_supervised(str(lines), dim=8, epoch=50, lr=0.3, minn=2, maxn=3, bucket=500, thread=1, verbose=0)
    (folder / "model").mkdir()
    trained.save_model(str(folder / "model/lid.bin"))
    return folder / "model"


def test_languages_are_those_of_the_labels_and_scores_are_probabilities(model):
    found = identify_languages(pl.Series([*TEXTS.values()]), LANGUAGE, model)
    assert found["language"].to_list() == [*TEXTS]
    assert found["language_score"].is_between(0.65, 1).all()


def test_the_signals_have_the_languages_of_the_model(model, tmp_path):
    rows = [{"doc": doc, "url": "https://example.org/", "text": text} for doc, text in enumerate(TEXTS.values())]
    write_rows(tmp_path / "texts/texts/00000.parquet", rows, TEXTS_TABLE)
    measure_signals(Artefact.of_folder(tmp_path / "texts"), tmp_path / "signals", Cleaning(), LANGUAGE, Signals(), LocalEngine(), model)
    signals = read_table(Artefact.of_folder(tmp_path / "signals").table("signals"), SIGNALS)
    assert signals["language"].to_pylist() == [*TEXTS]


def test_lines_of_a_text_are_read_as_one(model):
    text = TEXTS["fr"]
    broken = identify_languages(pl.Series([text.replace(" ", "\n")]), LANGUAGE, model)
    assert broken.equals(identify_languages(pl.Series([text]), LANGUAGE, model))


@pytest.mark.parametrize("text", ["", " \n", "12 34", "!!! 😀"])
def test_a_text_without_a_letter_is_und_at_score_0(model, text):
    assert identify_languages(pl.Series([text]), LANGUAGE, model).row(0) == ("und", 0.0)


def test_no_text_is_no_row(model):
    assert identify_languages(pl.Series([], dtype=pl.String), LANGUAGE, model).height == 0


def test_a_file_that_is_no_model_is_refused_by_name(tmp_path):
    (tmp_path / "lid.176.ftz").write_text("404 Not Found")
    with pytest.raises(DataError, match=r"no fastText model.*lid\.176\.ftz"):
        identify_languages(pl.Series(["text"]), LANGUAGE, tmp_path)


def test_a_folder_of_several_files_is_refused(tmp_path):
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match="one model file is wanted, here are 2"):
        identify_languages(pl.Series(["text"]), LANGUAGE, tmp_path)


def test_a_model_named_and_not_given_is_told():
    with pytest.raises(ConfigError, match=r"language\.model: the side input 'lid' is not given"):
        identify_languages(pl.Series(["text"]), LANGUAGE)


@pytest.mark.parametrize("given", [{"identifier": "fasttext"}, {"identifier": "py3langid", "model": "lid"}])
def test_a_model_is_named_with_fasttext_and_with_no_other(given):
    with pytest.raises(ValueError, match="with identifier fasttext, and with no other"):
        Language(**given)
