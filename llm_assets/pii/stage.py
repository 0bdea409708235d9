"""Asset ``pii_scrubbed_corpus``: the documents that are left, cleaned, with personal data replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from llm_assets.engine import Engine, read_documents
from llm_assets.errors import DataError
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.formats.tables import CORPUS, DOCS, FILES, FINDINGS, REJECTIONS
from llm_assets.pii.columns import BATCH_DOCUMENTS, FIELDS, redact_column
from llm_assets.pii.config import Pii
from llm_assets.quality.cleaning import Cleaning, clean_texts
from llm_assets.report import Report, sum_reports

STAGE = "pii_scrubbed_corpus"
MEASURED = pa.schema([DOCS.field("doc"), CORPUS.field("language"), CORPUS.field("language_score")])
"""What the corpus takes from table ``signals``."""


def scrub_corpus(
    texts: Artefact,
    deduped: Artefact,
    signals: Artefact,
    raw: Artefact,
    target: Path,
    crawl: str,
    cleaning: Cleaning,
    config: Pii,
    engine: Engine,
) -> Report:
    """Writes tables ``corpus``, ``findings`` and ``rejections``, a part for each part of table ``texts``.

    Of the documents in ``deduped``'s table ``docs``: the text cleaned, then text, title and url redacted; language and
    its score from table ``signals``, the file's location from ``raw``'s table ``files``. A document that cleaning leaves
    nothing of is rejected (rule ``empty``). Figures: bytes of corpus text, and redactions of each kind.
    Raises DataError where a part has no signals or no file, AccountingError where a document has no text or signals,
    ConfigError where a kind wants what is not installed.
    """
    config.selected_kinds()
    parts = _match_parts(texts, signals, raw)
    docs = deduped.table("docs")
    scrub = partial(_scrub_part, docs=docs, target=target, crawl=crawl, cleaning=cleaning, config=config)
    outputs = [[target / table / part.texts.name for table in ("corpus", "findings", "rejections")] for part in parts]
    report = sum_reports(engine.write_parts(scrub, parts, "redacting documents", outputs), STAGE)
    return replace(report, read=sum(pq.read_metadata(path).num_rows for path in docs))


@dataclass(frozen=True)
class _Part:
    """What one part of the corpus is made of."""

    texts: Path
    signals: Path
    location: str


def _match_parts(texts: Artefact, signals: Artefact, raw: Artefact) -> list[_Part]:
    """Parts bear the number of the file they come from."""
    measured = {path.name: path for path in signals.table("signals")}
    files = read_table(raw.table("files"), FILES, ["file", "location"])
    locations = dict(zip(files["file"].to_pylist(), files["location"].to_pylist(), strict=True))
    parts = []
    for path in texts.table("texts"):
        if path.name not in measured:
            raise DataError("no part of the signals has this number; measure them again", path)
        if int(path.stem) not in locations:
            raise DataError("the crawl has no file of this number", path)
        parts.append(_Part(path, measured[path.name], locations[int(path.stem)]))
    return parts


@dataclass
class _Tally:
    """What a part gathers beside the corpus while that streams."""

    kept: int = 0
    text_bytes: int = 0
    findings: list[pl.DataFrame] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)


def _scrub_part(part: _Part, docs: Sequence[Path], target: Path, crawl: str, cleaning: Cleaning, config: Pii) -> Report:
    survivors = _read_survivors(part, docs)
    tally = _Tally()
    name = part.texts.name
    write_table(target / "corpus" / name, _scrub_batches(part, survivors, crawl, cleaning, config, tally), CORPUS)
    write_table(target / "findings" / name, (frame.to_arrow() for frame in tally.findings), FINDINGS)
    write_table(target / "rejections" / name, [_reject_empty(tally.empty)], REJECTIONS)
    counts = dict.fromkeys(config.kinds, 0)
    for frame in tally.findings:
        for kind, count in frame["kind"].value_counts().iter_rows():
            counts[kind] += count
    figures = {"text_bytes": tally.text_bytes} | {f"{kind}_redactions": counts[kind] for kind in sorted(counts)}
    rejected = {"empty": len(tally.empty)} if tally.empty else {}
    return Report(STAGE, read=survivors.height, kept=tally.kept, rejected=rejected, figures=figures)


def _read_survivors(part: _Part, docs: Sequence[Path]) -> pl.DataFrame:
    """Keys of the part that are in ``docs``, with ``language`` and ``language_score``, null where not measured."""
    measured = pl.DataFrame(read_table([part.signals], MEASURED))
    if measured.is_empty():
        return measured
    low, high = (pa.scalar(measured["doc"][row], pa.uint64()) for row in (0, -1))
    within = [("doc", ">=", low), ("doc", "<=", high)]
    try:
        kept = pa.concat_tables(pq.read_table(path, schema=DOCS, filters=within) for path in docs)
    except pa.ArrowInvalid as error:
        raise DataError(f"the table is damaged: {error}", docs[0].parent) from error
    return pl.DataFrame(kept).join(measured, on="doc", how="left", maintain_order="left")


def _scrub_batches(part: _Part, survivors: pl.DataFrame, crawl: str, cleaning: Cleaning, config: Pii, tally: _Tally) -> Iterator[pa.Table]:
    """Batches of table ``corpus``; what else comes to light goes into ``tally``."""
    kinds = config.selected_kinds()
    survivors = survivors.drop_nulls()  # one without signals is not kept, and the report will not add up
    for batch in read_documents(part.texts, ["doc", "url", "date", "title", "text"], BATCH_DOCUMENTS):
        frame = pl.DataFrame(batch).join(survivors, on="doc", how="inner", maintain_order="left")
        frame = frame.with_columns(clean_texts(frame["text"], cleaning))
        is_empty = frame["text"].str.strip_chars() == ""
        tally.empty += frame.filter(is_empty)["doc"].to_list()
        frame = frame.filter(~is_empty)
        redacted = [redact_column(frame["doc"], frame[name], kinds, config.replacement) for name in FIELDS]
        frame = frame.with_columns(column for column, _ in redacted)
        tally.findings.append(pl.concat(found for _, found in redacted).sort("doc", "field", "start"))
        tally.text_bytes += int(frame["text"].str.len_bytes().sum())
        tally.kept += frame.height
        yield frame.with_columns(
            pl.Series("id", map(format_doc, frame["doc"]), pl.String),
            pl.lit(crawl).alias("dump"),
            pl.lit(part.location).alias("file_path"),
        ).to_arrow()


def _reject_empty(docs: list[int]) -> pa.Table:
    """Rejections of documents with no character left."""
    rows = [
        {"doc": doc, "stage": STAGE, "rule": "empty", "value": 0.0, "low": 1.0, "detail": "characters that cleaning left"} for doc in docs
    ]
    return pa.Table.from_pylist(rows, REJECTIONS)
