"""A root in an object store, as two machines change and read it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from refusing_store import Gate

from llm_assets.catalog import query_rows, read_catalog
from llm_assets.crawl.files import StoredFile, list_files
from llm_assets.errors import ConfigError, DataError
from llm_assets.extract.sample import Sample, parse_share
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import DOCS, FILES
from llm_assets.root import DataRoot
from llm_assets.shelves import settle_catalog
from llm_assets.store.objects import delete, list_objects, write_object
from llm_assets.takedown.entries import parse_entry
from llm_assets.takedown_impact import read_record, record_takedown

OpenOn = Callable[[str], DataRoot]


def test_what_one_machine_declares_another_sees(here: DataRoot, open_on: OpenOn) -> None:
    there = open_on("there")
    assert there.exists
    assert [each.name for each in there.crawls()] == ["a"]
    there.set_enabled("a", False)
    here.refresh()
    assert here.crawls() == []
    assert [each.enabled for each in here.crawls(disabled=True)] == [False]


def test_where_nothing_was_declared_there_is_no_root(open_on: OpenOn) -> None:
    assert not open_on("here").exists


def test_crawls_that_machines_declare_at_once_have_numbers_of_their_own(
    gate: Gate, here: DataRoot, open_on: OpenOn, tmp_path: Path
) -> None:
    roots = [open_on(name) for name in ("one", "two", "three")]
    threads = [
        threading.Thread(target=root.add_crawl, args=(f"crawl{number}", "warc_files", {"path": str(tmp_path / "warcs")}))
        for number, root in enumerate(roots)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    here.refresh()
    assert [each.sequence for each in here.crawls()] == [0, 1, 2, 3]


def test_a_name_that_another_machine_gave_meanwhile_is_taken(here: DataRoot, open_on: OpenOn, tmp_path: Path) -> None:
    there = open_on("there")
    here.add_crawl("b", "warc_files", {"path": str(tmp_path / "warcs")})
    with pytest.raises(ConfigError, match=f"crawl 'b' exists already: .*{here.address}/crawls/b.toml"):
        there.add_crawl("b", "warc_files", {"path": str(tmp_path / "warcs")})


def test_a_side_input_comes_when_it_is_read_and_is_what_its_digest_says(here: DataRoot, open_on: OpenOn, tmp_path: Path) -> None:
    (tmp_path / "lists/adult").mkdir(parents=True)
    (tmp_path / "lists/adult/domains").write_text("one.example\n")
    digest = here.add_input("ut1", tmp_path / "lists")
    there = open_on("there")
    assert there.inputs() == {"ut1": digest}
    assert not (there.home / "inputs/ut1" / digest).exists()
    assert (there.input_path("ut1") / "adult/domains").read_text() == "one.example\n"


def test_a_side_input_that_is_damaged_in_the_store_is_told_by_its_url(here: DataRoot, open_on: OpenOn, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("one.example\n")
    digest = here.add_input("ut1", tmp_path / "list")
    write_object(f"{here.address}/inputs/ut1/{digest}/list", b"two.example\n")
    there = open_on("there")
    with pytest.raises(DataError, match=f"{here.address}/inputs/ut1/{digest}: the side input is damaged"):
        there.input_path("ut1")
    assert list((there.home / "inputs/ut1").iterdir()) == [there.home / "inputs/ut1/current"]


def test_a_side_input_that_is_removed_is_gone_from_the_store_and_every_machine(here: DataRoot, open_on: OpenOn, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("one.example\n")
    here.add_input("ut1", tmp_path / "list")
    there = open_on("there")
    here.remove_input("ut1")
    there.refresh()
    assert there.inputs() == {}
    assert not [name for name in list_objects(here.address) if name.startswith("inputs/")]


def test_takedowns_that_two_machines_note_are_both_on_record(here: DataRoot, open_on: OpenOn) -> None:
    there = open_on("there")
    for root, domain in ((here, "one.example"), (there, "two.example")):
        record_takedown(root, [parse_entry(domain)], [], [])
    here.refresh()
    assert [note["entries"] for note in read_record(here)] == [[str(parse_entry("one.example"))], [str(parse_entry("two.example"))]]


def test_files_of_a_crawl_come_when_they_are_read(here: DataRoot, open_on: OpenOn, write: Callable[..., None], tmp_path: Path) -> None:
    write_rows(tmp_path / "files.parquet", [{"file": 0, "location": "pages.warc", "bytes": 4, "sha256": "", "removed": False}], FILES)
    write(here, **{"files.parquet": (tmp_path / "files.parquet").read_bytes(), "pages.warc": b"warc"})
    there = open_on("there")
    ((number, file),) = list_files(there.artefact("raw_crawl", "a"))
    assert number == 0
    assert isinstance(file, StoredFile)
    assert not list(there.home.rglob("pages.warc"))
    assert file.bring().read_bytes() == b"warc"


def test_a_sample_lies_below_the_root_and_finds_it_again(here: DataRoot, open_on: OpenOn) -> None:
    sample = here.make_sample(Sample(parse_share("50%")))
    assert sample.address.startswith(f"{here.address}/samples/")
    there = open_on("there").make_sample(Sample(parse_share("50%")))
    assert there.sample == sample.sample
    assert there.main is not None
    assert (there.main.address, there.main.home) == (here.address, open_on("there").home)


def test_ablations_want_a_folder(here: DataRoot) -> None:
    with pytest.raises(ConfigError, match=f"copy {here.address} to one"):
        here.make_ablation("variant")


def test_a_small_file_that_is_no_text_is_told_by_whoever_reads_it(here: DataRoot, open_on: OpenOn) -> None:
    write_object(f"{here.address}/crawls/a.toml", b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        open_on("there").crawls()


def test_an_output_that_was_broken_in_the_store_can_be_replaced(here: DataRoot, write: Callable[..., None]) -> None:
    write(here, **{"files.parquet": b"rows"})
    (name,) = (name for name in list_objects(here.address) if name.endswith("files.parquet"))
    delete(f"{here.address}/{name}")
    write(here, **{"files.parquet": b"new rows"})
    assert here.artefact("raw_crawl", "a").path("files.parquet").read_bytes() == b"new rows"


def test_the_manifest_in_the_store_names_files_that_lie_there(here: DataRoot, write: Callable[..., None]) -> None:
    write(here, **{"files.parquet": b"rows", "0.warc": b"warc"})
    stored = list_objects(here.address)
    manifest = here.manifest("raw_crawl", "a")
    assert manifest is not None
    assert {f"raw_crawl/a/{manifest.folder}/{entry.path}" for entry in manifest.files} <= stored.keys()
    assert json.loads((here.place("raw_crawl", "a") / "manifest.json").read_text())["folder"] == manifest.folder


def test_a_catalog_here_follows_what_other_machines_make(
    here: DataRoot, open_on: OpenOn, write: Callable[..., None], tmp_path: Path
) -> None:
    def rows(root: DataRoot, query: str) -> list[dict[str, object]]:
        root.refresh()
        settle_catalog(root)
        with read_catalog(root.catalog) as connection:
            return query_rows(connection, query)

    there = open_on("there")
    states = "select state from freshness where asset = 'raw_crawl'"
    assert rows(there, states) == [{"state": "missing"}]
    before = there.catalog.stat().st_ino
    assert rows(there, "select doc from passed") == []
    assert there.catalog.stat().st_ino == before  # nothing has changed, so nothing was built
    write_rows(tmp_path / "docs.parquet", [{"doc": 7}], DOCS)
    write(here)
    for asset in ("extracted_text", "quality_signals"):
        write(here, asset)
    write(here, "filtered_docs", **{"docs.parquet": (tmp_path / "docs.parquet").read_bytes()})
    assert rows(there, "select doc from passed") == [{"doc": 7}]
    assert rows(there, states) == [{"state": "current"}]
