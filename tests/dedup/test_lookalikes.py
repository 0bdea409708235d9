"""Near copies of a text among stored signatures."""

import pytest

from llm_assets.dedup.config import Signatures
from llm_assets.dedup.lookalikes import find_lookalikes
from llm_assets.dedup.stage import sign_documents
from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import TEXTS
from llm_assets.quality.cleaning import Cleaning

STORY = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)) + "."
CONFIG = Signatures()


@pytest.fixture
def parts(tmp_path):
    """Two files: the story and something else; the story with two words changed, and an empty page."""
    changed = STORY.replace("wordab", "changed").replace("wordac", "altered")
    pages = ((STORY, "Quite another text, with words of its own and no others."), (changed, "?!"))
    for file, texts in enumerate(pages):
        rows = [{"doc": make_doc(1, file, record), "url": "https://a.example", "text": text} for record, text in enumerate(texts)]
        write_rows(tmp_path / f"in/texts/{file:05}.parquet", rows, TEXTS)
    sign_documents(Artefact.of_folder(tmp_path / "in"), tmp_path / "out", Cleaning(), CONFIG, LocalEngine())
    return Artefact.of_folder(tmp_path / "out").table("signatures")


def test_the_likest_comes_first(parts):
    first, second = find_lookalikes(STORY, parts, Cleaning(), CONFIG, LocalEngine())
    assert (first.doc, first.similarity) == (make_doc(1, 0, 0), 1.0)
    assert second.doc == make_doc(1, 1, 0)
    assert 0.8 < second.similarity < 1.0


def test_a_text_like_none_finds_none(parts):
    assert find_lookalikes("Something that nobody has written down before today.", parts, Cleaning(), CONFIG, LocalEngine()) == []


def test_no_file_finds_none():
    assert find_lookalikes(STORY, [], Cleaning(), CONFIG, LocalEngine()) == []


def test_signatures_of_other_settings_are_refused(parts):
    with pytest.raises(DataError, match="made by other settings"):
        find_lookalikes(STORY, parts, Cleaning(), Signatures(seed=2), LocalEngine())


def test_a_text_without_words_is_refused(parts):
    with pytest.raises(DataError, match="leaves no word"):
        find_lookalikes("… !?", parts, Cleaning(), CONFIG, LocalEngine())
