"""What another recipe would keep and drop: decided anew from what is stored, without reading a text or writing in the root.

The stages themselves decide, into a scratch folder: ``filtered_docs`` from the stored signals, ``deduped_docs`` from the
stored signatures, each where a run would do so too. So the figures are those of the run that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from llm_assets.catalog import bind, connect, execute_query, fetch_rows, run_query
from llm_assets.dedup.duplicates import remove_duplicates
from llm_assets.engine import Engine
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import Artefact, describe_output
from llm_assets.formats.tables import DOCS, REJECTIONS, TEXTS
from llm_assets.plan import ASSETS, Snapshot, Standing, label, survey
from llm_assets.quality.decisions import decide_documents
from llm_assets.recipe import Recipe
from llm_assets.root import DataRoot
from llm_assets.shelves import CRAWLS

DECIDED = ("filtered_docs", "deduped_docs")
STORED = ("extracted_text", "quality_signals", "minhash_signatures")
"""What stays as it is: another recipe for one of these means reading texts."""

LATER = ("overlap_signals", "selected_docs")
"""What decides documents after these."""

Stage = Literal["filtered_docs", "deduped_docs"]
Rows = tuple[Mapping[str, Any], ...]

CHANGES = pa.schema([pa.field("doc", pa.uint64()), pa.field("gained", pa.bool_())])


@dataclass(frozen=True)
class Shift:
    """How the documents that a stage lets through would change.

    ``documents`` has every changed one (``doc``, and whether it is ``gained`` or lost); ``crawls`` counts them by crawl (``before``,
    ``after``, ``gained``, ``lost``), ``rules`` by what decides: the rule that would take a lost one, or took a gained one; ``domains`` by
    host, the largest first. ``examples`` name url, title and that rule with value and bounds; their texts are untrusted.
    """

    stage: Stage
    documents: pa.Table
    crawls: Rows
    rules: Rows
    domains: Rows
    examples: Rows

    def total(self, column: Literal["before", "after", "gained", "lost"]) -> int:
        """Documents over all crawls."""
        return sum(row[column] for row in self.crawls)


@dataclass(frozen=True)
class WhatIf:
    """What would change after the filters and after deduplication. ``notes`` say what a run would do besides."""

    notes: tuple[str, ...]
    filters: Shift
    dedup: Shift


def compare_recipes(
    root: DataRoot, current: Recipe, other: Recipe, scratch: Path, engine: Engine, *, examples: int = 10, domains: int = 20
) -> WhatIf:
    """What a run with ``other`` would keep and drop against what the root holds. ``scratch`` is an empty folder outside the root.

    Raises ConfigError where ``other`` asks for what has to be extracted, measured or signed anew, and where no crawl was measured yet.
    """
    _refuse_new_measurements(current, other)
    snapshot = Snapshot(root, other)
    standings = {each.label: each for each in survey(snapshot)}
    crawls = [name for name in snapshot.crawls if all(snapshot.manifest(asset, name) for asset in STORED)]
    if not crawls:
        raise ConfigError("no crawl has been measured and signed yet: `llm-assets run` does it")
    decided = dict(zip(crawls, _decide_again(snapshot, standings, crawls, scratch, engine), strict=True))
    before = {name: _stored(snapshot, name) for name in crawls}
    filters, dedup = (_compare(snapshot, before, decided, stage, engine, examples, domains) for stage in ("filtered_docs", "deduped_docs"))
    return WhatIf(tuple(_tell_notes(current, other, snapshot, standings, crawls)), filters, dedup)


def _refuse_new_measurements(current: Recipe, other: Recipe) -> None:
    for asset in STORED:
        changed = [name for name in ASSETS[asset].sections if current.fingerprint(name) != other.fingerprint(name)]
        if changed:
            raise ConfigError(
                f"[{changed[0]}] decides {asset}, which would have to be made again from every text: only [filters.*] and [dedup] can be "
                "told from what is stored; `llm-assets plan --set …` tells what a run would do"
            )


def _tell_notes(
    current: Recipe, other: Recipe, snapshot: Snapshot, standings: Mapping[str, Standing], crawls: Sequence[str]
) -> Iterator[str]:
    """What else a run would do, and what the figures leave out."""
    deciding = {section for asset in (*STORED, *DECIDED, *LATER) for section in ASSETS[asset].sections}
    for section in (name for asset in LATER for name in ASSETS[asset].sections):
        if current.fingerprint(section) != other.fingerprint(section):
            yield f"[{section}] differs too, and decides documents after deduplication: that is not told here"
    changed = [name for name in other.fingerprints() if name not in deciding and current.fingerprint(name) != other.fingerprint(name)]
    if changed:
        yield f"{', '.join(f'[{name}]' for name in changed)} differs too, and decides no document"
    for name in snapshot.crawls:
        if name not in crawls:
            yield f"crawl {name} is left out: it has not been measured and signed yet"
    for asset in ("raw_crawl", *STORED):
        for name in crawls:
            if because := standings[label(asset, name)].because:
                yield f"{label(asset, name)} is not current ({', '.join(because)}): a run would make it again first"
    earlier = Snapshot(snapshot.root, current)
    late = [each.label for each in survey(earlier) if each.asset in DECIDED and each.crawl in crawls and each.state != "current"]
    if late:
        yield f"{', '.join(late)} did not follow the present recipe yet: what that changes is counted too"


@dataclass(frozen=True)
class _Decision:
    """The outputs of both stages, of one crawl; None where a stage was never run."""

    filtered_docs: Artefact | None
    deduped_docs: Artefact | None

    def table(self, stage: Stage, name: str) -> list[Path]:
        output: Artefact | None = getattr(self, stage)
        return output.table(name) if output else []


def _stored(snapshot: Snapshot, crawl: str) -> _Decision:
    filtered, deduped = (snapshot.root.artefact(asset, crawl) if snapshot.manifest(asset, crawl) else None for asset in DECIDED)
    return _Decision(filtered, deduped)


def _decide_again(
    snapshot: Snapshot, standings: Mapping[str, Standing], crawls: Sequence[str], scratch: Path, engine: Engine
) -> Iterator[_Decision]:
    """Both outputs of every crawl under the snapshot's recipe: the stored ones where a run would leave them."""
    root, recipe = snapshot.root, snapshot.recipe
    older: list[tuple[Artefact, Artefact]] = []
    moved = False
    for name in crawls:
        filtered, deduped = (scratch / name / asset for asset in DECIDED)
        if standings[label("filtered_docs", name)].state != "current":
            decide_documents(root.artefact("quality_signals", name), filtered, recipe.filters, engine)
            output = describe_output("filtered_docs", name, filtered, ASSETS["filtered_docs"].kept, "", {})
            moved = moved or output.data_version != snapshot.version("filtered_docs", name)
            passed = Artefact(filtered, output.files)
        else:
            passed = root.artefact("filtered_docs", name)
        signatures = root.artefact("minhash_signatures", name)
        if moved or standings[label("deduped_docs", name)].state != "current":
            remove_duplicates(passed, signatures, older, deduped, recipe.dedup, engine)
            yield _Decision(passed, Artefact.of_folder(deduped))
        else:
            yield _Decision(passed, root.artefact("deduped_docs", name))
        older.append((passed, signatures))


