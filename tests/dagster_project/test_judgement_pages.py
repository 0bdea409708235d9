"""What Dagster shows of the judgement, and what one changed threshold makes it run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import pytest

from dagster_project.schemas import column_schemas
from llm_assets.engine import LocalEngine
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import DOCS
from llm_assets.instance import environment
from llm_assets.plan import ASSETS
from llm_assets.recipe import override, parse_recipe, read_recipe
from llm_assets.root import DataRoot
from llm_assets.sampling.config import Sampling
from llm_assets.what_if import DECIDED, compare_recipes

MOST_BYTES = 200_000
THRESHOLD = "filters.gopher_quality.min_words=150"


@pytest.fixture(scope="module")
def shown(finished: DataRoot) -> dict[str, dict[str, dg.MetadataValue]]:
    """The metadata of each asset's last materialization."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(finished).items():
            patch.setenv(name, value)
        with dg.DagsterInstance.get() as instance:
            events = {name: instance.get_latest_materialization_event(dg.AssetKey(name)) for name in ASSETS}
            return {name: dict(event.asset_materialization.metadata) for name, event in events.items()}


@pytest.mark.parametrize("name", ASSETS)
def test_what_dagster_keeps_of_a_materialization_is_small(name: str, shown) -> None:
    assert sum(len(str(value.value).encode()) for value in shown[name].values()) < MOST_BYTES


def test_the_funnel_is_a_waterfall_in_the_recipes_order(shown) -> None:
    rows = shown["filtered_docs"]["funnel"].value.splitlines()[2:]
    rules = [row.split("|")[1].strip().replace("\\", "") for row in rows]
    assert rules[0] == "language.score"
    assert rules[-1] == "kept"
    assert "█" in rows[-1]


@pytest.mark.parametrize("name", ASSETS)
def test_the_folder_shown_is_where_the_output_lies(name: str, shown) -> None:
    assert Path(shown[name]["folder"].value).is_dir()


@pytest.mark.parametrize("name", ["quality_signals", "filtered_docs"])
def test_histograms_show_where_the_bounds_cut(name: str, shown) -> None:
    rows = {row.split("|")[1].strip(): row for row in shown[name]["histograms"].value.splitlines()}
    assert "│" in rows["words"]
    assert "30–100,000" in rows["words"]


def test_samples_are_of_the_stage_and_name_what_was_measured(shown) -> None:
    rows = shown["filtered_docs"]["samples"].value.splitlines()[2:]
    assert rows
    assert all(row.startswith("| filtered\\_docs: ") for row in rows)
    assert any("measured" in row for row in rows)
    assert all(row.startswith("| kept ") for row in shown["pii_scrubbed_corpus"]["samples"].value.splitlines()[2:])


@pytest.mark.parametrize("name", [name for name, node in ASSETS.items() if node.per_crawl])
def test_every_asset_of_tables_tells_their_columns(name: str, shown) -> None:
    assert column_schemas(name).keys() <= shown[name].keys()
    schema = shown[name].get("dagster/column_schema")
    assert schema is not None or name == "token_shards"


def test_a_signals_column_says_what_it_means() -> None:
    columns = {column.name: column for column in column_schemas("quality_signals")["dagster/column_schema"].value.columns}
    assert columns["doc"].type == "uint64"
    assert "words" in str(columns["mean_word_length"].description)


def test_the_page_of_the_samples_tells_what_of_each_stands_in_the_training_set(shown) -> None:
    rows = shown["evaluation_samples"]["verbatim runs"].value.splitlines()[2:]
    assert len([row for row in rows if "% verbatim" in row]) == len(Sampling().prompts)
    assert shown["evaluation_samples"]["longest_run_tokens"].value >= 0


def test_one_changed_threshold_runs_the_filters_and_what_follows_as_foretold(
    finished: DataRoot, run_root: Callable[..., tuple[bool, str]], tmp_path: Path
) -> None:
    root = DataRoot.at(shutil.copytree(finished.home, tmp_path / "copy"))
    before = {asset: kept_docs(root, asset) for asset in DECIDED}
    text = override(root.recipe.read_text(encoding="utf-8"), [THRESHOLD])
    with TemporaryDirectory() as scratch:
        told = compare_recipes(root, read_recipe(root.recipe), parse_recipe(text), Path(scratch), LocalEngine())
    well, said = run_root(root, settings=[THRESHOLD])
    assert well, said
    ran = {line.split(":")[0].split()[-1].partition("[")[0] for line in said.splitlines() if "✓" in line}
    assert {"filtered_docs", "deduped_docs", "pii_scrubbed_corpus", "token_shards"} <= ran
    assert not ran & {"raw_crawl", "extracted_text", "quality_signals", "minhash_signatures"}
    for shift in (told.filters, told.dedup):
        gained = {row["doc"]: row["gained"] for row in shift.documents.to_pylist()}
        after = kept_docs(root, shift.stage)
        assert {doc for doc, was_gained in gained.items() if was_gained} == after - before[shift.stage]
        assert {doc for doc, was_gained in gained.items() if not was_gained} == before[shift.stage] - after
    assert told.dedup.total("lost")


def kept_docs(root: DataRoot, asset: str) -> set[int]:
    return set(read_table(root.artefact(asset, "demo").table("docs"), DOCS)["doc"].to_pylist())
