"""The tables that stages meet in, column by column. Grain and order are stated; every table is sorted by its key."""

from __future__ import annotations

import pyarrow as pa

FILES = pa.schema(
    [
        pa.field("file", pa.uint32(), False),
        pa.field("location", pa.string(), False),
        pa.field("bytes", pa.uint64(), False),
        pa.field("sha256", pa.string(), False),
        pa.field("removed", pa.bool_(), False),
    ]
)
"""``raw_crawl``: one row a file, by number. A number is never reused: a removed file stays as a tombstone."""

RECORDS = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("url", pa.string()),
        pa.field("offset", pa.uint64(), False),
        pa.field("length", pa.uint64(), False),
        pa.field("status", pa.uint16()),
        pa.field("mime", pa.string()),
        pa.field("type", pa.string(), False),
        pa.field("date", pa.string()),
        pa.field("opt_outs", pa.list_(pa.string())),
        pa.field("digest", pa.binary(16)),
    ]
)
"""``extracted_text``: one row for every record of every file. ``offset`` and ``length`` are bytes in the file as it lies
(compressed), ``type`` is WARC-Type, ``date`` WARC-Date. For ready text see ``formats.rows.Row``. ``opt_outs`` are the signals
of ``extract.opt_out`` that a document bears (null where the record is none); ``digest`` is of a page that was read, and of what
reading it depends on: where it is the same, so is what came of it."""

TEXTS = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("url", pa.string(), False),
        pa.field("date", pa.string()),
        pa.field("title", pa.string()),
        pa.field("published", pa.string()),
        pa.field("charset", pa.string()),
        pa.field("language_hint", pa.string()),
        pa.field("canonical_url", pa.string()),
        pa.field("text", pa.large_string(), False),
    ]
)
"""``extracted_text``: one row a document whose text came out. ``date`` is when it was crawled (WARC-Date, ISO 8601),
``published`` what the page says of itself (ISO date), ``language_hint`` its html lang or header, ``canonical_url`` the address it
gives as its own."""

REJECTIONS = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("stage", pa.string(), False),
        pa.field("rule", pa.string(), False),
        pa.field("value", pa.float64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("detail", pa.string()),
    ]
)
"""Every stage: one row a document it rejected, with what was measured and the bounds it broke (null where none)."""

DOCS = pa.schema([pa.field("doc", pa.uint64(), False)])
"""``filtered_docs``: one row a document within all bounds."""

SIGNATURE_VALUES = "signature"
SIGNATURES = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("exact", pa.binary(16), False),
        pa.field(SIGNATURE_VALUES, pa.list_(pa.uint32())),
        pa.field("bands", pa.list_(pa.uint64())),
    ]
)
"""``minhash_signatures``: one row an extracted document. ``exact`` is the first 16 bytes of the sha256 of the normalised
cleaned text; ``signature`` the MinHash values, ``bands`` one hash a band; both null where the text is empty."""

DEDUPED = pa.schema(
    [pa.field("doc", pa.uint64(), False), pa.field("family", pa.uint64(), False), pa.field("cluster_size", pa.uint32(), False)]
)
"""``deduped_docs``: one row a surviving document, with the root of its family (itself where it has no elder), and the documents
of its own crawl that it stands for, itself included."""

DUPLICATES = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("elder", pa.uint64(), False),
        pa.field("kind", pa.string(), False),
        pa.field("similarity", pa.float64(), False),
        pa.field("removed", pa.bool_(), False),
    ]
)
"""``deduped_docs``: one row a document that has an elder. ``kind`` is exact or near; ``similarity`` the share of equal
MinHash values; ``removed`` says whether the recipe's scope takes the document out."""

EVALUATIONS = pa.schema(
    [
        pa.field("sequence", pa.uint32(), False),
        pa.field("evaluation", pa.string(), False),
        pa.field("items", pa.uint32(), False),
        pa.field("not_sought", pa.uint32(), False),
    ]
)
"""``overlap_signals``: one row an evaluation set that a crawl (by its sequence) was compared with: its items, and how many of them
are too short, or too like the others, to be looked for."""

CONTAMINATION = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("evaluation", pa.string(), False),
        pa.field("item", pa.uint32(), False),
        pa.field("ngrams", pa.uint32(), False),
    ]
)
"""``overlap_signals``: one row a document and an item of an evaluation set (by its place, from 0) that share an n-gram; ``ngrams``
counts the places of the document at which one of the item's begins."""

LINES = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("hash", pa.uint64(), False),
        pa.field("lines", pa.uint32(), False),
        pa.field("characters", pa.uint64(), False),
    ]
)
"""``overlap_signals``: one row a document and a line it has, by the hash of its normalised form; ``lines`` counts how often, and
``characters`` what they hold together."""

PASSAGES = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("bytes", pa.uint64(), False),
        pa.field("repeated_passages", pa.uint32(), False),
        pa.field("repeated_passage_bytes", pa.uint64(), False),
        pa.field("shared_passages", pa.uint32(), False),
        pa.field("shared_passage_bytes", pa.uint64(), False),
    ]
)
"""``overlap_signals``: one row a document, with the passages, and their bytes, that an older document of its block of the crawl has
too (repeated), or any other one (shared)."""

REPETITION = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("lines", pa.uint32()),
        pa.field("characters", pa.uint64()),
        pa.field("repeated_lines", pa.uint32()),
        pa.field("repeated_line_characters", pa.uint64()),
        pa.field("shared_lines", pa.uint32()),
        pa.field("shared_line_characters", pa.uint64()),
        *(field.with_nullable(True) for field in PASSAGES if field.name != "doc"),
    ]
)
"""``overlap_signals``: one row a document with a line, or any where passages are asked for. Of its lines and their characters, and of
its passages and their bytes, how many an older document of the crawl has too (repeated), and how many any other one (shared)."""

CORPUS = pa.schema(
    [
        pa.field("text", pa.large_string(), False),
        pa.field("id", pa.string(), False),
        pa.field("dump", pa.string(), False),
        pa.field("url", pa.string(), False),
        pa.field("date", pa.string()),
        pa.field("file_path", pa.string(), False),
        pa.field("language", pa.string(), False),
        pa.field("language_score", pa.float64(), False),
        pa.field("title", pa.string()),
        pa.field("doc", pa.uint64(), False),
    ]
)
"""``pii_scrubbed_corpus``: one row a document, FineWeb's columns first. ``id`` is the key as text, ``dump`` the crawl."""

FINDINGS = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("field", pa.string(), False),
        pa.field("kind", pa.string(), False),
        pa.field("start", pa.uint64(), False),
        pa.field("end", pa.uint64(), False),
    ]
)
"""``pii_scrubbed_corpus``: one row a redaction, by doc, field, start. ``field`` is text, url or title; ``start`` and ``end``
are UTF-8 bytes of the stand-in in that field of the corpus. The value is kept nowhere."""

DOCUMENTS = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("split", pa.string(), False),
        pa.field("shard", pa.uint32(), False),
        pa.field("start", pa.uint64(), False),
        pa.field("length", pa.uint64(), False),
    ]
)
"""``token_shards``: one row a document: ``length`` tokens (its end-of-text token included) from token ``start`` of shard
number ``shard`` of its ``split`` (train or validation)."""
