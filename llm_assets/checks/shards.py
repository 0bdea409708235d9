"""What must hold of token shards: every document has its place, and the tokens there are its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llm_assets.catalog import bind, connect, run_query
from llm_assets.checks.tables import Table, find_rows
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.shard import list_shards, open_shard, shard_name
from llm_assets.formats.tables import CORPUS, DOCUMENTS
from llm_assets.plan import Snapshot
from llm_assets.tokenizer.bpe import load_tokenizer, token_bytes

Row = Mapping[str, Any]
Numbers = npt.NDArray[np.int64]

DECODED_DOCUMENTS = 512
"""Of a crawl, at most so many documents are decoded: every one of a smaller crawl, else every n-th by key."""

SHARDS = pa.schema([("split", pa.string()), ("shard", pa.uint32()), ("tokens", pa.uint64())])
"""One row a shard file, with the tokens it holds."""

ENDS = pa.schema([("split", pa.string()), ("shard", pa.uint32()), ("place", pa.uint64())])
"""One row an end-of-text in a shard, with its place there."""


def splits_disjoint(snapshot: Snapshot, asset: str, crawl: str | None) -> list[dict[str, Any]]:
    """No family of copies stands in both training and validation."""
    bound: dict[str, Table] = {"places": (asset, "documents"), "survivors": ("deduped_docs", "docs")}
    return find_rows(snapshot.root, crawl, "splits_disjoint", bound)


def shards_complete(snapshot: Snapshot, asset: str, crawl: str | None) -> list[dict[str, Any]]:
    """Every document of the corpus has its place in the shards, and no other has one."""
    bound: dict[str, Table] = {"corpus": ("pii_scrubbed_corpus", "corpus"), "places": (asset, "documents")}
    return find_rows(snapshot.root, crawl, "shards_complete", bound)


def tokens_match(snapshot: Snapshot, asset: str, crawl: str | None) -> list[dict[str, Any]]:
    """Documents fill each shard from its first token to its last, without gap or overlap, and each ends with the one end-of-text it has.

    Every byte of the shards is read, and held against the digest that was written with it.
    """
    shards, digest = snapshot.root.artefact(asset, crawl), hash_file(snapshot.root.artefact("tokenizer").path("tokenizer.json"))
    held, ends = [SHARDS.empty_table()], [ENDS.empty_table()]
    for split in ("train", "validation"):
        for path in list_shards(shards, split):
            header, tokens = open_shard(path, tokenizer=digest)
            number, places = int(path.stem.removeprefix(f"{split}-")), np.flatnonzero(tokens == header.end_of_text)
            held.append(pa.table([[split], [number], [header.tokens]], schema=SHARDS))
            ends.append(pa.table([[split] * places.size, np.full(places.size, number), places], schema=ENDS))
    bound: dict[str, Table] = {"places": (asset, "documents"), "shards": pa.concat_tables(held), "ends": pa.concat_tables(ends)}
    return find_rows(snapshot.root, crawl, "tokens_match", bound)


def shards_decode(snapshot: Snapshot, asset: str, crawl: str | None) -> Iterator[Row]:
    """The tokens of a document, as bytes, are its text in the corpus. At most 512 documents are asked, evenly over the crawl."""
    root = snapshot.root
    shards, corpus = root.artefact(asset, crawl), root.artefact("pii_scrubbed_corpus", crawl)
    with connect() as connection:
        bind(connection, "places", shards.table("documents"), DOCUMENTS)
        bind(connection, "corpus", corpus.table("corpus"), CORPUS)
        batches = list(run_query(connection, "checks/decoded", documents=DECODED_DOCUMENTS))
    if not batches:
        return
    chosen = pa.Table.from_batches(batches).cast(_DECODED)
    raw = token_bytes(load_tokenizer(root.artefact("tokenizer").path("tokenizer.json")))
    decoded, sizes = _decode(_read_tokens(shards, chosen), chosen["tokens"].to_numpy(), raw)
    texts, told = _text_bytes(chosen["text"].combine_chunks())
    wrong = sizes != told
    if not wrong.any():  # as long as they should be, so that bytes can be held against bytes
        wrong[np.searchsorted(np.cumsum(told), np.flatnonzero(decoded != texts), side="right")] = True
    for doc, size, length in zip(chosen["doc"].to_numpy()[wrong], sizes[wrong], told[wrong], strict=True):
        yield {"doc": format_doc(int(doc)), "bytes": int(size), "text_bytes": int(length)}


_DECODED = pa.schema(
    [*(DOCUMENTS.field(name) for name in ("doc", "split", "shard", "start")), ("tokens", pa.int64()), CORPUS.field("text")]
)
"""A document to decode: where its tokens begin, how many there are without end-of-text, and its text. Sorted by place."""


def _read_tokens(shards: Artefact, chosen: pa.Table) -> Numbers:
    """Ids of the chosen documents, one after the other, without their end-of-text."""
    names = pa.array(map(shard_name, chosen["split"].to_pylist(), chosen["shard"].to_pylist())).dictionary_encode()
    begins, tokens, owners = chosen["start"].to_numpy().astype(np.int64), chosen["tokens"].to_numpy(), names.indices.to_numpy()
    ids = []
    for number, name in enumerate(names.dictionary.to_pylist()):
        _, held = open_shard(shards.path(name), verify=False)  # read whole by tokens_match
        ids.append(held[_list_places(begins[owners == number], tokens[owners == number])].astype(np.int64))
    return np.concatenate(ids)


def _decode(ids: Numbers, tokens: Numbers, raw: list[bytes]) -> tuple[npt.NDArray[np.uint8], Numbers]:
    """Bytes of all ids, and how many of them each document has, of which ``tokens`` says how many ids are its own."""
    lengths = np.array([len(each) for each in raw], np.int64)
    places = _list_places((np.cumsum(lengths) - lengths)[ids], lengths[ids])
    ends = np.cumsum([0, *lengths[ids]])[np.cumsum([0, *tokens])]
    return np.frombuffer(b"".join(raw), np.uint8)[places], np.diff(ends)


def _list_places(begins: Numbers, lengths: Numbers) -> Numbers:
    """Numbers of ranges, one after the other.

    >>> _list_places(np.array([7, 2]), np.array([3, 2]))
    array([7, 8, 9, 2, 3])
    """
    places: Numbers = np.arange(lengths.sum()) + np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
    return places


def _text_bytes(texts: pa.LargeStringArray) -> tuple[npt.NDArray[np.uint8], Numbers]:
    """Bytes of all texts, and how many of them each has."""
    _, ends, content = texts.buffers()
    places = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(content or b"", np.uint8)[places[0] : places[-1]], np.diff(places)
