import hashlib

import pytest

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.files import resolve_location
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "pages"
    (made / "sub").mkdir(parents=True)
    for name in ("b.warc.gz", "d.warc", "sub/c.warc.gz", "notes.txt", ".hidden.warc"):
        (made / name).write_bytes(name.encode())
    return made


def collect(path, target, previous=None):
    declaration = Declaration("demo", "warc_files", 0, True, parse_parameters("warc_files", {"path": str(path)}))
    report = collect_files(declaration, previous, target, target.parent, LocalEngine())
    artefact = Artefact.of_folder(target)
    return report, read_table(artefact.table("files"), FILES).to_pylist(), artefact


def names(rows):
    return [row["location"].rpartition("/")[2] for row in rows]


def test_a_folder_gives_its_warc_files_in_sorted_order(folder, tmp_path):
    report, rows, _ = collect(folder, tmp_path / "out")
    assert names(rows) == ["b.warc.gz", "d.warc", "c.warc.gz"]
    assert [row["file"] for row in rows] == [0, 1, 2]
    assert (report.read, report.kept, report.unit) == (3, 3, "files")


def test_a_file_stays_where_it_is_and_is_hashed(folder, tmp_path):
    _, (row,), _ = collect(folder / "d.warc", tmp_path / "out")
    assert resolve_location(tmp_path / "out", row["location"]) == folder / "d.warc"
    assert (row["bytes"], row["sha256"]) == (6, hashlib.sha256(b"d.warc").hexdigest())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["files.parquet"]


def test_a_glob_gives_what_it_matches(folder, tmp_path):
    _, rows, _ = collect(folder / "**/*.warc.gz", tmp_path / "out")
    assert names(rows) == ["b.warc.gz", "c.warc.gz"]


@pytest.mark.parametrize("path", ["none.warc", "none", "*.nothing"])
def test_a_path_where_nothing_is_is_named(folder, tmp_path, path):
    with pytest.raises(ConfigError, match=path.replace("*", r"\*")):
        collect(folder / path, tmp_path / "out")


def test_a_folder_without_warc_files_is_an_empty_crawl_that_warns(tmp_path):
    (tmp_path / "empty").mkdir()
    report, rows, _ = collect(tmp_path / "empty", tmp_path / "out")
    assert (rows, report.read) == ([], 0)
    assert "empty" in report.warnings[0]


def test_known_files_keep_their_numbers_and_new_ones_follow(folder, tmp_path):
    _, before, previous = collect(folder, tmp_path / "one")
    (folder / "a.warc").write_bytes(b"new")
    (folder / "e.warc").write_bytes(b"new")
    _, rows, _ = collect(folder, tmp_path / "two", previous)
    assert rows[:3] == before
    assert names(rows[3:]) == ["a.warc", "e.warc"]
    assert [row["file"] for row in rows] == [0, 1, 2, 3, 4]


def test_a_removed_file_stays_as_a_tombstone_and_its_number_is_never_given_again(folder, tmp_path):
    _, before, previous = collect(folder, tmp_path / "one")
    (folder / "b.warc.gz").unlink()
    (folder / "a.warc").write_bytes(b"new")
    report, rows, _ = collect(folder, tmp_path / "two", previous)
    assert rows[0] == {**before[0], "removed": True}
    assert (rows[3]["file"], names(rows)[3]) == (3, "a.warc")
    assert (report.read, report.figures["removed"]) == (3, 1)


def test_a_file_that_comes_back_takes_its_number_again(folder, tmp_path):
    _, before, first = collect(folder, tmp_path / "one")
    (folder / "b.warc.gz").rename(tmp_path / "aside")
    _, _, second = collect(folder, tmp_path / "two", first)
    (tmp_path / "aside").rename(folder / "b.warc.gz")
    assert collect(folder, tmp_path / "three", second)[1] == before


def test_a_changed_file_keeps_its_number_and_shows_its_new_digest(folder, tmp_path):
    _, before, previous = collect(folder, tmp_path / "one")
    (folder / "d.warc").write_bytes(b"changed")
    _, rows, _ = collect(folder, tmp_path / "two", previous)
    assert rows[1]["file"] == before[1]["file"]
    assert rows[1]["sha256"] == hashlib.sha256(b"changed").hexdigest()


def test_the_table_is_the_same_bytes_with_several_workers(folder, tmp_path):
    declaration = Declaration("demo", "warc_files", 0, True, parse_parameters("warc_files", {"path": str(folder)}))
    for workers in (1, 2):
        collect_files(declaration, None, tmp_path / str(workers), tmp_path, LocalEngine(workers))
    assert (tmp_path / "1/files.parquet").read_bytes() == (tmp_path / "2/files.parquet").read_bytes()


def test_a_relative_location_lies_below_the_output(tmp_path):
    assert resolve_location(tmp_path, "warc/00000.warc.gz") == tmp_path / "warc/00000.warc.gz"


def test_a_location_that_leads_out_of_its_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="leads out"):
        resolve_location(tmp_path, "../secret.warc")
