"""Articles known to be near copies of each other, from text to verdict."""

from pathlib import Path

import pytest

from llm_assets.dedup.config import Dedup, Signatures
from llm_assets.dedup.duplicates import remove_duplicates
from llm_assets.dedup.stage import sign_documents
from llm_assets.engine import LocalEngine
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import DOCS, DUPLICATES, TEXTS
from llm_assets.quality.cleaning import Cleaning

ARTICLES = Path(__file__).parents[2] / "../shared/data/neardup"


@pytest.mark.shared_data
@pytest.mark.skipif(not ARTICLES.is_dir(), reason="the shared data do not lie beside the checkout")
@pytest.mark.parametrize(("size", "pairs"), [(100, 5), (1000, 10)])
def test_the_known_pairs_are_found_and_no_others(tmp_path, size, pairs):
    lines = (ARTICLES / f"articles_{size}.train").read_text(encoding="utf-8").splitlines()
    names, texts = zip(*(line.split(" ", 1) for line in lines), strict=True)
    docs = [make_doc(1, 0, record) for record in range(len(names))]
    rows = [{"doc": doc, "url": "https://example.org", "text": text} for doc, text in zip(docs, texts, strict=True)]
    write_rows(tmp_path / "texts/texts/00000.parquet", rows, TEXTS)
    write_rows(tmp_path / "filtered/docs.parquet", [{"doc": doc} for doc in docs], DOCS)
    engine = LocalEngine()
    sign_documents(Artefact.of_folder(tmp_path / "texts"), tmp_path / "signed", Cleaning(), Signatures(), engine)
    filtered, signed = Artefact.of_folder(tmp_path / "filtered"), Artefact.of_folder(tmp_path / "signed")
    report = remove_duplicates(filtered, signed, (), tmp_path / "out", Dedup(), engine)

    known = {frozenset(line.split()) for line in (ARTICLES / f"articles_{size}.truth").read_text(encoding="utf-8").splitlines()}
    duplicates = read_table([tmp_path / "out/duplicates.parquet"], DUPLICATES).to_pylist()
    found = {frozenset((names[row["doc"] & 0xFFFFFF], names[row["elder"] & 0xFFFFFF])) for row in duplicates}
    assert found == known
    assert sum(report.rejected.values()) == len(known) == pairs
