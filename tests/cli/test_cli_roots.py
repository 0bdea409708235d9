"""Commands that look at a root or change its small files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from llm_assets.formats.manifest import describe_output, hash_file, put_manifest, with_figures
from llm_assets.root import DataRoot


def contents(root: DataRoot) -> Mapping[str, str]:
    """Every file and folder below a root, with what is in it."""
    return {str(path): hash_file(path) if path.is_file() else "" for path in root.home.rglob("*")}


READING = (
    "status", "plan", "plan --set filters.c4=off", "funnel", "explain 0-0-1", "sql", "crawl list", "blocklist list",
    "recipe show", "recipe set demo --dry-run",
)  # fmt: skip


@pytest.mark.parametrize("command", READING)
def test_reading_a_root_writes_nothing(command: str, call, pages) -> None:
    before = contents(pages)
    assert call(*command.split(), home=pages).status == 0
    assert contents(pages) == before


@pytest.mark.parametrize("command", ["status", "plan", "crawl list", "blocklist list"])
def test_a_root_without_a_recipe_is_read_by_the_default_one(command: str, call, tmp_path) -> None:
    assert call(*command.split(), home=tmp_path).status == 0
    assert not list(tmp_path.iterdir())


def fail_on_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize(
    "command",
    ["status", "plan", "funnel", "explain 0-0-1", "sql", "sql from(signals)", "sql from(documents)", "crawl list", "blocklist list",
     "recipe show", "recipe set demo --dry-run", "recipe set demo --yes", "verify --against ."],
)  # fmt: skip
def test_whatever_prints_a_table_prints_json(command: str, call, own_pages, monkeypatch) -> None:
    monkeypatch.chdir(own_pages.home)
    out = call(*command.split(), "--json", home=own_pages).out
    assert isinstance(json.loads(out, parse_constant=fail_on_constant), list | dict)


def test_status_fits_eighty_columns_and_folds_no_name(call, pages) -> None:
    status, out, _ = call("status", home=pages, width=80)
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "pii_scrubbed_corpus[pages] " in out
    assert "minhash_signatures[pages] " in out


def test_status_tells_what_is_stale_because_of_what(call, own_pages) -> None:
    own_pages.recipe.write_text("[filters.c4]\n")
    rows = {row["output"]: row for row in json.loads(call("status", "--json", home=own_pages).out)}
    assert rows["filtered_docs[pages]"]["state"] == "stale"
    assert "recipe/filters changed" in rows["filtered_docs[pages]"]["because"]
    assert rows["minhash_signatures[pages]"]["state"] == "missing"


def test_status_lists_a_disabled_crawl(call, own_pages) -> None:
    call("crawl", "disable", "pages", home=own_pages)
    assert "crawl pages" in call("status", home=own_pages).out
    assert json.loads(call("status", "--json", home=own_pages).out)[-1]["state"] == "disabled"


def declare_site(root: DataRoot, name: str, since: str) -> None:
    root.add_crawl(name, "site", {"seeds": "https://host.test/", "since": since})


def test_disabling_a_crawl_warns_of_those_whose_revisits_point_to_it(call, own_pages) -> None:
    declare_site(own_pages, "second", "pages")
    declare_site(own_pages, "third", "second")
    outcome = call("crawl", "disable", "pages", home=own_pages)
    assert outcome.status == 0
    assert "warning: second, third did not store pages again that pages has" in outcome.err
    assert "pages" not in [crawl.name for crawl in own_pages.crawls()]


def test_disabling_a_crawl_warns_of_none_that_is_disabled_or_stored_every_page(call, own_pages) -> None:
    declare_site(own_pages, "out", "pages")
    own_pages.set_enabled("out", False)
    declare_site(own_pages, "whole", "pages")
    made = describe_output("extracted_text", "whole", own_pages.place("extracted_text", "whole") / "1", (), "1", {})
    put_manifest(own_pages.place("extracted_text", "whole"), with_figures(made, {"rejected": {"http_status": 2}}, "2026-01-01", 1.0))
    assert call("crawl", "disable", "pages", home=own_pages).err == ""


def test_disabling_the_last_crawl_of_a_site_warns_of_nothing(call, own_pages) -> None:
    declare_site(own_pages, "second", "pages")
    assert call("crawl", "disable", "second", home=own_pages).err == ""


def test_a_plan_with_a_setting_is_about_that_setting(call, pages) -> None:
    def reasons(*words: str) -> Mapping[str, str]:
        return {row["output"]: row["because"] for row in json.loads(call("plan", *words, "--json", home=pages).out)}

    assert "recipe/filters" not in reasons().get("filtered_docs[pages]", "")
    assert "recipe/filters changed" in reasons("--set", "filters.gopher_quality.min_words=7")["filtered_docs[pages]"]


def test_a_plan_adds_up_what_it_took_last_time_and_what_nobody_knows(call, own_pages) -> None:
    declare_site(own_pages, "whole", "pages")
    for asset, seconds in (("extracted_text", 3599.6), ("quality_signals", 30.0)):
        place = own_pages.place(asset, "whole")
        made = describe_output(asset, "whole", place / "1", (), "another", {})
        put_manifest(place, with_figures(made, {}, "2026-01-01", seconds))
    said = call("plan", home=own_pages).out.replace("\n", " ")
    assert re.search(r"as it took last time: 1:\d\d:\d\d; \d+ were never made, of which nobody knows", said)


def test_an_empty_root_says_how_to_begin(call, tmp_path) -> None:
    for command in ("status", "plan", "crawl list"):
        assert "llm-assets crawl add" in call(*command.split(), home=tmp_path).out


def test_a_recipe_is_set_only_after_a_yes(call, own_pages, monkeypatch) -> None:
    import io

    before = own_pages.recipe.read_text()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert call("recipe", "set", "--set", "filters.c4=off", home=own_pages).status == 1
    assert own_pages.recipe.read_text() == before
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert call("recipe", "set", "--set", "filters.c4=off", home=own_pages).status == 0
    assert "c4" not in own_pages.recipe.read_text()


def test_a_piped_recipe_is_the_file_itself(call, own_pages) -> None:
    own_pages.recipe.write_text(f"# {'long ' * 60}\n[filters.c4]\n")
    assert call("recipe", "show", home=own_pages).out == own_pages.recipe.read_text()


def test_a_crawl_is_declared_in_a_root_that_it_makes(call, tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"")
    status, out, _ = call("crawl", "add", "mine", "--source", "warc_files", f"--path={tmp_path}/*.warc", home=tmp_path / "new")
    assert status == 0
    assert "sequence 0" in out
    assert [each.name for each in DataRoot.at(tmp_path / "new").crawls()] == ["mine"]


def test_a_crawl_of_an_empty_folder_is_declared_with_a_warning(call, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, _, err = call("crawl", "add", "mine", "--source", "warc_files", "--path", str(tmp_path / "empty"), home=tmp_path / "new")
    assert status == 0
    assert err.startswith("warning: there is no file at")


def test_a_refused_crawl_makes_no_root(call, tmp_path: Path) -> None:
    assert call("crawl", "add", "mine", "--source", "warc_files", "--path", str(tmp_path / "none"), home=tmp_path / "new").status == 1
    assert not (tmp_path / "new").exists()


def test_a_crawl_declared_anew_shows_what_changed_and_leaves_what_was_made_of_it(call, own_pages, tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"")
    words = ("crawl", "add", "pages", "--source", "warc_files", "--path", str(tmp_path / "a.warc"), "--replace")
    before, was = contents(own_pages), own_pages.crawl("pages").parameters.path
    status, out, _ = call(*words, "--dry-run", home=own_pages)
    assert status == 0
    assert [line.split() for line in out.splitlines()[:2]] == [["key", "was", "becomes"], ["path", was, str(tmp_path / "a.warc")]]
    assert contents(own_pages) == before
    status, out, _ = call(*words, home=own_pages)
    assert status == 0
    assert "crawl pages is declared anew, sequence 0" in out
    changed = {name for name, digest in contents(own_pages).items() if before.get(name, "") != digest}
    assert changed == {str(own_pages.declaration_path("pages")), str(own_pages.place("raw_crawl", "pages") / ".lock")}
    assert before.keys() <= contents(own_pages).keys()
    assert "is declared so already" in call(*words, home=own_pages).out


def test_a_crawl_is_not_declared_anew_while_a_run_collects_its_files(call, own_pages) -> None:
    from llm_assets.step import lock_output

    with lock_output(own_pages, "raw_crawl", "pages"):
        status, _, err = call("crawl", "add", "pages", "--source", "python_docs", "--replace", home=own_pages)
    assert status == 1
    assert "another run is writing raw_crawl[pages]" in err
    assert own_pages.crawl("pages").source == "warc_files"


def test_what_cannot_be_followed_is_mended_by_declaring_it_anew(call, own_pages) -> None:
    own_pages.declaration_path("pages").write_text("[open\nsequence = 0\n")
    assert call("crawl", "add", "pages", "--source", "python_docs", "--replace", home=own_pages).status == 0
    assert call("crawl", "list", home=own_pages).status == 0


def test_declaring_a_crawl_anew_warns_of_those_whose_revisits_point_to_it(call, own_pages) -> None:
    declare_site(own_pages, "second", "pages")
    err = call("crawl", "add", "pages", "--source", "python_docs", "--replace", home=own_pages).err
    assert "warning: second did not store pages again that pages has" in err


def test_parameters_are_read_as_what_they_are(call, own_pages) -> None:
    call("crawl", "add", "docs", "--source", "python_docs", "--labelled-site", "--max-pages", "3", home=own_pages)
    (declared,) = [row for row in json.loads(call("crawl", "list", "--json", home=own_pages).out) if row["crawl"] == "docs"]
    assert declared["parameters"]["max_pages"] == 3
    assert declared["parameters"]["labelled_site"] is True


def test_verify_tells_equal_roots_from_different_ones(call, pages, tmp_path: Path) -> None:
    assert call("verify", "--against", str(pages.home), home=pages).status == 0
    (tmp_path / "other").mkdir()
    status, out, _ = call("verify", "--against", str(tmp_path / "other"), home=pages)
    assert status == 1
    assert "only here" in out
