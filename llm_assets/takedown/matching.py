"""Which documents a list of what is to be forgotten names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from llm_assets.engine import read_documents
from llm_assets.extract.block_lists import BlockLists, ListFile
from llm_assets.extract.urls import name_site, parent_domains, parent_urls, split_url
from llm_assets.formats.doc import format_doc, parse_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.takedown.entries import FILES, read_entries

FORGOTTEN = pa.schema([pa.field("doc", pa.uint64(), False), pa.field("entry", pa.string(), False)])
"""One row a document, by doc, with the first entry that names it: a domain before a URL, a key, a text."""

BATCH_DOCUMENTS = 16_384


def find_forgotten(texts: Artefact, signatures: Artefact | None, folder: Path | None) -> pa.Table:
    """Rows of FORGOTTEN, of the documents in table ``texts`` that the list in ``folder`` names: none where there is no list.

    A page is of its own URL, and of the one that it gives as its own (``canonical_url``). Of ``signatures`` the exact hashes are read;
    None where there are none yet: then no document is found by its text. DataError where a table or the list is damaged.
    """
    if folder is None:
        return FORGOTTEN.empty_table()
    wanted: dict[str, set[str]] = {kind: set() for kind in FILES}
    for entry in read_entries(folder):
        wanted[entry.kind].add(entry.value)
    found: dict[int, str] = {}
    if wanted["domain"] or wanted["url"]:
        found |= _find_by_url(texts, folder)
    if wanted["document"]:
        docs = {parse_doc(key) for key in wanted["document"]}
        for doc in docs.intersection(_read_keys(texts)):
            found.setdefault(doc, f"document {format_doc(doc)}")
    if wanted["text"] and signatures is not None:
        for part in signatures.table("signatures"):
            for batch in read_documents(part, ["doc", "exact"], BATCH_DOCUMENTS):
                for doc, exact in zip(batch["doc"].to_pylist(), batch["exact"].to_pylist(), strict=True):
                    if exact.hex() in wanted["text"]:
                        found.setdefault(doc, f"text {exact.hex()}")
    return pa.table([sorted(found), [found[doc] for doc in sorted(found)]], schema=FORGOTTEN)


def find_hash(signatures: Artefact, doc: int) -> str | None:
    """Exact hash of a document's text, in hexadecimal digits; None where it is not among the signatures."""
    for part in signatures.table("signatures"):
        for batch in read_documents(part, ["doc", "exact"], BATCH_DOCUMENTS):
            keys = batch["doc"].to_pylist()
            if doc in keys:
                return str(batch["exact"][keys.index(doc)].as_py().hex())
    return None


def _read_keys(texts: Artefact) -> Iterator[int]:
    for part in texts.table("texts"):
        for batch in read_documents(part, ["doc"], BATCH_DOCUMENTS):
            yield from batch["doc"].to_pylist()


def _find_by_url(texts: Artefact, folder: Path) -> dict[int, str]:
    lists = BlockLists([ListFile(kind, folder / FILES[kind], of_domains=kind == "domain") for kind in ("domain", "url")])
    found = {}
    for part in texts.table("texts"):
        for batch in read_documents(part, ["doc", "url", "canonical_url"], BATCH_DOCUMENTS):
            rows = zip(*(batch[name].to_pylist() for name in ("doc", "url", "canonical_url")), strict=True)
            for doc, *urls in rows:
                if entry := next(filter(None, (_find_entry(lists, url) for url in urls if url)), None):
                    found[doc] = entry
    return found


def _find_entry(lists: BlockLists, url: str) -> str | None:
    host, path = split_url(url)
    listed = lists.find(parent_domains(host), True)
    if listed is None and lists.has_urls_of(name_site(host)):
        listed = lists.find(parent_urls(host, path), False)
    return f"{listed.name} {listed.entry}" if listed else None
