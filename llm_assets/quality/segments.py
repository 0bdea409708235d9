"""Spaces between the words of texts whose language writes none: Chinese, Japanese, Thai, Lao, Khmer, Burmese.

ICU finds word boundaries by dictionaries that it brings along (Unicode Standard Annex 29 elsewhere). The text with a space at
each of them is what words and n-grams are found in; every other signal is measured on the text as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

RUN_CHARACTERS = 10_000
"""Characters that ICU is shown at a time: it holds all boundaries of a run without spaces in memory."""


def segment_texts(texts: pl.Series, languages: pl.Series, unspaced: Collection[str]) -> pl.Series:
    """The texts, those in a language of ``unspaced`` with spaces between their words.

    >>> segment_texts(pl.Series(["今天天气很好。", "Fine."]), pl.Series(["zh", "en"]), {"zh"}).to_list()
    ['今天 天气 很好 。', 'Fine.']
    """
    codes = languages.to_list()
    rows = [row for row, code in enumerate(codes) if code in unspaced]
    return texts.clone().scatter(rows, [_part_words(texts[row], codes[row]) for row in rows]) if rows else texts


def _part_words(text: str, language: str) -> str:
    from icu4py.breakers import WordBreaker

    return "\n".join(" ".join(word for run in _cut(line) for word in WordBreaker(run, language)) for line in text.split("\n"))


def _cut(line: str) -> Iterator[str]:
    for start in range(0, len(line), RUN_CHARACTERS):
        yield line[start : start + RUN_CHARACTERS]
