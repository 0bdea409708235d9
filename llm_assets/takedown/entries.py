"""What is to be forgotten: domains, URLs, single documents, texts. The list is a side input, a file for each kind of entry.

Domains and URLs are spelt, and cover what lies below them, as in a block list. A text is asked for by its exact hash, the first 16
bytes of a sha256, as column ``exact`` of table ``signatures`` has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from llm_assets.errors import ConfigError, DataError
from llm_assets.extract.block_lists import spell_domain, spell_url
from llm_assets.formats.doc import format_doc, parse_doc

FILES = {"domain": "domains.txt", "url": "urls.txt", "document": "documents.txt", "text": "texts.txt"}
"""File of each kind of entry: one a line, sorted."""

_KEY = re.compile(r"\d+-\d+-\d+")
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
_HASH_LETTERS = 32


class Entry(NamedTuple):
    """One thing to forget. ``value`` is what decides; ``written`` is how it was asked for, and stands in the file."""

    kind: str
    value: str
    written: str

    def __str__(self) -> str:
        """As rejections tell it: ``domain site.example``."""
        return f"{self.kind} {self.value}"


def parse_entry(words: str) -> Entry:
    """What a person asks to forget. ConfigError where that is nothing known.

    A document's key, a hash of 32 hexadecimal digits (of 64 the first half counts), a URL (with a scheme or a slash), or else a domain.

    >>> str(parse_entry("https://WWW.site.example/a/")), str(parse_entry("*.Bücher.example")), str(parse_entry("0-0-26"))
    ('url site.example/a', 'domain xn--bcher-kva.example', 'document 0-0-26')
    """
    words = words.strip()
    if not words or re.search(r"\s", words):
        raise ConfigError(f"{words!r} is nothing to forget: wanted is a URL, a domain, a document's key or a text's hash")
    if _KEY.fullmatch(words):
        key = format_doc(parse_doc(words))
        return Entry("document", key, key)
    if _HASH.fullmatch(words.lower()):
        text = words.lower()[:_HASH_LETTERS]
        return Entry("text", text, text)
    if "/" in words or "\\" in words:
        if url := spell_url(words):
            return Entry("url", url, words)
        raise ConfigError(f"{words!r} is a URL without a host")
    domain = spell_domain(words)
    if "." not in domain:
        raise ConfigError(f"{words!r} is no domain below another, and would take too much; a host is also asked for as http://{words}/…")
    return Entry("domain", domain, words)


def write_entries(folder: Path, entries: Iterable[Entry]) -> None:
    """Writes the list. The same entries, in whatever order, give the same bytes."""
    chosen: dict[str, Entry] = {}
    for entry in entries:
        chosen.setdefault(str(entry), entry)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, name in FILES.items():
        lines = (f"{chosen[key].written}\n" for key in sorted(chosen) if chosen[key].kind == kind)
        (folder / name).write_text("".join(lines), encoding="utf-8")


def read_entries(folder: Path) -> list[Entry]:
    """The entries of a list, by kind. DataError where a file is missing or holds something else."""
    entries = []
    for kind, name in FILES.items():
        path = folder / name
        try:
            found = [parse_entry(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except (OSError, ConfigError, UnicodeDecodeError) as error:
            raise DataError(f"the list of what is forgotten is damaged ({error}); `llm-assets forget` writes another", path) from error
        if any(entry.kind != kind for entry in found):
            raise DataError(f"the list holds something else than a {kind}", path)
        entries += found
    return entries
