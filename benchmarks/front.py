"""From a WARC file to texts of known language: extraction as the stage does it, child process and Parquet included, and the identifier.

Where the recipe names ``prescreen.languages``, what that loses is told too: of the documents in languages the recipe keeps that come
out without the prescreen, the share that does not with it (``prescreen_loss``). The child's start is paid once a file, so that a
small file is measured worse than it deserves.
"""

from __future__ import annotations

import resource
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from benchmarks.measure import Work, peak_rss_megabytes
from benchmarks.pages import read_pages
from benchmarks.trial import Trial
from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.extract.prescreen import OFF, Prescreen
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_batches, write_rows
from llm_assets.formats.tables import FILES
from llm_assets.quality.language import LanguageFilter, identify_languages
from llm_assets.report import Figure

BATCH_DOCUMENTS = 256

Kept = frozenset[int]
"""Documents in a language that the recipe keeps."""


def prepare(trial: Trial) -> Work[Kept]:
    """A crawl of one file, or of its beginning. ConfigError where the recipe keeps no language."""
    if not isinstance(trial.recipe.filters.get("language"), LanguageFilter):
        raise ConfigError("filters.language: the recipe keeps no language, so there is nothing to lose")
    places = [(page.offset + page.length, len(page.payload)) for page in read_pages(trial.input, trial.limit)]
    raw = _declare_crawl(trial.input if trial.limit is None else _cut(trial, places[-1][0]), trial.scratch / "raw")
    chosen = trial.recipe.prescreen

    def judge(kept: Kept) -> Mapping[str, Figure | None]:
        child = peak_rss_megabytes(resource.RUSAGE_CHILDREN)
        figures: dict[str, Figure | None] = {"peak_child_rss_mb": float(f"{child:.4g}"), "kept": len(kept)}
        if chosen.languages:
            full = _find_texts(trial, raw, OFF)
            figures |= {"kept_unscreened": len(full), "prescreen_loss": round(len(full - kept) / max(len(full), 1), 5)}
        return figures

    def warm() -> None:
        identify_languages(pl.Series(["It rained all day.", "Es regnete den ganzen Tag."]), trial.recipe.language)

    return Work(len(places), sum(size for _, size in places), warm, lambda: _find_texts(trial, raw, chosen), judge)


def _cut(trial: Trial, end: int) -> Path:
    """A file that ends with a record."""
    part = trial.scratch / f"part-{trial.input.name}"
    with trial.input.open("rb") as file:
        part.write_bytes(file.read(end))
    return part


def _declare_crawl(path: Path, folder: Path) -> Artefact:
    row = {"file": 0, "location": str(path.resolve()), "bytes": path.stat().st_size, "sha256": "", "removed": False}
    write_rows(folder / "files.parquet", [row], FILES)
    return Artefact.of_folder(folder)


def _find_texts(trial: Trial, raw: Artefact, prescreen: Prescreen) -> Kept:
    recipe, target = trial.recipe, trial.scratch / "out"
    extract_texts(raw, target, 0, recipe.url_filter, recipe.extraction, {}, LocalEngine(), opt_outs=recipe.opt_outs, prescreen=prescreen)
    kept: set[int] = set()
    bounds = {bound.language: bound for bound in recipe.filters["language"].bounds()}
    for part in Artefact.of_folder(target).table("texts"):
        for batch in read_batches(part, ["doc", "text"], BATCH_DOCUMENTS):
            found = identify_languages(pl.Series(batch["text"], dtype=pl.String), recipe.language)
            for doc, language, score in zip(batch["doc"].to_pylist(), found["language"], found["language_score"], strict=True):
                bound = bounds.get(language)
                if bound is not None and bound.low is not None and score > bound.low:
                    kept.add(doc)
    return frozenset(kept)
