"""C4's rules on lines, and the removal of citations: which lines of a page are text.

What C4 decides about a whole document (too few sentences, lorem ipsum, a curly bracket) is no cleaning: it is measured as
signals and bounded by :class:`llm_assets.quality.c4.C4`.
"""

from __future__ import annotations

import polars as pl
from pydantic import Field

from llm_assets.section import Section

POLICY_PHRASES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
CITATION = r"\[(?:\d*|edit|citation needed)\]"
LINE_END = r"""[.!?。！？"'”’»」』]$"""
ELLIPSIS_END = r"(?:\.\.\.|…)$"
ALPHANUMERIC = r"[\p{L}\p{N}]"


class Cleaning(Section):
    """Which lines stay. Raffel et al. 2020, section 2.2; citations as in FineWeb.

    A line is what stands between two newlines, without the whitespace around it. The text after cleaning is what C4's
    counts, FineWeb's rules, hashes and signatures see, and what the corpus holds.
    """

    min_words_per_line: int = Field(3, ge=0)
    """Drop lines of fewer words (whitespace-separated pieces with a letter or digit). 0 keeps blank lines too."""

    max_word_length: int = Field(1000, ge=0, le=5000)
    """Drop lines with a longer word, in characters. 0 is off."""

    remove_citations: bool = True
    """Take out [1], [], [edit] and [citation needed], before a line is judged."""

    drop_javascript: bool = True
    """Drop lines that name javascript, in any case of letters."""

    drop_policies: bool = True
    """Drop lines with a phrase about terms of use, privacy or cookies, in any case of letters."""

    terminal_punctuation: bool = False
    """Keep only lines that end in a full stop, exclamation mark, question mark or closing quotation mark, and not in an
    ellipsis. Part of C4; FineWeb leaves it off, since it costs too much text."""


def clean_texts(texts: pl.Series, cleaning: Cleaning) -> pl.Series:
    r"""The cleaned texts, in place: same length and name, String, empty where nothing remains or the text is null.

    Linear in the length of a text; depends on nothing but the text and ``cleaning``.

    >>> clean_texts(pl.Series(["Home\nIt rained all day.[1]\nWe use cookies on this site"]), Cleaning()).to_list()
    ['It rained all day.']
    """
    if texts.is_empty():
        return texts.cast(pl.String)
    line = pl.col("line")
    lines = (
        texts.cast(pl.String)
        .fill_null("")
        .str.split("\n")
        .alias("line")
        .to_frame()
        .with_row_index("row")
        .explode("line", empty_as_null=False)
        .with_columns(line.str.strip_chars())
    )
    if cleaning.remove_citations:
        lines = lines.with_columns(line.str.replace_all(CITATION, "").str.strip_chars())
    for rule in _line_rules(line, cleaning):
        lines = lines.filter(rule)
    kept = lines.group_by("row", maintain_order=True).agg(line.str.join("\n").str.strip_chars())
    rows = pl.DataFrame({"row": pl.Series(range(len(texts)), dtype=kept.schema["row"])})
    return rows.join(kept, on="row", how="left", maintain_order="left")["line"].fill_null("").alias(texts.name)


def _line_rules(line: pl.Expr, cleaning: Cleaning) -> list[pl.Expr]:
    """What a line must meet to stay: the cheap rules first."""
    phrases = ["javascript"] * cleaning.drop_javascript + list(POLICY_PHRASES) * cleaning.drop_policies
    rules: list[pl.Expr] = []
    if cleaning.min_words_per_line:
        more = cleaning.min_words_per_line - 1
        rules.append(line.str.contains(rf"(?s){ALPHANUMERIC}(?:.*?\s.*?{ALPHANUMERIC}){{{more}}}"))
    if phrases:
        rules.append(~line.str.contains_any(phrases, ascii_case_insensitive=True))
    if cleaning.terminal_punctuation:
        rules.append(line.str.contains(LINE_END) & ~line.str.contains(ELLIPSIS_END))
    if cleaning.max_word_length:
        rules.append(~line.str.contains(rf"\S{{{cleaning.max_word_length + 1}}}"))
    return rules
