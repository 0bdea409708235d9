"""Documents of a JSON Lines file: ``{"id": …, "text": …, "metadata": {…}}`` a line, gzip or plain."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import TEXTS

BATCH_DOCUMENTS = 1_024
FEW = 8
"""Documents that a stage is warmed up on."""


@dataclass(frozen=True)
class Document:
    """A line. ``metadata`` holds the URL and what is true of the document."""

    id: str
    text: str
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Texts:
    """Documents as the stages get them: an artefact with the table ``texts``. Document i has key ``make_doc(0, 0, i)``."""

    artefact: Artefact
    documents: int
    bytes: int


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """JSON objects of a file, one a line. DataError names the line that is none."""
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DataError(f"line {number:,} is no JSON object", path)
                yield row
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"this is no JSON Lines file: {error} (line {number:,})", path) from error


def read_documents(path: Path, limit: int | None) -> Iterator[Document]:
    """The first ``limit`` documents. DataError where a line has no text, or there is no line."""
    number = 0
    for number, row in enumerate(islice(read_lines(path), limit), 1):
        if not isinstance(row.get("text"), str):
            raise DataError(f'line {number:,} has no "text"', path)
        metadata = row.get("metadata") or {}
        if not isinstance(metadata, dict):
            raise DataError(f'"metadata" of line {number:,} is no JSON object', path)
        yield Document(str(row.get("id", number)), row["text"], metadata)
    if number == 0:
        raise DataError("there are no documents in it", path)


def write_texts(trial: Trial, name: str, limit: int | None) -> Texts:
    """The documents of the input as an artefact below ``trial.scratch``, one part, a batch in memory at a time."""
    folder = trial.scratch / name
    documents = size = 0

    def batches() -> Iterator[pa.Table]:
        nonlocal documents, size
        read = read_documents(trial.input, limit)
        while batch := list(islice(read, BATCH_DOCUMENTS)):
            size += sum(len(document.text.encode()) for document in batch)
            rows = [
                {"doc": make_doc(0, 0, row), "url": str(document.metadata.get("url", "")), "text": document.text}
                for row, document in enumerate(batch, documents)
            ]
            documents += len(batch)
            yield pa.Table.from_pylist(rows, TEXTS)

    write_table(folder / "texts" / "00000.parquet", batches(), TEXTS)
    return Texts(Artefact.of_folder(folder), documents, size)
