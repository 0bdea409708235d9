"""A corpus handed on: whole, current, with a card that others read."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pytest
import yaml
from typer.testing import CliRunner, Result

from llm_assets.cli import app
from llm_assets.corpus_export import Export, plan_export, write_export
from llm_assets.engine import no_progress
from llm_assets.errors import ConfigError, DataError, LLMAssetsError
from llm_assets.formats.doc import format_doc, make_doc
from llm_assets.formats.manifest import describe_output, put_manifest, record_check, with_figures
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import CORPUS
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.recipe import Recipe, read_recipe
from llm_assets.root import DataRoot

HOSTILE = "https://evil|<script>alert(1)</script>`*[x](http://y.test).test/?to=1"


def row(crawl: str, number: int, **more: Any) -> dict[str, Any]:
    doc = make_doc(0, 0, number)
    base = {"text": f"Tëxt number {number}", "url": f"https://host.test/{number}", "file_path": "0.warc", "language": "en"}
    return {**base, "id": format_doc(doc), "dump": crawl, "language_score": 0.9, "doc": doc, **more}


@pytest.fixture
def recipe(root: DataRoot) -> Recipe:
    return read_recipe(root.recipe)


@pytest.fixture
def settle(root: DataRoot, recipe: Recipe, add_crawl: Callable[[str], None]) -> Callable[..., None]:
    """A crawl whose outputs down to the corpus are current; of its corpus these parts."""

    def put(crawl: str, parts: Mapping[str, list[dict[str, Any]]], checks: bool = True) -> None:
        add_crawl(crawl)
        for node in list(ASSETS.values())[: list(ASSETS).index("pii_scrubbed_corpus") + 1]:
            folder = root.place(node.name, crawl) / "1"
            folder.mkdir(parents=True)
            if node.name == "pii_scrubbed_corpus":
                for name, rows in parts.items():
                    write_rows(folder / "corpus" / name, rows, CORPUS)
            inputs = {name: str(version) for name, version in Snapshot(root, recipe).inputs(node.name, crawl).items()}
            manifest = describe_output(node.name, crawl, folder, node.kept, node.code, inputs)
            put_manifest(folder.parent, with_figures(manifest, {"figures": {"email_redactions": 3}}, "", 1.0))
            for check in node.checks if checks else ():
                record_check(folder.parent, "1", check, True)

    return put


@pytest.fixture
def planned(root: DataRoot, recipe: Recipe, settle: Callable[..., None]) -> Export:
    """Two crawls, one of them with a part without documents, and a page whose URL is hostile."""
    settle("first", {"00000.parquet": [row("first", 0), row("first", 1, language="de")], "00002.parquet": [row("first", 2)]})
    settle("second", {"00000.parquet": [row("second", 0, url=HOSTILE)], "00001.parquet": []})
    return plan_export(root, recipe)


def write(planned: Export, folder: Path, *, link: bool = False) -> Path:
    write_export(planned, folder, link=link, progress=no_progress)
    return folder


def head(card: str) -> Any:
    return yaml.safe_load(card.split("---")[1])


@pytest.mark.parametrize("link", [False, True], ids=["copied", "linked"])
def test_files_lie_by_crawl_and_bear_the_bytes_of_the_corpus(planned: Export, tmp_path: Path, link: bool) -> None:
    folder = write(planned, tmp_path / "out", link=link)
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == ["README.md", "data/first/00000.parquet", "data/first/00002.parquet", "data/second/00000.parquet"]
    for file in planned.files:
        assert (folder / file.path).read_bytes() == file.source.read_bytes()
        assert (folder / file.path).samefile(file.source) == link
    assert sum(path.stat().st_size for path in folder.rglob("*.*") if path.is_file()) == planned.bytes


def test_duckdb_polars_and_arrow_read_the_folder(planned: Export, tmp_path: Path) -> None:
    folder = write(planned, tmp_path / "out")
    pattern = str(folder / "data/*/*.parquet")
    assert duckdb.read_parquet(pattern).shape == (4, len(CORPUS))
    assert pl.scan_parquet(pattern).select("text").collect().height == 4
    assert ds.dataset(folder / "data", format="parquet").count_rows() == 4


@pytest.mark.skipif(importlib.util.find_spec("datasets") is None, reason="datasets is not installed")
def test_datasets_reads_the_folder_by_its_card(planned: Export, tmp_path: Path) -> None:
    from datasets import load_dataset  # type: ignore[import-not-found]  # it is no dependency

    folder = write(planned, tmp_path / "out")
    assert load_dataset(str(folder), "default", split="train", cache_dir=str(tmp_path / "cache")).num_rows == 4
    assert load_dataset(str(folder), "second", split="train", cache_dir=str(tmp_path / "cache")).num_rows == 1


def test_the_head_of_the_card_names_every_crawl_s_files(planned: Export, tmp_path: Path) -> None:
    told = head(planned.card)
    patterns = {config["config_name"]: config["data_files"][0]["path"] for config in told["configs"]}
    assert patterns == {"default": "data/*/*.parquet", "first": "data/first/*.parquet", "second": "data/second/*.parquet"}
    assert (told["language"], told["size_categories"]) == (["de", "en"], ["n<1K"])
    folder = write(planned, tmp_path / "out")
    assert all(list(folder.glob(pattern)) for pattern in patterns.values())


@pytest.mark.parametrize(
    "line",
    [
        "| first | en | 2 | 28 |", "| first | de | 1 | 14 |", "| host.test | 3 |", "| email | 6 |", "| ip\\_address | 0 |",
        "| gopher\\_quality.words |  | words ≥ 20 and ≤ 100000 |",
    ],
)  # fmt: skip
def test_the_card_tells_counts_bounds_and_what_was_replaced(planned: Export, line: str) -> None:
    assert line in planned.card


def test_what_pages_wrote_is_escaped_in_the_card(planned: Export) -> None:
    assert "<script" not in planned.card
    assert "evil\\|&lt;script&gt;" in planned.card


def test_a_folder_with_something_in_it_is_left_alone(planned: Export, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        write(planned, tmp_path)
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("link", [False, True], ids=["copied", "linked"])
def test_a_damaged_file_is_named_and_nothing_is_left_behind(planned: Export, tmp_path: Path, link: bool) -> None:
    damaged = planned.files[1].source
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match=r"00002\.parquet"):
        write(planned, tmp_path / "out", link=link)
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]
    assert not list((tmp_path / "out").iterdir())


def test_only_the_crawls_asked_for_are_exported(root: DataRoot, recipe: Recipe, planned: Export) -> None:
    assert {file.crawl for file in plan_export(root, recipe, ["second"]).files} == {"second"}


def test_a_crawl_without_a_corpus_is_left_out_unless_it_is_named(
    root: DataRoot, recipe: Recipe, planned: Export, add_crawl: Callable[[str], None]
) -> None:
    add_crawl("third")
    assert plan_export(root, recipe).files == planned.files
    with pytest.raises(ConfigError, match="no corpus yet"):
        plan_export(root, recipe, ["third"])


def test_a_disabled_crawl_is_left_out_unless_it_is_named(root: DataRoot, recipe: Recipe, planned: Export) -> None:
    root.set_enabled("second", False)
    assert {file.crawl for file in plan_export(root, recipe).files} == {"first"}
    with pytest.raises(ConfigError, match="disabled"):
        plan_export(root, recipe, ["second"])


def test_a_corpus_of_another_recipe_is_refused(root: DataRoot, recipe: Recipe, planned: Export) -> None:
    with pytest.raises(ConfigError, match="recipe/pii changed"):
        plan_export(root, recipe.model_copy(update={"pii": recipe.pii.model_copy(update={"replacement": "tags"})}))


def test_a_corpus_whose_checks_have_not_passed_is_refused(root: DataRoot, recipe: Recipe, settle: Callable[..., None]) -> None:
    settle("unchecked", {"00000.parquet": [row("unchecked", 0)]}, checks=False)
    with pytest.raises(ConfigError, match="no_pii_left has not run"):
        plan_export(root, recipe)


def test_a_corpus_without_documents_is_no_dataset(root: DataRoot, recipe: Recipe, settle: Callable[..., None]) -> None:
    settle("empty", {"00000.parquet": []})
    with pytest.raises(ConfigError, match="no document"):
        plan_export(root, recipe)


def call(root: DataRoot, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(root.home), "export", "corpus", *words])


def test_the_command_writes_the_dataset_and_says_how_much(root: DataRoot, planned: Export, tmp_path: Path) -> None:
    printed = call(root, str(tmp_path / "out")).stdout
    assert printed.startswith("4 documents in 3 files and README.md, ")
    assert (tmp_path / "out/README.md").read_text(encoding="utf-8") == planned.card


def test_a_dry_run_tells_every_file_and_writes_nothing(root: DataRoot, planned: Export, tmp_path: Path) -> None:
    told = json.loads(call(root, str(tmp_path / "out"), "--dry-run", "--json").stdout)
    assert [file["path"] for file in told["files"]] == [file.path for file in planned.files]
    assert (told["bytes"], told["written"]) == (planned.bytes, False)
    assert "data/second/00000.parquet" in call(root, str(tmp_path / "out"), "--dry-run").stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["--crawl", "nowhere"], ["--dry-run", "--crawl", "nowhere"]])
def test_an_unknown_crawl_is_told_with_those_there_are(root: DataRoot, planned: Export, tmp_path: Path, words: list[str]) -> None:
    refused = call(root, str(tmp_path / "out"), *words).exception
    assert isinstance(refused, LLMAssetsError)
    assert "first, second" in str(refused)
