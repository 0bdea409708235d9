"""Stage ``shards``: a corpus and a tokenizer in, token shards out.

Writes ``train-00000.tokens`` …, ``validation-00000.tokens`` … and ``documents.parquet``, which says where each document's
tokens lie, so that every token finds its page.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
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
from llm_assets.shards.encode import EncodedPart, choose_corpus_engine, encode_part
from llm_assets.shards.pack import SplitPacker
from llm_assets.shards.split import hold_out
from llm_assets.tokenizer.bpe import end_of_text, load_tokenizer
from llm_assets.tokenizer.sample import Keys

STAGE = "shards"


def pack_shards(corpus: Artefact, deduped: Artefact, tokenizer: Artefact, target: Path, config: Shards, engine: Engine) -> Report:
    """Encodes every document, end-of-text behind it, and lays it into the shards of its split, in the order of the keys.

    The split is drawn by family (``deduped``'s docs); see :func:`hold_out` for small crawls and :class:`SplitPacker` for
    where a shard ends. Parts are encoded side by side and joined in order. DataError where a document of the corpus is
    unknown to ``deduped``. Memory: some 60 bytes a document, and a batch of texts for each worker.
    """
    parts = corpus.table("corpus")
    docs, families = _read_families(parts, deduped)
    held = hold_out(docs, families, config.validation_fraction, config.seed)
    path = tokenizer.path("tokenizer.json")
    loaded = load_tokenizer(path)
    end = end_of_text(loaded)
    open_writer = partial(ShardWriter, vocabulary=loaded.get_vocab_size(), end_of_text=end, tokenizer=hash_file(path))
    encoder, warnings = choose_corpus_engine(parts, path)
    target.mkdir(parents=True, exist_ok=True)
    rows: list[pa.Table] = []
    text_bytes = placed = 0
    with (
        SplitPacker(target, "train", config.shard_tokens, open_writer) as train,
        SplitPacker(target, "validation", config.shard_tokens, open_writer) as validation,
        TemporaryDirectory(dir=target, prefix=".encoding-") as scratch,
    ):
        encode = partial(encode_part, tokenizer=path, engine=encoder, end=end, scratch=Path(scratch))
        for part in engine.map(encode, parts, "encoding documents"):
            packers = [validation if out else train for out in held[placed : placed + part.docs.size]]
            rows.append(_place_documents(part, packers))
            text_bytes += part.text_bytes
            placed += part.docs.size
            part.path.unlink()
    write_table(target / "documents.parquet", rows, DOCUMENTS)
    return _report(docs.size, train, validation, text_bytes, config, warnings)


def _read_families(parts: Sequence[Path], deduped: Artefact) -> tuple[Keys, Keys]:
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
    return docs, known["family"].to_numpy()[places]


def _place_documents(part: EncodedPart, packers: Sequence[SplitPacker]) -> pa.Table:
    ids = part.tokens()
    ends = np.cumsum(part.lengths)
    placed = [packer.place(ids[end - length : end]) for packer, end, length in zip(packers, ends, part.lengths, strict=True)]
    columns = {
        "doc": part.docs,
        "split": pa.array([packer.split for packer in packers], pa.string()),
        "shard": pa.array([shard for shard, _ in placed], pa.uint32()),
        "start": pa.array([start for _, start in placed], pa.uint64()),
        "length": part.lengths.astype(np.uint64),
    }
    return pa.table(columns, schema=DOCUMENTS)


def _report(read: int, train: SplitPacker, validation: SplitPacker, text_bytes: int, config: Shards, warned: tuple[str, ...]) -> Report:
    documents = train.documents + validation.documents
    text_tokens = train.tokens + validation.tokens - documents
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
        kept=documents,
        figures={
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
