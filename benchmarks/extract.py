"""Extraction, held against hand-made texts (F1 of four-word shingles) and against what a page must and must not say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

from benchmarks.measure import Work
from benchmarks.pages import match_truth, read_pages
from benchmarks.trial import Trial
from llm_assets.extract.page import PageText, extract_page
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.url_filter import load_judge
from llm_assets.report import Figure

SHINGLE_WORDS = 4
WARM_PAGES = 4

Outcome = PageText | Rejection


def prepare(trial: Trial) -> Work[list[Outcome]]:
    """Pages in memory; each passes the URL filter and is extracted as in the stage."""
    pages = list(read_pages(trial.input, trial.limit))
    truth = [] if trial.truth is None else list(match_truth(trial.truth, pages, "kind"))
    extraction, judge_url = trial.recipe.extraction, load_judge(trial.recipe.url_filter, ())

    def extract(count: int) -> list[Outcome]:
        return [extract_page(page, judge_url, extraction) for page in pages[:count]]

    def judge(outcomes: list[Outcome]) -> Mapping[str, Figure | None]:
        texts = [outcome.text if isinstance(outcome, PageText) else "" for outcome in outcomes]
        kept = sum(isinstance(outcome, PageText) for outcome in outcomes)
        full = [(row["text"], texts[page]) for row, page in truth if row["kind"].startswith("full") and row.get("text")]
        checks = [
            (snippet in texts[page]) == wanted
            for row, page in truth
            if row["kind"] == "snippets"
            for key, wanted in (("with", True), ("without", False))
            for snippet in (row.get("extra") or {}).get(key, ())
        ]
        return {
            "kept": kept,
            "f1": round(fmean(shingle_f1(*pair) for pair in full), 4) if full else None,
            "f1_pages": len(full),
            "snippet_accuracy": round(fmean(checks), 4) if checks else None,
            "snippets": len(checks),
        }

    size = sum(len(page.payload) for page in pages)
    return Work(len(pages), size, lambda: extract(WARM_PAGES), lambda: extract(len(pages)), judge)


def shingle_f1(expected: str, got: str) -> float:
    """Harmonic mean of precision and recall over four-word shingles, each as often as it occurs; 0 where none is shared.

    >>> shingle_f1("one two three four five", "two three four five six")
    0.5
    """
    wanted, found = _shingles(expected), _shingles(got)
    total = wanted.total() + found.total()
    return 2 * (wanted & found).total() / total if total else 1.0


def _shingles(text: str) -> Counter[Sequence[str]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[start : start + SHINGLE_WORDS]) for start in range(max(len(words) - SHINGLE_WORDS + 1, min(len(words), 1))))
