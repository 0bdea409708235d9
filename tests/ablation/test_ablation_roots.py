"""The root of a variant: linked from the main one, made anew only where it differs, and the main one is only read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from llm_assets.ablation.plan import Ablation, forecast
from llm_assets.ablation.roots import open_variant, require_texts
from llm_assets.ablation.variants import DATA, Variant, read_variants
from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import record_check
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.recipe import read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step

CHANGED = ["filters.gopher_quality.min_words=5"]


def fill(root: DataRoot, assets: Sequence[str] = DATA) -> None:
    """Outputs of every asset, of no real content, as a run would leave them."""
    for asset in assets:
        crawl = "a" if ASSETS[asset].per_crawl else None
        with begin_step(root, read_recipe(root.recipe), LocalEngine(), asset, crawl) as step:
            for name in ASSETS[asset].kept:
                (step.folder / f"{name.replace('*', 'train-00000')}{'' if '.' in name else '.parquet'}").write_text(asset)
            step.report = Report(asset, 1, 1)
        manifest = root.manifest(asset, crawl)
        assert manifest is not None
        for check in ASSETS[asset].checks:
            record_check(root.place(asset, crawl), manifest.folder, check, passed=True)


@pytest.fixture
def filled(root: DataRoot, add_crawl: Callable[[str], None]) -> DataRoot:
    add_crawl("a")
    fill(root)
    return root


def variants(root: DataRoot, settings: Sequence[str]) -> tuple[Variant, ...]:
    return read_variants(root.recipe.read_text(), settings)


def standings(root: DataRoot, variant: Variant) -> dict[str, str]:
    snapshot = Snapshot(root, variant.recipe)
    return {asset: snapshot.standing(asset, "a" if ASSETS[asset].per_crawl else None).state for asset in DATA}


def contents(root: DataRoot) -> dict[str, tuple[bytes, int]]:
    files = [path for path in root.home.rglob("*") if path.is_file() and "ablations" not in path.relative_to(root.home).parts]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_the_baseline_has_all_of_the_root_and_nothing_to_make(filled: DataRoot) -> None:
    before = contents(filled)
    baseline, _ = variants(filled, CHANGED)
    root = open_variant(filled, baseline)
    assert root.home.parent == filled.home / "ablations"
    assert set(standings(root, baseline).values()) == {"current"}
    assert contents(filled) == before


def test_a_variant_reads_texts_and_signals_and_makes_what_follows_from_its_filters(filled: DataRoot) -> None:
    variant = variants(filled, CHANGED)[1]
    root = open_variant(filled, variant)
    states = standings(root, variant)
    current = [asset for asset, state in states.items() if state == "current"]
    assert current == ["raw_crawl", "extracted_text", "quality_signals", "minhash_signatures"]
    assert states["filtered_docs"] == "missing"
    linked = root.artefact("extracted_text", "a").path("texts.parquet")
    assert linked.samefile(filled.artefact("extracted_text", "a").path("texts.parquet"))


def test_what_a_variant_has_made_is_kept_when_it_is_opened_again(filled: DataRoot) -> None:
    variant = variants(filled, CHANGED)[1]
    fill(open_variant(filled, variant), DATA[3:])
    before = {asset: filled.make_ablation(variant.name).manifest(asset, "a") for asset in ("filtered_docs", "token_shards")}
    again = open_variant(filled, variant)
    assert {asset: again.manifest(asset, "a") for asset in before} == before
    assert set(standings(again, variant).values()) == {"current"}


def test_a_root_whose_signals_are_not_current_is_refused(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    with pytest.raises(ConfigError, match="no crawl is declared"):
        require_texts(root, read_recipe(root.recipe))
    add_crawl("a")
    fill(root, DATA[:2])
    with pytest.raises(ConfigError, match=r"quality_signals\[a\] is not current, and variants read it: `llm-assets run` first"):
        require_texts(root, read_recipe(root.recipe))


def test_a_forecast_names_what_is_made_again_and_writes_nothing(filled: DataRoot) -> None:
    ablation = Ablation(filled, variants(filled, CHANGED), 1_000, 2)
    baseline, changed = forecast(ablation)
    assert (baseline.assets, baseline.trainings) == ((), 2)
    assert changed.assets[0] == "filtered_docs"
    assert {"quality_signals", "minhash_signatures"}.isdisjoint(changed.assets)
    assert changed.training_seconds is None
    assert not (filled.home / "ablations").exists()


@pytest.mark.parametrize("place", ["outside", "inside"])
def test_state_kept_apart_is_kept_apart_for_a_variant_too(filled: DataRoot, tmp_path: Path, place: str) -> None:
    state = (tmp_path if place == "outside" else filled.home) / "apart"
    apart = DataRoot.at(filled.home, state)
    variant = variants(filled, CHANGED)[1]
    root = open_variant(apart, variant)
    assert root.state == state / "ablations" / variant.name
    assert Ablation(apart, (variant,), 1, 1).root_of(variant) == root
