"""What authors say against the use of their pages is found wherever it stands, recorded always, obeyed where asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from warc_pages import make_page, make_record

from llm_assets.engine import LocalEngine
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.opt_out import SIGNALS, OptOuts
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import RECORDS, REJECTIONS

MakeCrawl = Callable[[Sequence[bytes]], Artefact]

Told = tuple[str, str]
"""Tags in the page's head, and HTTP headers."""

OBJECTIONS: list[tuple[Told, list[str]]] = [
    (("", ""), []),
    (("", "X-Robots-Tag: noai\r\n"), ["noai"]),
    (("", "X-Robots-Tag: noindex, NoAI, noimageai\r\n"), ["noai", "noimageai"]),
    (("", "X-Robots-Tag: GPTBot: noai\r\n"), ["noai"]),
    (("", "X-Robots-Tag: noindex\r\nX-Robots-Tag: noimageai\r\n"), ["noimageai"]),
    (("", "X-Robots-Tag: noindex, nofollow, noaibot\r\n"), []),
    (("", "TDM-Reservation: 1\r\n"), ["tdm-reservation"]),
    (("", "TDM-Reservation: 0\r\n"), []),
    (("", "X-Robots-Tag: tdm-reservation\r\n"), []),
    (('<meta name="robots" content="noai, noimageai">', ""), ["noai", "noimageai"]),
    (("<META CONTENT='NOAI' NAME=Robots>", ""), ["noai"]),
    (('<meta name="CCBot" content="noai">', ""), ["noai"]),
    (('<meta name="description" content="noai">', ""), []),
    (('<meta name="tdm-reservation" content="1">', ""), ["tdm-reservation"]),
    (('<meta name="tdm-reservation" content="0">', ""), []),
    (('<meta name="robots" content="noai"><meta name="robots" content="noimageai">', ""), ["noai", "noimageai"]),
    (('<meta name="tdm-reservation" content="1">', "X-Robots-Tag: noai\r\n"), ["noai", "tdm-reservation"]),
]


def extract(raw: Artefact, target: Path, *reject: str) -> Artefact:
    opt_outs = OptOuts.model_validate({"reject": reject})
    extract_texts(raw, target, 3, UrlFilter(), Extraction(engine="resiliparse"), {}, LocalEngine(1), opt_outs=opt_outs)
    return Artefact.of_folder(target)


def make_document(told: Told, number: int = 0) -> bytes:
    page = make_page().replace(b"</title>", b"</title>" + told[0].encode())
    return make_record(page, f"http://a.example/{number}", http_headers=told[1])


def test_objections_are_recorded_wherever_they_stand_and_keep_no_page_out(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    raw = make_crawl([b"".join(make_document(told, number) for number, (told, _) in enumerate(OBJECTIONS))])
    made = extract(raw, tmp_path / "out")
    assert read_table(made.table("records"), RECORDS)["opt_outs"].to_pylist() == [signals for _, signals in OBJECTIONS]
    assert read_table(made.table("rejections"), REJECTIONS).num_rows == 0


@pytest.mark.parametrize(
    ("told", "rule", "detail"),
    [
        (("", "X-Robots-Tag: noai\r\n"), "opt_out.noai", "header x-robots-tag"),
        (("<meta name=robots content=noimageai>", ""), "opt_out.noimageai", "meta robots"),
        (("<meta name=evil-text-bot content=noai>", ""), "opt_out.noai", "meta robots"),
        (("", "TDM-Reservation: 1\r\n"), "opt_out.tdm_reservation", "header tdm-reservation"),
        (("<meta name=tdm-reservation content=1>", ""), "opt_out.tdm_reservation", "meta tdm-reservation"),
    ],
)
def test_an_objection_that_is_obeyed_tells_its_rule_and_its_place(
    make_crawl: MakeCrawl, tmp_path: Path, told: Told, rule: str, detail: str
) -> None:
    made = extract(make_crawl([make_document(told)]), tmp_path / "out", *SIGNALS)
    expected = {"rule": rule, "value": 1, "low": None, "high": 0, "detail": detail}
    assert read_table(made.table("rejections"), REJECTIONS).to_pylist() == [{"doc": 3 << 48, "stage": "extracted_text", **expected}]
    assert read_table(made.table("records"), RECORDS)["digest"].to_pylist() == [None]


def test_only_the_signals_asked_for_are_obeyed(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    raw = make_crawl([make_document(("", "X-Robots-Tag: noimageai\r\n"))])
    assert read_table(extract(raw, tmp_path / "out", "noai").table("rejections"), REJECTIONS).num_rows == 0


def test_an_objection_is_heard_in_utf_16_and_not_in_plain_text(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    page = make_page().replace(b"<title>", b"<meta name=robots content=noai><title>")
    records = [
        make_record(page.decode().encode("utf-16"), content_type="text/html"),
        make_record(b"How to object: " + page, content_type="text/plain"),
    ]
    made = extract(make_crawl([b"".join(records)]), tmp_path / "out")
    assert read_table(made.table("records"), RECORDS)["opt_outs"].to_pylist() == [["noai"], []]


def test_what_is_no_document_has_no_say(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    made = extract(make_crawl([make_record(b"x: y", kind="metadata", content_type="application/warc-fields")]), tmp_path / "out")
    assert read_table(made.table("records"), RECORDS)["opt_outs"].to_pylist() == [None]
