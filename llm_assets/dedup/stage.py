"""Texts in, MinHash signatures out: asset ``minhash_signatures``."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from llm_assets.dedup.config import Signatures
from llm_assets.dedup.minhash import draw_permutations, hash_bands, sign_shingles
from llm_assets.dedup.normalisation import Normalised, normalise_texts
from llm_assets.dedup.scheme import describe_scheme
from llm_assets.dedup.shingles import hash_shingles
from llm_assets.engine import Engine, read_documents
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import SIGNATURES
from llm_assets.quality.cleaning import Cleaning, clean_texts
from llm_assets.report import Report, sum_reports

EXACT_BYTES = 16


def sign_documents(texts: Artefact, target: Path, cleaning: Cleaning, config: Signatures, engine: Engine) -> Report:
    """Signs the cleaned text of every extracted document, whatever a filter will say of it.

    Reads table ``texts``, writes table ``signatures``, a part for each part. Figure ``empty`` counts the documents of which
    cleaning and normalisation leave nothing: they have an exact hash, but no signature.
    """
    folder, parts = target / "signatures", texts.table("texts")
    sign = partial(_sign_part, target=folder, cleaning=cleaning, config=config)
    return sum_reports(engine.write_parts(sign, parts, "signing documents", [[folder / part.name] for part in parts]), "minhash_signatures")


def _sign_part(path: Path, target: Path, cleaning: Cleaning, config: Signatures) -> Report:
    empty = 0

    def sign_batches() -> Iterator[pa.RecordBatch]:
        nonlocal empty
        for batch in read_documents(path, ["doc", "text"]):
            signed = sign_texts(batch.column("doc"), pl.Series(batch.column("text")), cleaning, config)
            empty += signed.column("signature").null_count
            yield signed

    rows = write_table(target / path.name, sign_batches(), SIGNATURES, describe_scheme(config))
    return Report("minhash_signatures", read=rows, kept=rows, figures={"empty": empty})


def sign_texts(docs: pa.Array, texts: pl.Series, cleaning: Cleaning, config: Signatures) -> pa.RecordBatch:
    """Rows of table ``signatures`` for uncleaned texts."""
    normalised = normalise_texts(clean_texts(texts, cleaning))
    signatures = sign_shingles(hash_shingles(normalised, config.ngram), draw_permutations(config.permutations, config.seed))
    present = normalised.words > 0
    columns = [
        docs,
        pa.array(_hash_texts(normalised), pa.binary(EXACT_BYTES)),
        _list_rows(signatures, present),
        _list_rows(hash_bands(signatures, config.bands), present),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SIGNATURES)


def _hash_texts(texts: Normalised) -> list[bytes]:
    data, offsets = memoryview(texts.data.tobytes()), texts.offsets.tolist()
    return [hashlib.sha256(data[start:end]).digest()[:EXACT_BYTES] for start, end in itertools.pairwise(offsets)]


def _list_rows(matrix: npt.NDArray[np.generic], present: npt.NDArray[np.bool_]) -> pa.Array:
    """Rows as lists, null where not present."""
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(present * matrix.shape[1], dtype=np.int32)])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(matrix[present].reshape(-1)), mask=pa.array(~present))
