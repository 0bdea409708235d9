"""Real runs of the whole graph: every page meets its label, equal bytes, nothing run twice, failures that hold up nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from llm_assets.catalog import fetch_rows, open_catalog, query_rows
from llm_assets.crawl.labelled import Label, read_labels
from llm_assets.explain import tell_lives
from llm_assets.formats.warc_writer import WarcWriter
from llm_assets.instance import environment
from llm_assets.plan import ASSETS, Snapshot, survey
from llm_assets.recipe import override, put_recipe, read_recipe
from llm_assets.root import DataRoot
from llm_assets.verify import compare_roots

if TYPE_CHECKING:
    from mlflow import MlflowClient

Run = Callable[..., tuple[bool, str]]
Job = Callable[..., bool]
Store = Callable[[DataRoot], "MlflowClient"]
LABELS = read_labels()


def standings(root: DataRoot) -> dict[str, str]:
    return {each.label: each.state for each in survey(Snapshot(root, read_recipe(root.recipe)))}


def copy_of(root: DataRoot, folder: Path) -> DataRoot:
    shutil.copytree(root.home, folder)
    return DataRoot.at(folder)


def test_every_asset_is_current_after_a_run(finished: DataRoot) -> None:
    assert set(standings(finished).values()) == {"current"}


def test_every_stage_accounts_for_what_it_read(finished: DataRoot) -> None:
    for name, node in ASSETS.items():
        manifest = finished.manifest(name, "demo" if node.per_crawl else None)
        assert manifest is not None
        assert manifest.report["read"] == manifest.report["kept"] + sum(manifest.report["rejected"].values())


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.path)
def test_every_labelled_page_meets_its_fate(finished: DataRoot, label: Label) -> None:
    with open_catalog(finished.catalog) as connection:
        (life,) = tell_lives(connection, finished, read_recipe(finished.recipe), label.url)
    fate = (life.capture["stage"], life.capture["rule"])
    if label.stage == "kept":
        assert fate == ("pii_scrubbed_corpus", "kept")
        assert life.place is not None
    else:
        assert fate[0] == label.stage
        assert fate[1] in label.rule
    kinds = {redaction["kind"] for redaction in life.redactions}
    assert kinds == {kind for kind in label.redacted if kind in read_recipe(finished.recipe).pii.kinds}


def test_the_value_of_a_redaction_stands_nowhere_outside_what_was_extracted(finished: DataRoot) -> None:
    with open_catalog(finished.catalog) as connection:
        (row,) = query_rows(connection, "select text from texts where url like '%/letters'")
    from llm_assets.pii import EMAIL

    start, end = next(iter(EMAIL.find(row["text"])))
    value = row["text"][start:end].encode()
    kept = [
        path
        for asset in ASSETS
        if asset not in ("raw_crawl", "extracted_text")
        for path in finished.place(asset).rglob("*")
        if path.is_file()
    ]
    assert kept
    assert not [path for path in kept if value in path.read_bytes()]
    with open_catalog(finished.catalog) as connection:
        assert not query_rows(connection, f"select doc from corpus where contains(text, '{value.decode()}')")


def test_a_kept_document_leads_from_its_tokens_back_to_its_page(finished: DataRoot) -> None:
    from llm_assets.formats.shard import open_shard
    from llm_assets.tokenizer.bpe import load_tokenizer

    with open_catalog(finished.catalog) as connection:
        rows = query_rows(connection, "select corpus.text, places.* from places join corpus using (doc) order by doc limit 20")
    shards = finished.artefact("token_shards", "demo")
    tokenizer = load_tokenizer(finished.artefact("tokenizer").path("tokenizer.json"))
    for row in rows:
        _, tokens = open_shard(shards.folder / f"{row['split']}-{row['shard']:05}.tokens")
        ids = tokens[row["start"] : row["start"] + row["length"] - 1].tolist()
        assert tokenizer.decode(ids, skip_special_tokens=False) == row["text"]


def test_the_funnel_adds_up_to_the_documents(finished: DataRoot) -> None:
    with open_catalog(finished.catalog) as connection:
        funnel = sum(row["documents"] for row in fetch_rows(connection, "explain/funnel", crawl=None))
        (documents,) = query_rows(connection, "select count(*) as n from documents")
    assert funnel == documents["n"] > 0


def test_every_view_of_the_catalog_can_be_read(finished: DataRoot) -> None:
    with open_catalog(finished.catalog) as connection:
        for view in fetch_rows(connection, "explain/views"):
            connection.table(view["view"]).limit(3).fetchall()


def test_a_second_run_runs_nothing(finished: DataRoot, run_root: Run, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.home.rglob("manifest.json")}
    well, said = run_root(finished)
    assert well
    assert "everything is current" in said
    assert {path: path.stat().st_mtime_ns for path in finished.home.rglob("manifest.json")} == before


def test_two_workers_give_the_bytes_of_one(finished: DataRoot, make_root: Callable[..., DataRoot], run_root: Run, tmp_path: Path) -> None:
    other = make_root(tmp_path / "two")
    well, said = run_root(other, workers=2)
    assert well, said
    comparisons = list(compare_roots(finished, other))
    assert [each for each in comparisons if not each.equal] == []
    assert {each.output.split("[")[0] for each in comparisons} >= set(ASSETS) - {"evaluation_samples"}


def test_a_threshold_changed_and_changed_back_runs_the_filter_twice_and_ends_equal(
    finished: DataRoot, run_root: Run, tmp_path: Path
) -> None:
    root = copy_of(finished, tmp_path / "copy")
    before = root.manifest("filtered_docs", "demo")
    for value in ("0.66", "0.65"):
        well, said = run_root(root, settings=["filters.language.languages={en=" + value + "}"])
        assert well, said
        assert [line.split(":")[0].split()[-1] for line in said.splitlines() if "✓" in line] == ["filtered_docs[demo]"]
    after = root.manifest("filtered_docs", "demo")
    assert before is not None
    assert after is not None
    assert (before.folder, before.data_version) != (after.folder, None)
    assert before.data_version == after.data_version
    assert all(each.equal for each in compare_roots(finished, root))


def test_verify_names_a_file_that_was_tampered_with(finished: DataRoot, tmp_path: Path) -> None:
    root = copy_of(finished, tmp_path / "copy")
    path = root.artefact("pii_scrubbed_corpus", "demo").table("corpus")[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    wrong = [each for each in compare_roots(finished, root) if not each.equal]
    assert [(each.output, each.verdict) for each in wrong] == [("pii_scrubbed_corpus[demo]", "damaged")]


def test_a_crawl_that_fails_holds_up_no_other(finished: DataRoot, run_root: Run, tmp_path: Path) -> None:
    root = copy_of(finished, tmp_path / "copy")
    broken = tmp_path / "broken.warc.gz"
    shutil.copyfile(next(iter(finished.artefact("raw_crawl", "demo").folder.rglob("*.warc.gz"))), broken)
    broken.write_bytes(broken.read_bytes()[:-1000])
    whole = tmp_path / "whole.warc.gz"
    shutil.copyfile(next(iter(finished.artefact("raw_crawl", "demo").folder.rglob("*.warc.gz"))), whole)
    root.add_crawl("broken", "warc_files", {"path": str(broken)})
    root.add_crawl("whole", "warc_files", {"path": str(whole)})
    well, said = run_root(root)
    assert not well
    assert "broken.warc.gz at byte" in said.replace("\n", "")
    state = standings(root)
    assert state["token_shards[whole]"] == "current"
    assert state["extracted_text[broken]"] == "failed"
    assert root.manifest("extracted_text", "broken") is None
    assert set(root.manifest("training_set").inputs) & {f"token_shards[{name}]" for name in ("broken", "whole")} == {"token_shards[whole]"}  # type: ignore[union-attr]  # the run went on to it


def test_a_crawl_that_failed_holds_up_no_global_asset_that_dagster_is_asked_for(finished: DataRoot, run_job: Job, tmp_path: Path) -> None:
    root = copy_of(finished, tmp_path / "copy")
    (tmp_path / "broken.warc.gz").write_bytes(b"no archive")
    root.add_crawl("broken", "warc_files", {"path": str(tmp_path / "broken.warc.gz")})
    assert not run_job(root, "crawl_to_corpus", "broken")
    assert run_job(root, "everything", "demo", ["training_set"])
    before, after = finished.manifest("training_set"), root.manifest("training_set")
    assert before is not None
    assert after is not None
    assert after.folder != before.folder
    assert (after.inputs, after.data_version) == (before.inputs, before.data_version)


def test_an_empty_crawl_is_whole_and_empty_and_warns(finished: DataRoot, run_root: Run, tmp_path: Path) -> None:
    root = copy_of(finished, tmp_path / "copy")
    with WarcWriter(tmp_path / "empty.warc.gz", "2026-01-01T00:00:00Z", {"software": "a test"}):
        pass
    root.add_crawl("empty", "warc_files", {"path": str(tmp_path / "empty.warc.gz")})
    well, said = run_root(root)
    assert well, said
    assert "warning" in said
    for name in (name for name, node in ASSETS.items() if node.per_crawl):
        assert standings(root)[f"{name}[empty]"] == "current"
    corpus = root.manifest("pii_scrubbed_corpus", "empty")
    assert corpus is not None
    assert corpus.report["kept"] == 0


def test_dagster_knows_the_versions_of_the_manifests(finished: DataRoot, in_process: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(finished).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get() as instance:
        for name, node in ASSETS.items():
            event = instance.get_latest_materialization_event(dg.AssetKey(name))
            assert event is not None
            assert event.asset_materialization is not None
            manifest = finished.manifest(name, "demo" if node.per_crawl else None)
            assert manifest is not None
            assert (event.asset_materialization.tags or {})["dagster/data_version"] == manifest.data_version


def test_every_materialization_and_its_mlflow_run_name_each_other(finished: DataRoot, mlflow_of: Store) -> None:
    client = mlflow_of(finished)
    for name, node in ASSETS.items():
        manifest = finished.manifest(name, "demo" if node.per_crawl else None)
        assert manifest is not None
        run = client.get_run(manifest.report["links"]["mlflow_run_id"])
        assert run.data.tags["dagster.asset_key"] == name
        assert run.data.tags["dagster.run_id"] == manifest.report["links"]["dagster_run_id"]
        assert run.data.metrics["kept"] == manifest.report["kept"]


def test_the_training_run_has_parameters_a_curve_and_its_shards_as_dataset(finished: DataRoot, mlflow_of: Store) -> None:
    client = mlflow_of(finished)
    model, shards = finished.manifest("trained_model"), finished.manifest("token_shards", "demo")
    assert model is not None
    assert shards is not None
    run = client.get_run(model.report["links"]["mlflow_run_id"])
    assert run.data.params["training.steps"] == "6"
    trained_on = [each.dataset.digest for each in run.inputs.dataset_inputs if each.tags[0].value == "training"]
    assert trained_on == [shards.data_version[:36]]
    assert any("loss" in name for name in run.data.metrics)


def test_a_jobs_config_sets_the_recipe_as_the_command_line_does(finished: DataRoot, run_job: Job, tmp_path: Path) -> None:
    root = copy_of(finished, tmp_path / "copy")
    assert run_job(root, "crawl_to_corpus", "demo", ["filtered_docs"], ["filters.gopher_quality.min_words=31"])
    assert read_recipe(root.recipe).filters["gopher_quality"].model_dump()["min_words"] == 31
    assert root.manifest("filtered_docs", "demo").inputs["recipe/filters"] == read_recipe(root.recipe).fingerprint("filters")  # type: ignore[union-attr]


def test_the_trained_model_loads_in_transformers_with_equal_logits(finished: DataRoot) -> None:
    import torch
    import transformers

    from llm_assets.model.export import load_model

    folder = finished.artefact("trained_model").folder
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    ours = load_model(folder).eval()
    ids = torch.arange(1, 25)[None]
    with torch.no_grad():
        torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-4, rtol=0)


def test_samples_and_next_tokens_are_written(finished: DataRoot) -> None:
    samples = finished.artefact("evaluation_samples")
    assert json.loads(samples.path("samples.json").read_text())
    assert json.loads(samples.path("next_tokens.json").read_text())


def test_a_recipe_change_of_the_training_alone_trains_again_and_samples_again(finished: DataRoot, run_root: Run, tmp_path: Path) -> None:
    root = copy_of(finished, tmp_path / "copy")
    put_recipe(root.recipe, override(root.recipe.read_text(), ["training.learning_rate=0.0005"]))
    well, said = run_root(root)
    assert well, said
    assert [line.split(":")[0].split()[-1] for line in said.splitlines() if "✓" in line] == ["trained_model", "evaluation_samples"]
