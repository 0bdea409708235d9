"""Language models on the command line: a real one, trained here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

fasttext = pytest.importorskip("fasttext", reason="the extra fasttext is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "lines.txt").write_text("__label__en the rain and the wind\n__label__de der Regen und der Wind\n" * 20)
    fasttext.train_supervised(str(folder / "lines.txt"), dim=4, epoch=5, thread=1, verbose=0).save_model(str(folder / "tiny.bin"))
    return folder / "tiny.bin"


def test_a_model_is_added_and_its_languages_are_told(call, own_pages, model: Path) -> None:
    out = call("language-model", "add", str(model), home=own_pages).out
    assert "it knows 2 languages: de, en" in out
    assert "`llm-assets run --set language.identifier=fasttext --set language.model=tiny` puts it to use" in out
    assert own_pages.input_path("tiny").joinpath("tiny.bin").read_bytes() == model.read_bytes()


def test_a_file_that_is_no_model_is_not_added(call, own_pages, tmp_path: Path) -> None:
    (tmp_path / "lid.176.ftz").write_text("404 Not Found")
    status, _, err = call("language-model", "add", str(tmp_path / "lid.176.ftz"), home=own_pages)
    assert status == 1
    assert "no fastText model with labels" in err
    assert own_pages.inputs() == {}


def test_without_the_library_the_extra_is_named(call, own_pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    (tmp_path / "lid.bin").touch()
    status, _, err = call("language-model", "add", str(tmp_path / "lid.bin"), home=own_pages)
    assert status == 1
    assert "pip install 'llm-assets[fasttext]'" in err


def test_models_alone_are_listed_and_whether_the_recipe_asks_them(call, own_pages, model: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    own_pages.add_input("given", tmp_path / "tokenizer.json")
    call("language-model", "add", str(model), home=own_pages)
    own_pages.recipe.write_text('[language]\nidentifier = "fasttext"\nmodel = "tiny"\n')
    (row,) = json.loads(call("language-model", "list", "--json", home=own_pages).out)
    assert (row["input"], row["file"], row["in_recipe"]) == ("tiny", "tiny.bin", True)


def test_a_model_that_the_recipe_asks_is_not_removed_and_another_is(call, own_pages, model: Path) -> None:
    for name in ("asked", "idle"):
        call("language-model", "add", str(model), "--name", name, home=own_pages)
    own_pages.recipe.write_text('[language]\nidentifier = "fasttext"\nmodel = "asked"\n')
    assert call("language-model", "remove", "asked", "--yes", home=own_pages).status == 1
    assert call("language-model", "remove", "idle", "--yes", home=own_pages).status == 0
    assert list(own_pages.inputs()) == ["asked"]
