"""Language identification of the texts of pages, held against the languages that an index or truth names (``lang``)."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

import polars as pl

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


def prepare(trial: Trial) -> Work[list[str]]:
    """Texts in memory, extracted in set-up by the fast engine."""
    extraction = trial.recipe.extraction.model_copy(update={"engine": "resiliparse"})
    judge_url, language = load_judge(trial.recipe.url_filter, ()), trial.recipe.language
    outcomes = [(page, extract_page(page, judge_url, extraction)) for page in read_pages(trial.input, trial.limit)]
    pages = [page for page, outcome in outcomes if isinstance(outcome, PageText)]
    if not pages:
        raise DataError("no page of it has a text", trial.input)
    truth = [] if trial.truth is None else list(match_truth(trial.truth, pages, "lang"))
    texts = pl.Series([outcome.text for _, outcome in outcomes if isinstance(outcome, PageText)])

    def identify(chosen: pl.Series) -> list[str]:
        batches = (chosen.slice(start, BATCH_DOCUMENTS) for start in range(0, len(chosen), BATCH_DOCUMENTS))
        return [name for batch in batches for name in identify_languages(batch, language)["language"]]

    def judge(found: list[str]) -> Mapping[str, Figure | None]:
        hits = [_main(row["lang"]) == _main(found[page]) for row, page in truth if row["lang"]]
        return {"accuracy": round(fmean(hits), 4) if hits else None, "judged": len(hits), "languages": len(set(found))}

    size = int(texts.str.len_bytes().sum())
    return Work(len(texts), size, lambda: identify(texts.head(WARM_DOCUMENTS)), lambda: identify(texts), judge)


def _main(code: str) -> str:
    """The language of a tag such as ``zh-cn`` or ``pt_BR``."""
    return code.replace("_", "-").partition("-")[0].lower()
