"""Judging URLs, with the recipe's words and domains. Judged by how many it lets in: truth there is none."""

from __future__ import annotations

from benchmarks.measure import Work
from benchmarks.pages import read_pages
from benchmarks.trial import Trial
from llm_assets.errors import ConfigError
from llm_assets.extract.url_filter import load_judge


def prepare(trial: Trial) -> Work[int]:
    """URLs of the pages; the lists are read in set-up."""
    filtering = trial.recipe.url_filter
    if filtering.block_lists:
        raise ConfigError("url_filter.block_lists: a benchmark has no side inputs; measure the builtin lists")
    urls = [page.url or "" for page in read_pages(trial.input, trial.limit)]
    judge = load_judge(filtering, ()).judge

    def judge_urls() -> int:
        return sum(judge(url) is None for url in urls)

    return Work(len(urls), sum(len(url.encode()) for url in urls), judge_urls, judge_urls, lambda kept: {"kept": kept})
