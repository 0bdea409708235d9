"""Asset ``extracted_text``: a row for every record of a crawl, and the main text of every page wanted."""

from __future__ import annotations

import functools
import math
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from llm_assets.crawl.files import StoredFile, list_files, read_file
from llm_assets.crawl.remote_file import RemoteFile
from llm_assets.engine import Engine, advance
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.documents import Found, Rules, read_documents
from llm_assets.extract.opt_out import OptOuts
from llm_assets.extract.page import clean_line
from llm_assets.extract.prescreen import OFF, Prescreen, check_languages
from llm_assets.extract.ready_text import read_ready_text
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.reuse import Earlier, split_output
from llm_assets.extract.sample import Sample
from llm_assets.extract.slices import SliceWriter, join_slices, slice_paths, table_paths
from llm_assets.extract.url_filter import UrlJudge, check_lists, load_judge
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.rows import find_reader
from llm_assets.formats.warc import WarcRecord
from llm_assets.report import Report, sum_reports

STAGE = "extracted_text"
SLICES = ".slices"
"""Folder of what is not joined yet."""


@dataclass(frozen=True)
class _Job:
    """What all work items share."""

    sequence: int
    url_filter: UrlFilter
    rules: Rules
    folders: tuple[tuple[str, Path], ...]
    target: Path
    sample: Sample | None


@dataclass(frozen=True)
class _Slice:
    """Every ``parts``-th record of a file, from ``part`` on; its rows go to ``folder``. ``earlier`` knows the file from before."""

    file: int
    path: Path | RemoteFile | StoredFile
    folder: Path
    part: int = 0
    parts: int = 1
    earlier: Artefact | None = None


def extract_texts(
    raw: Artefact,
    target: Path,
    sequence: int,
    url_filter: UrlFilter,
    extraction: Extraction,
    block_lists: Mapping[str, Path],
    engine: Engine,
    *,
    opt_outs: OptOuts | None = None,
    prescreen: Prescreen = OFF,
    earlier: Artefact | None = None,
    sample: Sample | None = None,
) -> Report:
    """Writes ``records``, ``texts`` and ``rejections`` of crawl number ``sequence``, a part a file of the crawl.

    ``block_lists`` maps the names in ``url_filter`` to UT1-style folders. Every response, and every resource or
    conversion with a payload, is a document in, and is kept or rejected; so is every revisit, which is rejected, since its text is
    that of the record it refers to. Records of other types are in ``records`` only. A row of ready text is a record and a
    document, and no engine runs on it.

    ``earlier`` is an output of the same crawl, made by the same code with the same ``extraction`` and ``prescreen``: of pages that
    have not changed since, what came of them is taken from there.

    Of a ``sample``, the other records are as if they were not there.

    ConfigError where a block list or a language of the prescreen is missing, DataError where a file of the crawl cannot be read.
    """
    warnings = check_lists(url_filter, block_lists)
    check_languages(prescreen)
    names = [name for name in url_filter.block_lists if name in block_lists]
    rules = Rules(opt_outs or OptOuts(), prescreen, extraction)
    job = _Job(sequence, url_filter, rules, tuple((name, block_lists[name]) for name in names), target, sample)
    files = list_files(raw)
    # Too few files to go round are read by several workers each, unless each would fetch them.
    here = not any(isinstance(place, RemoteFile) for _, place in files)
    parts = -(-engine.workers // len(files)) if files and len(files) < engine.workers and here else 1
    folder = target / SLICES
    known = dict(split_output(earlier)) if earlier is not None else {}
    slices = [
        _Slice(file, path, folder / f"{file}-{part}-{parts}", part, parts, known.get(file)) for file, path in files for part in range(parts)
    ]
    work = functools.partial(_extract_file if parts == 1 else _extract_slice, job)
    outputs = [table_paths(target, piece.file) if parts == 1 else slice_paths(piece.folder) for piece in slices]
    report = sum_reports(engine.write_parts(work, slices, "extracting text", outputs), STAGE)
    if parts > 1:
        for file, _ in files:
            join_slices([piece.folder for piece in slices if piece.file == file], target, file)
    shutil.rmtree(folder, ignore_errors=True)
    return replace(report, warnings=warnings)


def _extract_file(job: _Job, whole: _Slice) -> Report:
    report = _extract_slice(job, whole)
    join_slices([whole.folder], job.target, whole.file)
    shutil.rmtree(whole.folder)
    return report


def _extract_slice(job: _Job, piece: _Slice) -> Report:
    place = piece.path.bring() if isinstance(piece.path, StoredFile) else piece.path
    judge = load_judge(job.url_filter, job.folders)
    rejected: Counter[str] = Counter()
    figures = {"records": 0, "html_bytes": 0, "text_characters": 0, "pages_read": 0, "pages_reused": 0}
    documents, size = 0, 0.0
    with SliceWriter(piece.folder) as writer:
        for found in _read_documents(job, piece, place, judge):
            record, outcome = found.record, found.outcome
            doc = _make_doc(job, piece, record)
            _add_record(writer, doc, found)
            figures["records"] += 1
            size = size or _count_bytes(place)
            advance(outcome is not None, (record.offset + record.length) / size)
            if outcome is None:
                continue
            documents += 1
            figures["html_bytes"] += len(record.payload)
            if found.digest is not None:
                figures["pages_reused" if found.reused else "pages_read"] += 1
            if isinstance(outcome, Rejection):
                writer.add("rejections", doc, STAGE, *outcome)
                rejected[outcome.rule] += 1
            else:
                writer.add("texts", doc, _clean(record.url) or "", _clean(record.date), *outcome)
                figures["text_characters"] += len(outcome.text)
    return Report(STAGE, documents, documents - rejected.total(), rejected, figures)


def _read_documents(job: _Job, piece: _Slice, place: Path | RemoteFile, judge: UrlJudge) -> Iterator[Found]:
    if isinstance(place, Path) and (reader := find_reader(place)):
        rows = read_ready_text(reader, place, piece.part, piece.parts, judge, job.rules.extraction.max_bytes)
        return (Found(record, outcome) for record, outcome in rows if _is_drawn(job, piece, record))
    records = (record for record in read_file(place, piece.part, piece.parts) if _is_drawn(job, piece, record))
    return read_documents(records, judge, job.rules, Earlier(piece.earlier, piece.file), functools.partial(_make_doc, job, piece))


def _is_drawn(job: _Job, piece: _Slice, record: WarcRecord) -> bool:
    return job.sample is None or job.sample.holds(_make_doc(job, piece, record))


def _make_doc(job: _Job, piece: _Slice, record: WarcRecord) -> int:
    return make_doc(job.sequence, piece.file, record.number)


def _count_bytes(path: Path | RemoteFile) -> float:
    """Bytes that a record's place is one of; without end where places are rows, or bytes without compression."""
    if isinstance(path, RemoteFile):
        return path.bytes
    return path.stat().st_size if path.is_file() and (find_reader(path) is None or path.suffix == ".jsonl") else math.inf


def _add_record(writer: SliceWriter, doc: int, found: Found) -> None:
    record = found.record
    what = (record.status, _clean(record.mime), clean_line(record.type), _clean(record.date))
    writer.add("records", doc, _clean(record.url), record.offset, record.length, *what, found.opt_outs, found.digest)


def _clean(text: str | None) -> str | None:
    return None if text is None else clean_line(text)
