"""C4's rules on lines, and the removal of citations: which lines of a page are text.

What C4 decides about a whole document (too few sentences, lorem ipsum, a curly bracket) is no cleaning: it is measured as
signals and bounded by :class:`llm_assets.quality.c4.C4`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from llm_assets.section import Section

if TYPE_CHECKING:
    import polars as pl

POLICY_PHRASES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
PHRASE_SIGNS = r"(?i-u:javascript|terms of use|policy|cookies)"
"""Each phrase holds one of these: few of them, so that a text is searched fast."""

CITATION = r"\[(?:\d*|edit|citation needed)\]"


class Cleaning(Section):
    """Which lines stay. Raffel et al. 2020, section 2.2; citations as in FineWeb.

    A line is what stands between two newlines, without the whitespace around it. The text after cleaning is what C4's
    counts, FineWeb's rules, hashes and signatures see, and what the corpus holds.
    """

    min_words_per_line: int = Field(3, ge=0)
    """Drop lines of fewer words (whitespace-separated pieces with a letter or digit; in scripts without spaces each letter counts
    as one). 0 keeps blank lines too."""

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

    >>> import polars as pl
    >>> clean_texts(pl.Series(["Home\nIt rained all day.[1]\nWe use cookies on this site"]), Cleaning()).to_list()
    ['It rained all day.']
    """
    import polars as pl  # this and numba are slow to load, and whoever only reads a recipe need not wait for them

    from llm_assets.quality.line_rules import LineRules, keep_lines
    from llm_assets.utf8 import Utf8

    read = pl.col("text").cast(pl.String).fill_null("")
    if cleaning.remove_citations:
        read = read.str.replace_all(CITATION, "")
    phrases = [*["javascript"] * cleaning.drop_javascript, *POLICY_PHRASES * cleaning.drop_policies]
    # Most texts hold none of the phrases, which is found out fast; then their lines need no search.
    frame = texts.to_frame("text").select(read, suspects=read.str.contains(PHRASE_SIGNS) & bool(phrases))
    suspects = frame["suspects"].to_numpy(writable=True)
    if suspects.any():
        suspects[suspects] = frame["text"].filter(frame["suspects"]).str.contains_any(phrases, ascii_case_insensitive=True).to_numpy()
    rules = LineRules(cleaning.min_words_per_line, cleaning.max_word_length, cleaning.terminal_punctuation, tuple(phrases))
    return keep_lines(Utf8.of(frame["text"]), suspects, rules).to_series(texts.name)
