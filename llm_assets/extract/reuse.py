"""What an earlier output of a crawl found of the pages that are still the same, so that they need not be read again.

A page is the same where its digest is: of its bytes, and of what the HTTP header says about reading them. An output is of use
where the sections that reading follows, and the code, were today's; the caller sees to that. Whatever decides before a page is
read (block lists, status, opt-outs) is decided anew.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from llm_assets.errors import DataError
from llm_assets.extract.page import Outcome, Page, PageText
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.slices import table_paths
from llm_assets.formats.manifest import Artefact, FileEntry, hash_file
from llm_assets.formats.parquet import read_batches

DIGEST_BYTES = 16
BATCH_ROWS = 64


def digest_page(page: Page) -> bytes:
    """The first 16 bytes of the sha256 of all that reading a page depends on."""
    digest = hashlib.sha256(repr(page[1:]).encode("utf-8", "backslashreplace"))
    digest.update(page.payload)
    return digest.digest()[:DIGEST_BYTES]


def split_output(output: Artefact) -> Iterator[tuple[int, Artefact]]:
    """The parts of an output by the number of the file whose rows they hold, so that a worker is told of its own only."""
    parts: defaultdict[int, list[FileEntry]] = defaultdict(list)
    for entry in output.files:
        stem = PurePosixPath(entry.path).stem
        if stem.isdecimal():
            parts[int(stem)].append(entry)
    for file, entries in parts.items():
        yield file, replace(output, files=tuple(entries))


class Earlier:
    """What an output holds of one file of the crawl; nothing, where it has not that file, or a table of it is damaged."""

    def __init__(self, output: Artefact | None, file: int) -> None:
        paths = _find_tables(output, file) if output is not None else {}
        self._records = _Rows(paths.get("records"), ("doc", "digest"))
        self._texts = _Rows(paths.get("texts"), ("doc", *PageText._fields))
        self._rejections = _Rows(paths.get("rejections"), ("doc", *Rejection._fields))

    def find(self, doc: int, digest: bytes) -> Outcome | None:
        """What came of a page, where it is the same. Asked in ascending order of ``doc``."""
        known = self._records.find(doc)
        if known is None or known[0] != digest:
            return None
        text, rejection = self._texts.find(doc), self._rejections.find(doc)
        return PageText(*text) if text else Rejection(*rejection) if rejection else None


class _Rows:
    """Rows of a table sorted by ``doc``, its first column; a batch is held in memory."""

    def __init__(self, path: Path | None, columns: Sequence[str]) -> None:
        self._rows = _iterate_rows(path, columns)
        self._head = next(self._rows, None)

    def find(self, doc: int) -> tuple[Any, ...] | None:
        """The other columns of the row of ``doc``. Rows before it are passed over for good."""
        while self._head is not None and self._head[0] < doc:
            self._head = next(self._rows, None)
        return self._head[1:] if self._head is not None and self._head[0] == doc else None


def _iterate_rows(path: Path | None, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for batch in read_batches(path, columns, BATCH_ROWS) if path is not None else ():
        yield from zip(*(batch[name].to_pylist() for name in columns), strict=True)


def _find_tables(output: Artefact, file: int) -> Mapping[str, Path]:
    """Tables of a file of the crawl by name; none, unless all are as the manifest says."""
    try:
        output.whole()
    except DataError:  # what cannot be had any more is read anew
        return {}
    paths = {path.parent.name: path for path in table_paths(output.folder, file)}
    digests = {output.folder / entry.path: entry.sha256 for entry in output.files}
    return paths if all(path.is_file() and hash_file(path) == digests.get(path) for path in paths.values()) else {}
