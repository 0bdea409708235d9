"""From a WARC file to texts of known language: extraction as the stage does it, child process and Parquet included, and the identifier.

Where the recipe names ``prescreen.languages``, what that loses is told too: of the documents in languages the recipe keeps that come
out without the prescreen, the share that does not with it (``prescreen_loss``). ``start_cpu_s`` is what a file of one page takes: the
start of the child that reads pages, paid once a file however large, and contained in ``cpu_s``.
"""

from __future__ import annotations

import resource
from collections.abc import Mapping

import polars as pl

from benchmarks.measure import Work, cpu_seconds, peak_rss_megabytes
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
_CHUNK = 1 << 20

Kept = frozenset[int]
"""Documents in a language that the recipe keeps."""


def prepare(trial: Trial) -> Work[Kept]:
    """A crawl of one file, or of its beginning. ConfigError where the recipe keeps no language."""
    if not isinstance(trial.recipe.filters.get("language"), LanguageFilter):
        raise ConfigError("filters.language: the recipe keeps no language, so there is nothing to lose")
    places = [(page.offset + page.length, len(page.payload)) for page in read_pages(trial.input, trial.limit)]
    raw = _declare_crawl(trial, places[-1][0])
    chosen = trial.recipe.prescreen

    def judge(kept: Kept) -> Mapping[str, Figure | None]:
        child = peak_rss_megabytes(resource.RUSAGE_CHILDREN)
        before = cpu_seconds()
        _find_texts(trial, _declare_crawl(trial, places[0][0]), chosen)
        start = cpu_seconds() - before
        figures: dict[str, Figure | None] = {"start_cpu_s": float(f"{start:.4g}"), "peak_child_rss_mb": float(f"{child:.4g}")}
        figures["kept"] = len(kept)
        if chosen.languages:
            full = _find_texts(trial, raw, OFF)
            figures |= {"kept_unscreened": len(full), "prescreen_loss": round(len(full - kept) / max(len(full), 1), 5)}
        return figures

    def warm() -> None:
        identify_languages(pl.Series(["It rained all day.", "Es regnete den ganzen Tag."]), trial.recipe.language)

    return Work(len(places), sum(size for _, size in places), warm, lambda: _find_texts(trial, raw, chosen), judge)


def _declare_crawl(trial: Trial, end: int) -> Artefact:
    """A crawl of the input up to byte ``end``, where a record ends."""
    folder = trial.scratch / f"raw-{end}"
    folder.mkdir(exist_ok=True)
    with trial.input.open("rb") as whole, (folder / trial.input.name).open("wb") as part:
        while piece := whole.read(min(end - part.tell(), _CHUNK)):
            part.write(piece)
    row = {"file": 0, "location": trial.input.name, "bytes": end, "sha256": "", "removed": False}
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
