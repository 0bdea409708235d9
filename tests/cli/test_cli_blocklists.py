"""Block lists on the command line."""

from __future__ import annotations

import functools
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A folder of two categories, one of them of those read by default."""
    for category, domains in (("ads", "ads.test\n"), ("gambling", "lucky.test\nbet.test\n")):
        (tmp_path / "lists" / category).mkdir(parents=True)
        (tmp_path / "lists" / category / "domains").write_text(domains)
    return tmp_path / "lists"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address at which the files of a folder are served."""
    (tmp_path / "served").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path / "served"))) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_folder_is_added_and_what_was_read_is_told(call, own_pages, lists: Path) -> None:
    out = call("blocklist", "add", str(lists), "--name", "ut1", home=own_pages).out
    assert "gambling" in out
    assert """`llm-assets run --set 'url_filter.block_lists=["ut1"]'` puts it to use""" in out


def test_entries_are_counted_by_category_as_json(call, own_pages, lists: Path) -> None:
    rows = json.loads(call("blocklist", "add", str(lists), "--json", home=own_pages).out)
    assert rows == [
        {"category": "ads", "domains": 1, "urls": 0, "expressions": 0},
        {"category": "gambling", "domains": 2, "urls": 0, "expressions": 0},
    ]


def test_a_list_of_categories_that_the_recipe_does_not_read_names_the_setting_for_them(call, own_pages, lists: Path) -> None:
    (lists / "gambling/domains").unlink()
    assert """--set 'url_filter.categories=["ads"]'""" in call("blocklist", "add", str(lists), home=own_pages).out


def test_the_name_is_the_files_where_none_is_given(call, own_pages, tmp_path: Path) -> None:
    (tmp_path / "Own Domains.txt").write_text("bad.test\n")
    assert "block list own-domains is" in call("blocklist", "add", str(tmp_path / "Own Domains.txt"), home=own_pages).out
    assert own_pages.input_path("own-domains").joinpath("domains").read_text() == "bad.test\n"


def test_an_archive_is_downloaded(call, own_pages, lists: Path, server: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "served/blacklists.tar.gz", "w:gz") as archive:
        archive.add(lists, "blacklists")
    call("blocklist", "add", f"{server}/blacklists.tar.gz", home=own_pages)
    (row,) = json.loads(call("blocklist", "list", "--json", home=own_pages).out)
    assert (row["input"], row["categories"], row["in_recipe"]) == ("blacklists", ["ads", "gambling"], False)


def test_a_url_that_leads_nowhere_is_told_in_a_line(call, own_pages, server: str) -> None:
    status, _, err = call("blocklist", "add", f"{server}/nothing.tar.gz", home=own_pages)
    assert status == 1
    assert "the server has no such file" in err


@pytest.mark.parametrize("name", ["a/b", "..", "-x", " "])
def test_a_name_that_could_not_be_a_folder_is_refused(call, own_pages, lists: Path, name: str) -> None:
    status, _, err = call("blocklist", "add", str(lists), f"--name={name}", home=own_pages)
    assert status == 1
    assert "cannot be a block list's name" in err


def test_only_block_lists_are_listed(call, own_pages, lists: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    own_pages.add_input("given", tmp_path / "tokenizer.json")
    assert json.loads(call("blocklist", "list", "--json", home=own_pages).out) == []
    assert call("blocklist", "remove", "given", "--yes", home=own_pages).status == 1


def test_a_dry_run_of_removal_says_what_would_go_and_leaves_it(call, own_pages, lists: Path) -> None:
    call("blocklist", "add", str(lists), "--name", "ut1", home=own_pages)
    assert "block list ut1, " in call("blocklist", "remove", "ut1", "--dry-run", home=own_pages).out
    assert "ut1" in own_pages.inputs()


def test_a_removed_list_is_gone(call, own_pages, lists: Path) -> None:
    call("blocklist", "add", str(lists), "--name", "ut1", home=own_pages)
    assert call("blocklist", "remove", "ut1", "--yes", home=own_pages).status == 0
    assert own_pages.inputs() == {}
    assert not (own_pages.home / "inputs/ut1").exists()


def test_a_list_that_the_recipe_reads_is_not_removed(call, own_pages, lists: Path) -> None:
    call("blocklist", "add", str(lists), "--name", "ut1", home=own_pages)
    own_pages.recipe.write_text('[url_filter]\nblock_lists = ["ut1"]\n')
    status, _, err = call("blocklist", "remove", "ut1", "--yes", home=own_pages)
    assert status == 1
    assert "the recipe reads block list 'ut1'" in err
    assert "ut1" in own_pages.inputs()
