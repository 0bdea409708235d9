"""Near copies of any text among the stored signatures, by datasketch's own index (Zhu et al., ``MinHashLSH``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from datasketch import MinHash, MinHashLSH

from llm_assets.dedup.config import Signatures
from llm_assets.dedup.minhash import draw_permutations
from llm_assets.dedup.scheme import describe_scheme, read_scheme
from llm_assets.dedup.shingles import hash_shingle
from llm_assets.dedup.stage import sign_texts
from llm_assets.engine import Engine
from llm_assets.errors import DataError
from llm_assets.formats.parquet import read_batches
from llm_assets.quality.cleaning import Cleaning

Values = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Lookalike:
    """A document that shares a bucket with a text; ``similarity`` is the share of equal MinHash values."""

    doc: int
    similarity: float


def find_lookalikes(text: str, parts: Sequence[Path], cleaning: Cleaning, config: Signatures, engine: Engine) -> list[Lookalike]:
    """Documents of the signature files ``parts`` that are like a text, the likest first.

    DataError where they were signed otherwise than ``config`` says, or where cleaning and normalisation leave nothing of the text.
    The index takes some 3 kB a document, and a second for every 20,000.
    """
    scheme = read_scheme(parts)
    if scheme is not None and scheme != describe_scheme(config):
        raise DataError("the signatures were made by other settings than the recipe's: `llm-assets run` makes them again", parts[0])
    (values,) = sign_texts(pa.array([0], pa.uint64()), pl.Series([text]), cleaning, config).column("signature").to_pylist()
    if values is None:
        raise DataError("cleaning leaves no word of this text: there is nothing to compare")
    permutations = draw_permutations(config.permutations, config.seed)
    asked = _sketch(np.array(values, np.uint32), config, permutations)
    index = MinHashLSH(num_perm=config.permutations, params=(config.bands, config.rows))
    with index.insertion_session(buffer_size=10_000) as session:
        for number, part in enumerate(parts, 1):
            for doc, sketch in _read_sketches(part, config, permutations):
                session.insert(doc, sketch, check_duplication=False)
            engine.progress("reading signatures", number, len(parts), "files")
    found = set(index.query(asked))
    likes = [
        Lookalike(doc, float(sketch.jaccard(asked)))
        for part in parts
        for doc, sketch in (_read_sketches(part, config, permutations) if found else ())
        if doc in found
    ]
    return sorted(likes, key=lambda like: (-like.similarity, like.doc))


def _read_sketches(part: Path, config: Signatures, permutations: Values) -> Iterator[tuple[int, MinHash]]:
    """Documents of a part that have a signature."""
    for batch in read_batches(part, ["doc", "signature"]):
        for doc, values in zip(batch.column("doc").to_pylist(), batch.column("signature"), strict=True):
            if values.is_valid:
                yield doc, _sketch(values.values.to_numpy(), config, permutations)


def _sketch(values: Values, config: Signatures, permutations: Values) -> MinHash:
    """Drawing the permutations again for each document would take most of the time."""
    return MinHash(
        num_perm=len(values), seed=config.seed, hashfunc=hash_shingle, hashvalues=values, permutations=permutations, scheme=config.scheme
    )
