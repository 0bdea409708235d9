"""Common Crawl's index: which records of a crawl are of a domain, and where they lie.

    GET INDEX/CC-MAIN-2026-12-index?url=*.example.org&output=json&filter==status:200&page=0

answers a JSON object a line, in the order of their URLs' keys. A page of answers that has come is kept, so what is found stays
the same while the records are fetched, however often that is begun anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from llm_assets.crawl.patience import Patience
from llm_assets.crawl.remote import AttemptFailedError, MissingFileError, open_remote
from llm_assets.errors import DataError
from llm_assets.formats.manifest import put_text

MAX_PAGE_BYTES = 1 << 27
"""Of an answer. The index gives pages of some 15,000 lines of 400 bytes."""

MAX_RECORD_BYTES = 1 << 28
"""A record the index tells to be longer is not asked for."""

LOCATION = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._=-]*/)*[A-Za-z0-9_][A-Za-z0-9._=-]*\.warc\.gz")
"""What a server lists is not to be trusted with a place on this disk."""


@dataclass(frozen=True)
class Capture:
    """One record in a file of the crawl: ``length`` compressed bytes from ``offset`` on."""

    file: str
    offset: int
    length: int

    @property
    def location(self) -> str:
        """Where it is kept."""
        return f"records/{self.file}/{self.offset}"


def find_captures(index_url: str, crawl: str, domain: str, limit: int, folder: Path, patience: Patience) -> list[Capture]:
    """The first ``limit`` records with status 200 of a domain and all below it, in the index's order.

    Answers are kept in ``folder``, and not asked for again. DataError where the index does not answer, or not as it should;
    its answer that there is no record is an empty list.
    """
    query = {"url": f"*.{domain}", "output": "json", "filter": "=status:200"}
    base = f"{index_url}{crawl}-index?"
    try:
        pages = json.loads(_ask(base + urlencode({**query, "showNumPages": "true"}), folder / "pages.json", patience))
    except MissingFileError:  # as it answers where it has nothing of a domain
        return []
    if not isinstance(pages, dict) or not isinstance(pages.get("pages"), int):
        raise DataError("the index does not tell how many pages its answer has", base)
    found: dict[Capture, None] = {}
    for page in range(pages["pages"]):
        url = base + urlencode({**query, "page": str(page)})
        for line in _ask(url, folder / f"{page:05}.json", patience).splitlines():
            if (capture := _parse(line, url)) is not None:
                found[capture] = None
            if len(found) == limit:
                return list(found)
    return list(found)


def _ask(url: str, path: Path, patience: Patience) -> str:
    """An answer of the index, which is kept at ``path``."""
    if path.exists():
        return path.read_text(encoding="utf-8")
    attempts = patience.begin(url)
    while True:
        attempts.pause()
        try:
            text = b"".join(_read(url, patience)).decode("utf-8", "replace")
            for line in text.splitlines():
                json.loads(line)
        except AttemptFailedError as error:
            attempts.fail(error, 0)
        except ValueError:
            attempts.fail(AttemptFailedError("the answer of the index is cut off, or no JSON"), 0)
        else:
            put_text(path, text)
            return text


def _read(url: str, patience: Patience) -> Iterator[bytes]:
    arrived = 0
    with open_remote(url, 0, patience.timeout_seconds) as answer:
        for chunk in answer.chunks:
            arrived += len(chunk)
            if arrived > MAX_PAGE_BYTES:
                raise DataError(f"the answer is longer than {MAX_PAGE_BYTES:,} bytes", url)
            yield chunk
    if answer.total not in (None, arrived):
        raise AttemptFailedError(f"{arrived:,} of {answer.total:,} bytes arrived")


def _parse(line: str, url: str) -> Capture | None:
    """Where a record lies; None where it is none of a page that was fetched. DataError where the line tells no place."""
    told = json.loads(line)
    if not isinstance(told, dict) or str(told.get("status")) != "200":
        return None
    file, offset, length = (str(told.get(name, "")) for name in ("filename", "offset", "length"))
    if not (LOCATION.fullmatch(file) and re.fullmatch("[0-9]{1,15}", offset) and re.fullmatch("[0-9]{1,10}", length)):
        raise DataError(f"the index names no place of a record: {line[:200]!r}", url)
    if not 0 < int(length) <= MAX_RECORD_BYTES:
        raise DataError(f"the index tells of a record of {int(length):,} bytes", url)
    return Capture(file, int(offset), int(length))
