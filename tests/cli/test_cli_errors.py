from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("frobnicate",), "no such command 'frobnicate'; `llm-assets --help`"),
        (("statu",), "did you mean 'status'?"),
        (("status", "--nope"), "no such option: --nope; `llm-assets status --help`"),
        (("crawl", "list", "--home", "x"), "--home goes before the command: `llm-assets --home DIR crawl list …`"),
        (("explain",), "missing argument 'URL|DOC'"),
        (("generate", "x", "--top-k", "-1"), "--top-k"),
        (("sql", "selct 1"), 'syntax error at or near "selct"; `llm-assets sql` lists'),
        (("sql", "select * from nowhere"), "nowhere"),
        (("sql", ""), "the query is empty"),
        (("sql", "--print", "nothing"), "there is no view nothing; there are: contamination, copies, corpus"),
        (("sql", "create table t as select 1"), "read-only"),
        (("sql", "select '\udcff'"), "the query is not UTF-8"),
        (("funnel", "--crawl", "other"), "there is no crawl 'other'; declared: pages"),
        (("explain", "https://example.test/\udcff"), "the URL is not UTF-8"),
        (("recipe", "set"), "there is nothing to set"),
        (("recipe", "set", "--set", "filters.c4=off", "--json"), "add --dry-run or --yes"),
        (("recipe", "set", "nowhere"), "by name there are: demo, fineweb"),
        (("run", "--recipe", "nowhere"), "by name there are: demo, fineweb"),
        (("run", "--recipe", "demo"), "has another recipe than demo: `llm-assets recipe set demo` replaces it"),
        (("run", "--set", "filters.gopher_qualty.min_words=1"), "filters.gopher_qualty is unknown; did you mean 'gopher_quality'?"),
        (("plan", "--set", "filters.c4.min_sentence=1"), "filters.c4.min_sentence is unknown"),
        (("plan", "--set", "words"), "section.key=value is wanted"),
        (("generate", "x"), "nothing has been materialized here yet"),
        (("verify", "--against", "nowhere"), "there is no data root at"),
        (("crawl", "disable", "other"), "there is no crawl 'other'; declared: pages"),
        (("crawl", "add", "../x", "--source", "python_docs"), "'../x' cannot be a crawl's name"),
        (("crawl", "add", "x", "--source", "none"), "there is no crawl source 'none'; there are: warc_files"),
        (("crawl", "add", "x", "--source", "warc_files"), "Its parameters are: path"),
        (("crawl", "add", "x", "--source", "warc_files", "--path"), "--path wants a value"),
        (("crawl", "add", "x", "--source", "warc_files", "--path", "a", "b"), "'b' is not expected here"),
        (("crawl", "add", "x", "--source", "warc_files", "--path", "a", "--path", "b"), "--path is given twice"),
        (("crawl", "add", "x", "--source", "warc_files", "--path", "nowhere/*.warc"), "nowhere/*.warc"),
        (
            ("crawl", "add", "pages", "--source", "python_docs"),
            "exists already: choose another name, or declare this one anew with --replace",
        ),
        (("crawl", "add", "other", "--source", "python_docs", "--replace"), "there is no crawl 'other'; declared: pages"),
        (("crawl", "add", "other", "--source", "python_docs", "--dry-run"), "--dry-run goes with --replace"),
        (("blocklist", "add", "nowhere"), "there is nothing at nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_error_is_one_line_that_says_what_to_do(words: tuple[str, ...], told: str, call, pages) -> None:
    status, out, err = call(*words, home=pages)
    assert status == 1
    assert not out
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert told.lower() in err.lower()


@pytest.mark.parametrize("command", ["status", "plan", "funnel", "explain x", "sql", "crawl list", "blocklist list", "generate x"])
def test_a_root_that_is_not_there_is_an_error_and_is_not_made(command: str, call, tmp_path) -> None:
    status, _, err = call(*command.split(), home=tmp_path / "none")
    assert status == 1
    assert "there is no data root at" in err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["[open", "\xff"])
def test_a_damaged_recipe_is_named(text: str, call, own_pages) -> None:
    own_pages.recipe.write_bytes(text.encode("latin-1"))
    for command in ("status", "plan", "run"):
        status, _, err = call(command, home=own_pages)
        assert status == 1
        assert str(own_pages.recipe) in err


def test_a_damaged_declaration_is_named_with_its_line_and_the_command_that_mends_it(call, own_pages) -> None:
    path = own_pages.declaration_path("pages")
    path.write_text(path.read_text() + 'paht = "x"\n')
    line = len(path.read_text().splitlines())
    for command in ("status", "plan", "crawl list", "run"):
        status, _, err = call(*command.split(), home=own_pages)
        assert status == 1
        assert err.startswith(f"error: {path}, line {line}: source 'warc_files': paht")
        assert "llm-assets crawl add pages --source SOURCE … --replace" in err
        assert err.count("\n") == 1


def test_a_damaged_catalog_is_named(call, own_pages) -> None:
    own_pages.catalog.write_text("no database")
    status, _, err = call("funnel", home=own_pages)
    assert status == 1
    assert str(own_pages.catalog) in err
    assert "llm-assets run" in err


def test_a_file_system_that_refuses_is_an_error_of_one_line(call, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    status, _, err = call("crawl", "add", "x", "--source", "python_docs", home=tmp_path / "file")
    assert status == 1
    assert err.count("\n") == 1


def test_no_words_at_all_show_the_help(call) -> None:
    status, out, err = call()
    assert status == 1
    assert "Usage: llm-assets" in out
    assert not err
