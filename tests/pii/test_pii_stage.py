from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from llm_assets.engine import LocalEngine
from llm_assets.errors import AccountingError, DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import CORPUS, DEDUPED, FILES, FINDINGS, REJECTIONS, TEXTS
from llm_assets.pii import KINDS
from llm_assets.pii.config import Pii
from llm_assets.pii.leftover import Leftover, find_leftovers
from llm_assets.pii.stage import MEASURED, scrub_corpus
from llm_assets.quality.cleaning import Cleaning
from llm_assets.report import Report

CRAWL = 40_000  # its keys are past what a signed number holds
SECRETS = ("ada", "mail.test", "93.184.216.34", "bob")
TEXT = {
    0: "Größe matters: write to ada@mail.test or bob@mail.test at once",
    1: "It rained all day and nothing was to be seen",
    2: "short",
    3: "Removed as a copy, says ada@mail.test to all of us",
    4: "The server 93.184.216.34 answered again, said version 1.2.3.4",
}


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Artefact]:
    """Two files of five documents each; of each file, number 3 is a copy."""
    docs: list[int] = []
    for file in (0, 7):
        name = f"{file:05}.parquet"
        rows = [
            {
                "doc": make_doc(CRAWL, file, record),
                "url": f"https://x.test/{record}?to=ada%40mail.test",
                "title": None if record else "About ada@mail.test",
                "text": text,
            }
            for record, text in TEXT.items()
        ]
        write_rows(tmp_path / "texts/texts" / name, rows, TEXTS)
        write_rows(
            tmp_path / "signals/signals" / name, [{"doc": row["doc"], "language": "en", "language_score": 0.5} for row in rows], MEASURED
        )
        docs += [int(str(row["doc"])) for row in rows if row["text"] != TEXT[3]]
    files = [{"file": file, "location": f"warcs/{file}.warc.gz", "bytes": 1, "sha256": "", "removed": False} for file in (0, 7)]
    write_rows(tmp_path / "raw/files.parquet", files, FILES)
    write_rows(tmp_path / "deduped/docs.parquet", [{"doc": doc, "family": doc, "cluster_size": 1} for doc in docs], DEDUPED)
    return {name: Artefact.of_folder(tmp_path / name) for name in ("texts", "deduped", "signals", "raw")}


@pytest.fixture
def scrub(inputs: dict[str, Artefact], tmp_path: Path) -> Callable[..., Report]:
    def run(config: Pii | None = None, workers: int = 1, name: str = "out", **changed: Artefact) -> Report:
        sources = inputs | changed
        return scrub_corpus(
            **sources, target=tmp_path / name, crawl="news", cleaning=Cleaning(), config=config or Pii(), engine=LocalEngine(workers)
        )

    return run


def read(folder: Path, table: str) -> pl.DataFrame:
    return pl.concat(pl.read_parquet(path) for path in sorted((folder / table).iterdir()))


def test_the_corpus_holds_the_survivors_with_fineweb_s_columns(scrub, tmp_path: Path) -> None:
    scrub()
    corpus = read(tmp_path / "out", "corpus")
    assert corpus["id"].to_list() == [f"{CRAWL}-{file}-{record}" for file in (0, 7) for record in (0, 1, 4)]
    assert corpus["doc"].to_list() == [make_doc(CRAWL, file, record) for file in (0, 7) for record in (0, 1, 4)]
    assert set(corpus["dump"]) == {"news"}
    assert corpus["file_path"].to_list() == ["warcs/0.warc.gz"] * 3 + ["warcs/7.warc.gz"] * 3
    assert corpus["language_score"].to_list() == [0.5] * 6
    assert pq.read_schema(tmp_path / "out/corpus/00000.parquet").equals(CORPUS)


def test_text_title_and_url_are_redacted(scrub, tmp_path: Path) -> None:
    scrub()
    first, second, third = read(tmp_path / "out", "corpus")[:3].to_dicts()
    assert first["text"] == "Größe matters: write to email@example.com or firstname.lastname@example.org at once"
    assert (first["title"], first["url"]) == ("About email@example.com", "https://x.test/0?to=email@example.com")
    assert (second["text"], second["title"]) == (TEXT[1], None)
    assert third["text"] == "The server 192.0.2.1 answered again, said version 1.2.3.4"


def test_no_value_is_in_any_output(scrub, tmp_path: Path) -> None:
    report = scrub()
    outputs = [read(tmp_path / "out", table).write_json() for table in ("corpus", "findings", "rejections")]
    assert not [secret for secret in SECRETS for output in (*outputs, json.dumps(dict(report.figures))) if secret in output]


