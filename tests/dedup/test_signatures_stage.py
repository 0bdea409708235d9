"""The stage that signs documents."""

import hashlib

import polars as pl
import pyarrow.parquet as pq
import pytest

from llm_assets.dedup.config import Signatures
from llm_assets.dedup.scheme import describe_scheme, read_scheme
from llm_assets.dedup.stage import sign_documents
from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import SIGNATURES, TEXTS
from llm_assets.quality.cleaning import Cleaning

CONFIG = Signatures()
PAGES = (
    ("It rained all day in the old town.", "cookies", "?!"),
    ("Another page of a few more words than five.", "it RAINED, all day in the old town"),
)


@pytest.fixture
def texts(tmp_path):
    for file, pages in enumerate(PAGES):
        rows = [{"doc": make_doc(3, file, record), "url": "https://example.org", "text": text} for record, text in enumerate(pages)]
        write_rows(tmp_path / f"in/texts/{file:05}.parquet", rows, TEXTS)
    return Artefact.of_folder(tmp_path / "in")


def sign(texts, target, config=CONFIG, workers=1):
    report = sign_documents(texts, target, Cleaning(), config, LocalEngine(workers))
    return report, Artefact.of_folder(target)


def test_every_extracted_document_gets_a_row(texts, tmp_path):
    report, signed = sign(texts, tmp_path / "out")
    table = pl.read_parquet(signed.table("signatures"))
    assert table["doc"].to_list() == [make_doc(3, 0, 0), make_doc(3, 0, 1), make_doc(3, 0, 2), make_doc(3, 1, 0), make_doc(3, 1, 1)]
    assert (report.read, report.kept, report.figures) == (5, 5, {"empty": 2})
    assert pq.read_schema(signed.table("signatures")[0]).equals(SIGNATURES)


def test_a_text_that_cleaning_or_normalising_empties_has_no_signature(texts, tmp_path):
    table = pl.read_parquet(sign(texts, tmp_path / "out")[1].table("signatures"))
    assert table["signature"].is_null().to_list() == table["bands"].is_null().to_list() == [False, True, True, False, False]
    assert table["exact"][1] == table["exact"][2] == hashlib.sha256(b"").digest()[:16]


def test_texts_equal_but_for_case_and_punctuation_are_exact_copies(texts, tmp_path):
    table = pl.read_parquet(sign(texts, tmp_path / "out")[1].table("signatures"))
    assert table["exact"][0] == table["exact"][4] == hashlib.sha256(b"it rained all day in the old town").digest()[:16]
    assert table["signature"][0].to_list() == table["signature"][4].to_list()


def test_workers_do_not_decide_a_byte(texts, tmp_path):
    one, two = (sign(texts, tmp_path / f"out{workers}", workers=workers)[1] for workers in (1, 2))
    assert [entry.path for entry in one.files] == ["signatures/00000.parquet", "signatures/00001.parquet"]
    assert list(map(hash_file, one.table("signatures"))) == list(map(hash_file, two.table("signatures")))


def test_no_text_at_all_is_no_error(tmp_path):
    report, signed = sign(Artefact(tmp_path, ()), tmp_path / "out")
    assert report.read == 0
    assert signed.table("signatures") == []


def test_a_part_without_documents_is_written_empty(tmp_path):
    write_rows(tmp_path / "in/texts/00007.parquet", [], TEXTS)
    _, signed = sign(Artefact.of_folder(tmp_path / "in"), tmp_path / "out")
    assert pq.read_table(signed.path("signatures/00007.parquet")).num_rows == 0


def test_a_file_says_how_its_signatures_were_made(texts, tmp_path):
    _, signed = sign(texts, tmp_path / "out")
    assert read_scheme(signed.table("signatures")) == describe_scheme(CONFIG)
    assert describe_scheme(CONFIG)["permutations"] == "112"


@pytest.mark.parametrize("changed", [{"seed": 2}, {"ngram": 4}, {"bands": 7, "rows": 16}, {"rows": 7}])
def test_signatures_of_two_kinds_are_not_read_together(texts, tmp_path, changed):
    parts = [sign(texts, tmp_path / name, config)[1].table("signatures") for name, config in (("a", CONFIG), ("b", Signatures(**changed)))]
    with pytest.raises(DataError, match="do not mix") as error:
        read_scheme(parts[0] + parts[1])
    assert error.value.path == parts[1][0]


def test_a_table_that_tells_no_scheme_is_refused(tmp_path):
    write_rows(tmp_path / "00000.parquet", [], SIGNATURES)
    with pytest.raises(DataError, match="does not say by which scheme"):
        read_scheme([tmp_path / "00000.parquet"])