def _compare(
    snapshot: Snapshot,
    before: Mapping[str, _Decision],
    after: Mapping[str, _Decision],
    stage: Stage,
    engine: Engine,
    examples: int,
    domains: int,
) -> Shift:
    stages: tuple[Stage, ...] = ("filtered_docs",) if stage == "filtered_docs" else ("filtered_docs", "deduped_docs")
    named = [{"sequence": snapshot.crawls[name].sequence, "crawl": name} for name in before]
    with connect(engine.memory, engine.threads, engine.spill) as connection:
        bind(connection, "crawls", pa.Table.from_pylist(named, schema=pa.schema([CRAWLS.field("sequence"), CRAWLS.field("crawl")])))
        bind(
            connection, "texts", [part for name in before for part in snapshot.root.artefact("extracted_text", name).table("texts")], TEXTS
        )
        for moment, decisions in (("before", before), ("after", after)):
            bind(connection, moment, [part for each in decisions.values() for part in each.table(stage, "docs")], DOCS)
            rejections = [part for each in decisions.values() for of in stages for part in each.table(of, "rejections")]
            bind(connection, f"rejections_{moment}", rejections, REJECTIONS)
        for query in ("report/domain_of", "what_if/changes", "what_if/deciding"):
            execute_query(connection, query)
        return Shift(
            stage,
            pa.Table.from_batches(run_query(connection, "what_if/documents"), CHANGES),
            tuple(fetch_rows(connection, "what_if/crawls")),
            tuple(fetch_rows(connection, "what_if/rules")),
            tuple(fetch_rows(connection, "what_if/domains", most=domains)),
            tuple(fetch_rows(connection, "what_if/examples", most=examples)),
        )
