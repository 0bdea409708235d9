"""Families of copies: who is whose copy, and in which words two of them differ."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from llm_assets.catalog import fetch_rows
from llm_assets.errors import ConfigError
from llm_assets.formats.doc import format_doc

_WORD = re.compile(r"\s*\S+|\s+")

MOST_WORDS = 4_000
"""Words of a text that are compared: the time it takes grows with their square where little is alike."""


@dataclass(frozen=True)
class Family:
    """All documents that go back to one: rows of ``sql/explain/family.sql``, the root first. Every URL is untrusted.

    ``asked`` is the document the family was asked for.
    """

    asked: int
    members: tuple[Mapping[str, Any], ...]

    def find(self, doc: int) -> Mapping[str, Any]:
        """A member. ConfigError where the document is none."""
        for member in self.members:
            if member["doc"] == doc:
                return member
        raise ConfigError(
            f"{format_doc(doc)} is no copy of {format_doc(self.asked)}: `llm-assets duplicates {format_doc(self.asked)}` lists those"
        )

    def counterpart(self) -> int | None:
        """Whom the asked document is best held against: its elder, or its first copy; None where it has neither."""
        elder = self.find(self.asked)["elder"]
        if elder is not None:
            return int(elder)
        return next((int(member["doc"]) for member in self.members if member["elder"] == self.asked), None)


@dataclass(frozen=True)
class Passage:
    """A run of text, and which of two texts has it."""

    side: Literal["both", "first", "second"]
    text: str


def tell_family(connection: duckdb.DuckDBPyConnection, doc: int) -> Family:
    """The family of a document in the catalog; of one that is nobody's copy and has none, itself alone."""
    return Family(doc, tuple(fetch_rows(connection, "explain/family", doc=doc)))


def compare_documents(connection: duckdb.DuckDBPyConnection, one: int, other: int) -> list[Passage]:
    """How the text of ``one`` becomes that of ``other``, word by word. ConfigError where a text is not kept."""
    return list(compare_texts(_read_text(connection, one), _read_text(connection, other)))


def compare_texts(one: str, other: str) -> Iterator[Passage]:
    """Passages that both texts have, or one alone, in their order: joined, those of a side are its text.

    Only the first ``MOST_WORDS`` words of each are compared.
    """
    first, second = (_WORD.findall(text)[:MOST_WORDS] for text in (one, other))
    for kind, start, end, other_start, other_end in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Passage("both", "".join(first[start:end]))
            continue
        if start < end:
            yield Passage("first", "".join(first[start:end]))
        if other_start < other_end:
            yield Passage("second", "".join(second[other_start:other_end]))


def _read_text(connection: duckdb.DuckDBPyConnection, doc: int) -> str:
    rows = fetch_rows(connection, "explain/texts", doc=doc)
    if not rows:
        raise ConfigError(f"no text was extracted of {format_doc(doc)}")
    return str(rows[0]["text"])
