"""Language identification, held against the truth about texts.

Of a WARC file the texts of its pages, held against the languages that an index or truth names (``lang``); of ``udhr.zip``
the pieces in :mod:`benchmarks.declaration`, whose languages are known.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from itertools import islice
from statistics import fmean

import polars as pl

from benchmarks.declaration import read_pieces
from benchmarks.measure import Work
from benchmarks.pages import match_truth, read_pages
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.extract.page import PageText, extract_page
from llm_assets.extract.url_filter import load_judge
from llm_assets.quality.language import identify_languages
from llm_assets.quality.stage import BATCH_DOCUMENTS
from llm_assets.report import Figure

WARM_DOCUMENTS = 8

Truth = list[tuple[str, int]]
"""Languages, each with the number of the text that is in it."""


def prepare(trial: Trial) -> Work[list[str]]:
    """Texts in memory, those of pages extracted in set-up by the fast engine."""
    texts, truth = _read_declaration(trial) if zipfile.is_zipfile(trial.input) else _extract_pages(trial)
    language = trial.recipe.language

    def identify(chosen: pl.Series) -> list[str]:
        batches = (chosen.slice(start, BATCH_DOCUMENTS) for start in range(0, len(chosen), BATCH_DOCUMENTS))
        return [name for batch in batches for name in identify_languages(batch, language)["language"]]

    def judge(found: list[str]) -> Mapping[str, Figure | None]:
        hits = [_main(told) == _main(found[number]) for told, number in truth]
        return {"accuracy": round(fmean(hits), 4) if hits else None, "judged": len(hits), "languages": len(set(found))}

    size = int(texts.str.len_bytes().sum())
    return Work(len(texts), size, lambda: identify(texts.head(WARM_DOCUMENTS)), lambda: identify(texts), judge)


def _read_declaration(trial: Trial) -> tuple[pl.Series, Truth]:
    pieces = list(islice(read_pieces(trial.input), trial.limit))
    return pl.Series([text for text, _ in pieces]), [(told, number) for number, (_, told) in enumerate(pieces)]


def _extract_pages(trial: Trial) -> tuple[pl.Series, Truth]:
    extraction = trial.recipe.extraction.model_copy(update={"engine": "resiliparse"})
    judge_url = load_judge(trial.recipe.url_filter, ())
    outcomes = [(page, extract_page(page, judge_url, extraction)) for page in read_pages(trial.input, trial.limit)]
    pages = [page for page, outcome in outcomes if isinstance(outcome, PageText)]
    if not pages:
        raise DataError("no page of it has a text", trial.input)
    truth = [] if trial.truth is None else match_truth(trial.truth, pages, "lang")
    texts = pl.Series([outcome.text for _, outcome in outcomes if isinstance(outcome, PageText)])
    return texts, [(row["lang"], number) for row, number in truth if row["lang"]]


def _main(code: str) -> str:
    """The language of a tag such as ``zh-cn`` or ``pt_BR``."""
    return code.replace("_", "-").partition("-")[0].lower()
