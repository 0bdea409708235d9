"""Language identification, held against the truth about texts.

Of a WARC file the texts of its pages, held against the languages that an index or truth names (``lang``); of ``udhr.zip``
texts of CLOCKED_CHARACTERS on the clock, and the short pieces of :mod:`benchmarks.declaration`, whose languages are known, off it.
The recipe's wanted languages are judged as well: how many of their texts pass the filter, and how many of those that pass are theirs.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean

import polars as pl

from benchmarks.declaration import PIECE_CHARACTERS, read_pieces
from benchmarks.measure import Work
from benchmarks.pages import match_truth, read_pages
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.extract.page import PageText, extract_page
from llm_assets.extract.url_filter import load_judge
from llm_assets.quality.language import LanguageFilter, identify_languages
from llm_assets.quality.stage import BATCH_DOCUMENTS
from llm_assets.recipe import Recipe
from llm_assets.report import Figure

WARM_DOCUMENTS = 8
CLOCKED_CHARACTERS = 600


@dataclass(frozen=True)
class Judged:
    """Texts, and the languages that are known of some: with the number of the text."""

    texts: pl.Series
    truth: list[tuple[str, int]]


def prepare(trial: Trial) -> Work[pl.DataFrame]:
    """Texts in memory, those of pages extracted in set-up by the fast engine."""
    of_pieces = zipfile.is_zipfile(trial.input)
    judged = _read_declaration(trial, PIECE_CHARACTERS) if of_pieces else _extract_pages(trial)
    texts = _read_declaration(trial, CLOCKED_CHARACTERS).texts if of_pieces else judged.texts
    language = trial.recipe.language
    model = trial.side_inputs.get(language.model) if language.model else None

    def identify(chosen: pl.Series) -> pl.DataFrame:
        batches = (chosen.slice(start, BATCH_DOCUMENTS) for start in range(0, len(chosen), BATCH_DOCUMENTS))
        return pl.concat(identify_languages(batch, language, model) for batch in batches)

    def judge(clocked: pl.DataFrame) -> Mapping[str, Figure | None]:
        found = identify(judged.texts) if of_pieces else clocked
        names = found["language"].to_list()
        hits = [_main(told) == _main(names[number]) for told, number in judged.truth]
        return {
            "accuracy": round(fmean(hits), 4) if hits else None,
            "judged": len(hits),
            "languages": found["language"].n_unique(),
            **_judge_wanted(found, judged.truth, trial.recipe),
        }

    size = int(texts.str.len_bytes().sum())
    return Work(len(texts), size, lambda: identify(texts.head(WARM_DOCUMENTS)), lambda: identify(texts), judge)


def _judge_wanted(found: pl.DataFrame, truth: Sequence[tuple[str, int]], recipe: Recipe) -> Mapping[str, Figure | None]:
    """Share of the texts in wanted languages that are kept, and of those kept that are in the language they are kept as."""
    rules = recipe.filters.get("language")
    if not isinstance(rules, LanguageFilter):
        return {}
    rows = found.rows()
    kept = [(_main(told), _main(rows[number][0])) for told, number in truth if rows[number][1] > rules.languages.get(rows[number][0], 1)]
    right = sum(told == name for told, name in kept)
    wanted = sum(_main(told) in {_main(code) for code in rules.languages} for told, _ in truth)
    return {
        "wanted_recall": round(right / wanted, 4) if wanted else None,
        "wanted_precision": round(right / len(kept), 4) if kept else None,
    }


def _read_declaration(trial: Trial, characters: int) -> Judged:
    pieces = list(islice(read_pieces(trial.input, characters=characters), trial.limit))
    return Judged(pl.Series([text for text, _ in pieces]), [(told, number) for number, (_, told) in enumerate(pieces)])


def _extract_pages(trial: Trial) -> Judged:
    extraction = trial.recipe.extraction.model_copy(update={"engine": "resiliparse"})
    judge_url = load_judge(trial.recipe.url_filter, tuple(trial.side_inputs.items()))
    outcomes = [(page, extract_page(page, judge_url, extraction)) for page in read_pages(trial.input, trial.limit)]
    pages = [page for page, outcome in outcomes if isinstance(outcome, PageText)]
    if not pages:
        raise DataError("no page of it has a text", trial.input)
    truth = [] if trial.truth is None else match_truth(trial.truth, pages, "lang")
    texts = pl.Series([outcome.text for _, outcome in outcomes if isinstance(outcome, PageText)])
    return Judged(texts, [(row["lang"], number) for row, number in truth if row["lang"]])


def _main(code: str) -> str:
    """The language of a tag such as ``zh-cn`` or ``pt_BR``."""
    return code.replace("_", "-").partition("-")[0].lower()
