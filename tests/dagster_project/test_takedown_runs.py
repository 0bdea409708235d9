"""A takedown in a real root: the document is gone from all that is trained on, and the root is that of a clean run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from llm_assets.catalog import open_catalog, query_rows
from llm_assets.formats.doc import parse_doc
from llm_assets.gate import shards_of
from llm_assets.leftovers import find_leftovers, remove_leftovers
from llm_assets.plan import ASSETS, Snapshot, survey
from llm_assets.recipe import read_recipe
from llm_assets.root import FORGOTTEN, DataRoot
from llm_assets.takedown.entries import parse_entry, write_entries
from llm_assets.takedown_impact import find_exposures, find_hits
from llm_assets.trace.index import open_index
from llm_assets.verify import compare_roots

Run = Callable[..., tuple[bool, str]]
UNTOUCHED = ("raw_crawl", "extracted_text", "quality_signals", "filtered_docs", "minhash_signatures", "deduped_docs", "overlap_signals")


def differences(ours: DataRoot, theirs: DataRoot) -> list[str]:
    return [f"{each.output} {each.file} {each.verdict}" for each in compare_roots(ours, theirs) if not each.equal]


def test_what_is_forgotten_is_gone_and_the_root_is_that_of_a_clean_run(
    finished: DataRoot, make_root: Callable[..., DataRoot], run_root: Run, tmp_path: Path
) -> None:
    with open_catalog(finished.catalog) as connection:
        query = "select id, url, corpus.text from places join corpus using (doc) where split = 'train' order by length desc limit 1"
        (victim,) = query_rows(connection, query)
    doc = parse_doc(victim["id"])
    write_entries(tmp_path / "list", [parse_entry(victim["id"])])
    root = DataRoot.at(shutil.copytree(finished.home, tmp_path / "incremental"))

    hits = find_hits(root, tmp_path / "list")
    assert [(each.crawl, each.extracted, each.in_corpus, each.in_train) for each in hits] == [("demo", 1, 1, 1)]
    (exposure,) = find_exposures(root, hits)
    model = finished.manifest("trained_model")
    assert model is not None
    assert (exposure.model, exposure.documents) == (model.data_version, 1)
    assert exposure.links == model.report["links"] != {}

    before = {name: root.manifest(name, "demo") for name in UNTOUCHED}
    root.add_input(FORGOTTEN, tmp_path / "list")
    well, said = run_root(root)
    assert well, said
    assert {name: root.manifest(name, "demo") for name in UNTOUCHED} == before
    with open_catalog(root.catalog) as connection:
        assert query_rows(connection, f"select stage, rule, detail from verdicts where doc = {doc}") == [
            {"stage": "selected_docs", "rule": "forgotten", "detail": f"document {victim['id']}"}
        ]
        assert query_rows(connection, f"select doc from corpus where doc = {doc}") == []
        assert query_rows(connection, f"select doc from places where doc = {doc}") == []
    open_index(root.artefact("trace_index"), shards_of(root))  # raises where it is of other shards
    assert find_exposures(root, find_hits(root, tmp_path / "list")) == []

    scratch = make_root(tmp_path / "scratch")
    scratch.add_input(FORGOTTEN, tmp_path / "list")
    well, said = run_root(scratch)
    assert well, said
    assert differences(root, scratch) == []

    find = partial(find_leftovers, root, read_recipe(root.recipe))
    remove_leftovers(root, find, find())
    assert differences(root, scratch) == []
    assert {each.state for each in survey(Snapshot(root, read_recipe(root.recipe)))} == {"current"}
    for name, node in ASSETS.items():
        place = root.place(name, "demo" if node.per_crawl else None)
        manifest = root.manifest(name, "demo" if node.per_crawl else None)
        assert manifest is not None
        folders = {path.name for path in place.iterdir() if path.is_dir()}
        assert folders == {manifest.folder} or name == "raw_crawl"
