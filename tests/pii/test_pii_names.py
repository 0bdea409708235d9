from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from llm_assets.errors import ConfigError
from llm_assets.pii import KINDS
from llm_assets.pii.config import Pii
from llm_assets.pii.kinds import Kind
from llm_assets.pii.names import PIECE_CHARACTERS, name_kind
from llm_assets.pii.redact import redact

INSTALLED = importlib.util.find_spec("presidio_analyzer") is not None
MODEL = "en_two_names"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An installed spaCy package that knows two names."""
    spacy = pytest.importorskip("spacy", reason="the extra presidio is not installed")
    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": name} for name in ("Ada Lovelace", "Bob")])
    pipeline.meta["name"] = MODEL.removeprefix("en_")
    pipeline.to_disk(tmp_path / MODEL)
    (tmp_path / MODEL / "__init__.py").write_text(
        "from pathlib import Path\nfrom spacy import load as read\ndef load(**options): return read(Path(__file__).parent, **options)\n"
    )
    (tmp_path / f"{MODEL}-1.0.dist-info").mkdir()
    (tmp_path / f"{MODEL}-1.0.dist-info/METADATA").write_text(f"Metadata-Version: 2.1\nName: {MODEL}\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield MODEL
    sys.modules.pop(MODEL, None)


@pytest.mark.skipif(INSTALLED, reason="the extra presidio is installed")
def test_without_its_extra_the_kind_says_which_one_it_wants() -> None:
    with pytest.raises(ConfigError, match=r"llm-assets\[presidio\]"):
        Pii(kinds=("email", "presidio"), model="en_core_web_sm").selected_kinds()


@pytest.mark.skipif(not INSTALLED, reason="the extra presidio is not installed")
def test_a_pipeline_that_is_not_installed_is_named_and_not_fetched() -> None:
    with pytest.raises(ConfigError, match="'en_nowhere' installed, and none is downloaded"):
        name_kind("en_nowhere")


@pytest.mark.parametrize("given", [{"kinds": ("presidio",)}, {"kinds": ("email",), "model": "en_core_web_sm"}])
def test_the_kind_and_its_pipeline_are_named_together(given) -> None:
    with pytest.raises(ValidationError, match="with kind presidio, and with no other"):
        Pii(**given)


def test_names_are_replaced_beside_other_values(model: str) -> None:
    kinds = [KINDS["email"], name_kind(model)]
    assert redact("Ada Lovelace, ada@mail.test, to Bob.", kinds, "tags")[0] == "<PERSON>, <EMAIL>, to <PERSON>."
    assert redact("Ada Lovelace to Bob.", kinds, "fineweb")[0] == "Jane Doe to John Doe."


def test_a_long_text_is_read_in_pieces_none_of_which_cuts_a_name(model: str) -> None:
    text = "so Ada Lovelace said, " * (PIECE_CHARACTERS // 5)
    assert redact(text, [name_kind(model)], "tags")[0] == text.replace("Ada Lovelace", "<PERSON>")


def test_a_kind_that_is_not_steady_is_asked_once() -> None:
    first = Kind("first", lambda text: iter([(0, 1)] if text[0] == "a" else []), "a", ("b",))
    restless = Kind("restless", lambda text: iter([(2, 3)] if text[0] != "a" or text[2] == "x" else []), ".", ("y",), steady=False)
    assert redact("a x", [first, restless], "fineweb")[0] == "b y"
    assert redact("a z", [first, restless], "fineweb")[0] == "b z"
