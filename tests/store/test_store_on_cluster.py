"""A cluster's nodes share a root's folder; one in a store they read from there."""

from __future__ import annotations

from pathlib import Path

from dagster_project.resources import Pipeline
from llm_assets.engine import RayEngine
from llm_assets.engine.contract import no_progress


def test_nodes_read_a_root_in_a_store_from_there(url: str, tmp_path: Path) -> None:
    engine = Pipeline(home=url, state=str(tmp_path / "state"), engine="ray").open_engine(no_progress)
    assert isinstance(engine, RayEngine)
    assert engine.home is None
    assert engine.mirror is not None
    assert engine.mirror.url == url


def test_nodes_are_to_see_a_root_in_a_folder(tmp_path: Path) -> None:
    engine = Pipeline(home=str(tmp_path), engine="ray").open_engine(no_progress)
    assert isinstance(engine, RayEngine)
    assert (engine.home, engine.mirror) == (tmp_path, None)