def test_findings_point_at_the_stand_ins_by_their_bytes(scrub, tmp_path: Path) -> None:
    scrub()
    fields = {row["doc"]: row for row in read(tmp_path / "out", "corpus").to_dicts()}
    findings = read(tmp_path / "out", "findings")
    assert findings.height == 2 * (4 + 1 + 2)
    for doc, field, kind, start, end in findings.iter_rows():
        assert fields[doc][field].encode()[start:end].decode() in KINDS[kind].stand_ins
    assert findings.equals(findings.sort("doc", "field", "start"))


def test_a_document_cleaned_to_nothing_is_a_counted_rejection(scrub, tmp_path: Path) -> None:
    report = scrub()
    rejections = read(tmp_path / "out", "rejections")
    assert (report.read, report.kept, report.rejected) == (8, 6, {"empty": 2})
    assert rejections["doc"].to_list() == [make_doc(CRAWL, 0, 2), make_doc(CRAWL, 7, 2)]
    assert set(rejections["rule"]) == {"empty"}


def test_the_report_counts_bytes_and_redactions_by_kind(scrub, tmp_path: Path) -> None:
    figures = scrub().figures
    assert figures["text_bytes"] == sum(len(text.encode()) for text in read(tmp_path / "out", "corpus")["text"])
    assert (figures["email_redactions"], figures["ip_address_redactions"]) == (12, 2)


def test_no_kinds_leave_every_text_as_it_is(scrub, tmp_path: Path) -> None:
    assert scrub(Pii(kinds=())).figures.keys() == {"text_bytes"}
    assert read(tmp_path / "out", "corpus")["text"][0] == TEXT[0]
    assert read(tmp_path / "out", "findings").is_empty()


def test_two_workers_write_the_bytes_of_one(scrub, tmp_path: Path) -> None:
    scrub(name="one")
    scrub(name="two", workers=2)
    one, two = (Artefact.of_folder(tmp_path / name).files for name in ("one", "two"))
    assert one == two
    assert len(one) == 6


def test_no_survivors_make_an_empty_corpus(scrub, tmp_path: Path) -> None:
    write_rows(tmp_path / "none/docs.parquet", [], DEDUPED)
    report = scrub(deduped=Artefact.of_folder(tmp_path / "none"))
    assert (report.read, report.kept) == (0, 0)
    for table, schema in (("corpus", CORPUS), ("findings", FINDINGS), ("rejections", REJECTIONS)):
        assert pq.read_table(tmp_path / f"out/{table}/00007.parquet").equals(schema.empty_table())


@pytest.mark.parametrize("doc", [make_doc(CRAWL, 0, 99), make_doc(CRAWL, 3, 0), make_doc(CRAWL, 0, 5)])
def test_a_survivor_without_a_text_is_never_lost_silently(scrub, tmp_path: Path, doc: int) -> None:
    left = [{"doc": each, "family": each, "cluster_size": 1} for each in (make_doc(CRAWL, 0, 0), doc)]
    write_rows(tmp_path / "more/docs.parquet", left, DEDUPED)
    with pytest.raises(AccountingError):
        scrub(deduped=Artefact.of_folder(tmp_path / "more"))


def test_a_survivor_without_signals_is_never_lost_silently(scrub, inputs, tmp_path: Path) -> None:
    for name in ("00000.parquet", "00007.parquet"):
        measured = pq.read_table(inputs["signals"].folder / "signals" / name)
        write_rows(tmp_path / "fewer/signals" / name, measured.take(pa.array([0, 2, 4])).to_pylist(), MEASURED)
    with pytest.raises(AccountingError):
        scrub(signals=Artefact.of_folder(tmp_path / "fewer"))


@pytest.mark.parametrize("name", ["signals", "raw"])
def test_a_part_without_signals_or_file_is_named(scrub, inputs, name: str) -> None:
    with pytest.raises(DataError, match=r"00000\.parquet"):
        scrub(**{name: replace(inputs[name], files=())})


def test_a_scrubbed_corpus_has_no_leftovers(scrub, tmp_path: Path) -> None:
    scrub()
    assert list(find_leftovers(Artefact.of_folder(tmp_path / "out"), Pii())) == []


def test_a_leftover_is_told_by_place_and_kind(scrub, tmp_path: Path) -> None:
    scrub(Pii(kinds=("email",)))
    left = list(find_leftovers(Artefact.of_folder(tmp_path / "out"), Pii()))
    assert left == [Leftover(make_doc(CRAWL, file, 4), "text", "ip_address") for file in (0, 7)]


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match="email, ip_address, phone"):
        Pii(kinds=("emial",))


def test_a_kind_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="twice"):
        Pii(kinds=("email", "email"))
