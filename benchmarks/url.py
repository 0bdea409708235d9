"""Judging URLs, with the recipe's words and lists. Judged by how many it lets in (truth there is none), and by what its start takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from benchmarks import url_start
from benchmarks.documents import read_lines
from benchmarks.measure import Work
from benchmarks.pages import read_pages
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.url_filter import check_lists, load_judge
from llm_assets.report import Figure


def prepare(trial: Trial) -> Work[list[Rejection | None]]:
    """URLs in memory: of the pages of a WARC file, or of JSON Lines that have a ``url``. The lists are read in set-up."""
    filtering, folders = trial.recipe.url_filter, trial.side_inputs
    check_lists(filtering, folders)
    urls = _read_urls(trial)
    start = _measure_start(trial)
    judge = load_judge(filtering, tuple(folders.items())).judge

    def judge_urls() -> list[Rejection | None]:
        return [judge(url) for url in urls]

    def tell(found: list[Rejection | None]) -> Mapping[str, Figure | None]:
        rules = Counter(each.rule.partition(".")[2] for each in found if each)
        return {"kept": len(found) - rules.total(), **dict(sorted(rules.items())), **start}

    return Work(len(urls), sum(len(url.encode()) for url in urls), judge_urls, judge_urls, tell)


def _read_urls(trial: Trial) -> list[str]:
    if ".jsonl" in trial.input.suffixes:
        urls = [row["url"] for row in islice((row for row in read_lines(trial.input) if row.get("url")), trial.limit)]
        if not urls:
            raise DataError("no line of it has a url", trial.input)
        return urls
    return [page.url or "" for page in read_pages(trial.input, trial.limit)]


def _measure_start(trial: Trial) -> dict[str, float]:
    asked = {
        "url_filter": trial.recipe.url_filter.model_dump(mode="json"),
        "folders": {name: str(path.absolute()) for name, path in trial.side_inputs.items()},
    }
    script = [sys.executable, "-P", str(Path(url_start.__file__))]
    done = subprocess.run(script, input=json.dumps(asked), capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
