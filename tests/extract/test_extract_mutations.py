"""Damaged input: whatever bytes are flipped, cut out or spliced in, every record is accounted for.

``python tests/extract/test_extract_mutations.py PAGES.warc.gz COUNT`` does the same by hand, with COUNT pages and COUNT files
made of real ones.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from warc_pages import make_page, make_record

from llm_assets.errors import DataError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.page import Page, PageText, is_document, read_page, refuse_record
from llm_assets.extract.page import make_page as page_of
from llm_assets.extract.sandbox import Sandbox
from llm_assets.extract.url_filter import UrlJudge
from llm_assets.formats.warc import read_records

PAGES = [make_page(number) for number in range(4)]
FILES = [b"".join(make_record(page, f"http://site.example/{number}") for number, page in enumerate(PAGES))]
FAST = Extraction(engine="resiliparse")


def mutate(sources: Sequence[bytes], draw: random.Random) -> bytes:
    """One of ``sources`` with some of its bytes flipped, cut out, or overwritten with a piece of another."""
    data = bytearray(draw.choice(sources))
    for _ in range(draw.choice((1, 2, 8, 64))):
        place, size = draw.randrange(len(data) + 1), draw.choice((1, 4, 100, 5_000))
        kind = draw.randrange(4)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del data[place : place + size]
        elif kind == 2:
            other = draw.choice(sources)
            start = draw.randrange(len(other))
            data[place:place] = other[start : start + size]
        elif kind == 3:
            data[place : place + size] = draw.randbytes(min(size, 100))
    return bytes(data)


def read_pages(pages: Iterator[bytes], extraction: Extraction) -> Counter[str]:
    """How many pages gave a text, and how many broke which rule."""
    with Sandbox(extraction, read_page) as sandbox:
        outcomes = (sandbox.read(Page(page, "text/html", None, None)) for page in pages)
        return Counter("kept" if isinstance(outcome, PageText) else f"{outcome.rule} {outcome.detail or ''}" for outcome in outcomes)


def read_files(files: Iterator[bytes], extraction: Extraction, folder: Path) -> Counter[str]:
    """How many records and documents came out of damaged files, and how many files were refused, with their name and place."""
    counts: Counter[str] = Counter()
    judge, path = UrlJudge(UrlFilter(), {}), folder / "mutated.warc"
    with Sandbox(extraction, read_page) as sandbox:
        for content in files:
            path.write_bytes(content)
            try:
                for number, record in enumerate(read_records(path)):
                    assert record.number == number
                    counts["records"] += 1
                    if is_document(record):
                        refused = refuse_record(record, judge, extraction)
                        outcome = refused or sandbox.read(page_of(record))
                        counts["kept" if isinstance(outcome, PageText) else outcome.rule] += 1
                counts["files read"] += 1
            except DataError as error:
                assert str(path) in str(error)
                counts["files refused"] += 1
    return counts


def test_a_damaged_page_is_kept_or_rejected_and_none_takes_the_parser_down() -> None:
    draw = random.Random(1)
    counts = read_pages((mutate(PAGES, draw) for _ in range(150)), FAST)
    assert counts.total() == 150
    assert not [rule for rule in counts if rule.startswith("budget")]


def test_a_damaged_file_is_read_or_refused_by_name(tmp_path: Path) -> None:
    draw = random.Random(2)
    counts = read_files((mutate(FILES, draw) for _ in range(100)), FAST, tmp_path)
    assert counts["files read"] + counts["files refused"] == 100
    assert counts["files refused"] > 10
    assert counts["kept"] > 10


def main(path: Path, count: int) -> None:
    """Prints what came of ``count`` mutated pages and as many mutated files, gzip and plain, of three records each."""
    draw = random.Random(0)
    records = list(islice((record for record in read_records(path) if record.payload), 600))
    pages = [record.payload for record in records]
    raw = path.read_bytes()
    members = [raw[record.offset : record.offset + record.length] for record in records]
    files = [b"".join(members[place : place + 3]) for place in range(0, len(members) - 3, 3)]
    files += [b"".join(make_record(page) for page in pages[place : place + 3]) for place in range(0, len(pages) - 3, 3)]
    for extraction in (Extraction(), Extraction(engine="resiliparse")):
        start = time.monotonic()
        counts = read_pages((mutate(pages, draw) for _ in range(count)), extraction)
        print(extraction.engine, "pages", dict(counts), f"{time.monotonic() - start:.0f} s")
    with TemporaryDirectory() as folder:
        start = time.monotonic()
        counts = read_files((mutate(files, draw) for _ in range(count)), Extraction(engine="resiliparse"), Path(folder))
        print("files", dict(counts), f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
