"""A sample is a share of the records, drawn by their keys; extraction reads no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warc_pages import make_page, make_record

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.sample import Sample, parse_share
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.doc import MAX_RECORD, make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import RECORDS, TEXTS

DOCS = st.integers(0, 2**64 - 1)
SHARES = st.decimals("0.0001", 1, places=4)


@pytest.mark.parametrize("text", ["0%", "-1%", "150%", "100.1%", "abc", "%", "", "1", "0.01", "nan%", "inf%", "1e-30%", "1 2%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="a share of the documents is wanted, above 0% and at most 100%, such as 1%"):
        parse_share(text)


@pytest.mark.parametrize(("text", "share"), [("1%", "0.01"), (" 0.50 % ", "0.005"), ("100%", "1"), ("10%", "0.1")])
def test_a_share_is_exact(text: str, share: str) -> None:
    assert f"{parse_share(text):f}" == share


@given(DOCS, SHARES, SHARES)
def test_a_larger_sample_holds_all_of_a_smaller_one(doc: int, one: Decimal, other: Decimal) -> None:
    assert not Sample(min(one, other)).holds(doc) or Sample(max(one, other)).holds(doc)


@given(DOCS)
def test_all_of_it_is_all_of_it(doc: int) -> None:
    assert Sample(Decimal(1)).holds(doc)


def test_as_many_are_drawn_as_the_share_says() -> None:
    sample = Sample(parse_share("10%"))
    drawn = sum(sample.holds(make_doc(crawl, file, record)) for crawl in range(4) for file in range(5) for record in range(1_000))
    assert abs(drawn - 2_000) < 200  # five standard deviations


def test_the_last_record_of_a_file_has_no_lesser_chance_than_the_first() -> None:
    sample = Sample(parse_share("50%"))
    assert {sample.holds(make_doc(0, file, MAX_RECORD)) for file in range(40)} == {True, False}


def extract(raw: Artefact, target: Path, sample: Sample | None, workers: int = 1) -> dict[str, list[dict[str, Any]]]:
    report = extract_texts(raw, target, 3, UrlFilter(), Extraction(), {}, LocalEngine(workers), sample=sample)
    made = Artefact.of_folder(target)
    found = {name: read_table(made.table(name), schema).to_pylist() for name, schema in (("records", RECORDS), ("texts", TEXTS))}
    assert report.read == len(found["records"])
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_sampled_is_as_in_the_whole_and_nothing_else_is_there(
    make_crawl: Callable[[Sequence[bytes]], Artefact], tmp_path: Path, workers: int
) -> None:
    raw = make_crawl([b"".join(make_record(make_page(number), f"http://site.example/{number}") for number in range(12))])
    sample = Sample(parse_share("40%"))
    whole, part = extract(raw, tmp_path / "whole", None), extract(raw, tmp_path / "part", sample, workers)
    for name, rows in whole.items():
        assert part[name] == [row for row in rows if sample.holds(row["doc"])]
    assert 0 < len(part["texts"]) < len(whole["texts"])
