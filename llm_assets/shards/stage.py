"""Stage ``shards``: a corpus and a tokenizer in, token shards out.

Writes ``train-00000.tokens`` …, ``validation-00000.tokens`` … and ``documents.parquet``, which says where each document's
tokens lie, so that every token finds its page.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llm_assets.engine import Engine
from llm_assets.errors import DataError
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.formats.shard import ShardWriter
from llm_assets.formats.tables import CORPUS, DEDUPED, DOCUMENTS
from llm_assets.report import Report
from llm_assets.shards.config import Shards
from llm_assets.shards.encode import EncodedPart, choose_corpus_engine, encode_part, encoded_paths, open_part
from llm_assets.shards.pack import SplitPacker
from llm_assets.shards.split import hold_out
from llm_assets.tokenizer.bpe import end_of_text, load_tokenizer, vocabulary_size
from llm_assets.tokenizer.sample import Keys

STAGE = "shards"
ENCODING = ".encoding"
"""Folder of what is not packed yet."""


def pack_shards(corpus: Artefact, deduped: Artefact, tokenizer: Artefact, target: Path, config: Shards, engine: Engine) -> Report:
    """Encodes every document, end-of-text behind it, and lays it into the shards of its split, in the order of the keys.

    The split is drawn by family (``deduped``'s docs); see :func:`hold_out` for small crawls and :class:`SplitPacker` for
    where a shard ends. What ``rehydrate`` repeats comes behind all others, a round for each time. Parts are encoded side by
    side and joined in order. DataError where a document of the corpus is unknown to ``deduped``. Memory: some 60 bytes a
    document, and a batch of texts for each worker.
    """
    parts = corpus.table("corpus")
    docs, families, sizes = _read_families(parts, deduped)
    times = _count_repeats(sizes, config.rehydrate)
    held = hold_out(docs, families, config.validation_fraction, config.seed)
    path = tokenizer.path("tokenizer.json")
    loaded = load_tokenizer(path)
    end = end_of_text(loaded)
    open_writer = partial(ShardWriter, vocabulary=vocabulary_size(loaded), end_of_text=end, tokenizer=hash_file(path))
    encoder, warnings = choose_corpus_engine(parts, path)
    target.mkdir(parents=True, exist_ok=True)
    rows: list[pa.Table] = []
    again: list[tuple[EncodedPart, npt.NDArray[np.int64]]] = []
    text_bytes = text_tokens = placed = 0
    with (
        SplitPacker(target, "train", config.shard_tokens, open_writer) as train,
        SplitPacker(target, "validation", config.shard_tokens, open_writer) as validation,
    ):
        scratch = target / ENCODING
        encode = partial(encode_part, tokenizer=path, engine=encoder, end=end, scratch=scratch)
        reports = engine.write_parts(encode, parts, "encoding documents", [encoded_paths(scratch, part) for part in parts])
        for part in map(partial(open_part, scratch), parts, reports):
            here = slice(placed, placed + part.docs.size)
            rows.append(_place_documents(part, [validation if out else train for out in held[here]]))
            text_bytes += part.text_bytes
            text_tokens += int(part.lengths.sum()) - part.docs.size
            placed = here.stop
            if (repeated := np.where(held[here], 1, times[here])).max(initial=1) > 1:
                again.append((part, repeated))
            else:
                part.path.unlink()
        # A copy right behind its original would teach the model to repeat what it has just read: hence in rounds.
        for round_number in range(2, int(times.max(initial=1)) + 1):
            rows += [_place_documents(part, [train] * part.docs.size, repeated >= round_number) for part, repeated in again]
    shutil.rmtree(scratch, ignore_errors=True)
    write_table(target / "documents.parquet", rows, DOCUMENTS)
    return _report(docs.size, train, validation, text_bytes, text_tokens, config, warnings)


def _read_families(parts: Sequence[Path], deduped: Artefact) -> tuple[Keys, Keys, Keys]:
    """Documents of the corpus, the root of each one's family, and for how many documents it stands."""
    docs = read_table(parts, CORPUS, ["doc"])["doc"].to_numpy()
    if not (docs[1:] > docs[:-1]).all():
        raise DataError("the corpus is not sorted by doc; run pii_scrubbed_corpus again", parts[0].parent)
    known = read_table(deduped.table("docs"), DEDUPED)
    keys = known["doc"].to_numpy()
    places = np.searchsorted(keys, docs)
    found = places < keys.size
    found[found] = keys[places[found]] == docs[found]
    if not found.all():
        raise DataError(f"document {format_doc(int(docs[~found][0]))} of the corpus is not here; run both again", deduped.folder)
    return docs, known["family"].to_numpy()[places], known["cluster_size"].to_numpy()[places]


def _count_repeats(sizes: Keys, rehydrate: Sequence[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """How often each document is packed, by its cluster's size."""
    least = np.array([size for size, _ in rehydrate], np.int64)
    times = np.array([1, *(times for _, times in rehydrate)], np.int64)
    return times[np.searchsorted(least, sizes, side="right")]


def _place_documents(part: EncodedPart, packers: Sequence[SplitPacker], chosen: npt.NDArray[np.bool_] | None = None) -> pa.Table:
    """Packs the documents of a part, or the chosen ones, in their order; a row each."""
    ids = part.tokens()
    ends = np.cumsum(part.lengths)
    places = np.arange(part.docs.size) if chosen is None else np.flatnonzero(chosen)
    spans = zip((ends - part.lengths)[places].tolist(), ends[places].tolist(), strict=True)
    used = [packers[place] for place in places.tolist()]
    placed = [packer.place(ids[start:end]) for packer, (start, end) in zip(used, spans, strict=True)]
    columns = {
        "doc": part.docs[places],
        "split": pa.array([packer.split for packer in used], pa.string()),
        "shard": pa.array([shard for shard, _ in placed], pa.uint32()),
        "start": pa.array([start for _, start in placed], pa.uint64()),
        "length": part.lengths[places].astype(np.uint64),
    }
    return pa.table(columns, schema=DOCUMENTS)


def _report(
    read: int,
    train: SplitPacker,
    validation: SplitPacker,
    text_bytes: int,
    text_tokens: int,
    config: Shards,
    warned: tuple[str, ...],
) -> Report:
    documents = train.documents + validation.documents
    warnings = [*warned]
    if not documents:
        warnings.append("the corpus is empty: there are no shards")
    elif not train.documents:
        warnings.append("the corpus is small, and nothing of it is for training")
    elif config.validation_fraction and not validation.documents:
        warnings.append("the corpus is small, and nothing of it is held out for validation")
    return Report(
        STAGE,
        read=read,
        kept=read,
        figures={
            "repeats": documents - read,
            "train_documents": train.documents,
            "train_tokens": train.tokens,
            "train_shards": train.shards,
            "validation_documents": validation.documents,
            "validation_tokens": validation.tokens,
            "validation_shards": validation.shards,
            "text_bytes": text_bytes,
            "bytes_per_token": round(text_bytes / max(text_tokens, 1), 4),
        },
        warnings=tuple(warnings),
    )
