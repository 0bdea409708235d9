"""Texts in tokens, on the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact, describe_output, put_manifest
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import CORPUS
from llm_assets.tokenizer.bpe import train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.ranks import write_ranks
from llm_assets.tokenizer.stage import build_tokenizer

TEXT = "birds and bees, café"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokens") / "tokenizer.json"
    trained = train_bpe(["birds and bees, ships and sealing wax " * 5], Tokenizer(vocabulary=300))
    trained.save(str(path))
    write_ranks(trained, path.with_name("ranks.tiktoken"))
    return path


def rows_of(call, *words: str) -> list[dict[str, object]]:
    return json.loads(call("tokens", *words, "--json").out)


def test_the_bytes_of_the_tokens_are_those_of_the_text(call, file: Path) -> None:
    rows = rows_of(call, TEXT, "--tokenizer", str(file))
    assert bytes.fromhex(" ".join(str(row["bytes"]) for row in rows)) == TEXT.encode()


def test_ranks_show_the_same_tokens_as_the_tokenizer_they_are_of(call, file: Path) -> None:
    assert rows_of(call, TEXT, "--tokenizer", str(file.with_name("ranks.tiktoken"))) == rows_of(call, TEXT, "--tokenizer", str(file))


def test_tokens_are_counted_and_listed_for_eyes(call, file: Path) -> None:
    out = call("tokens", TEXT, "--tokenizer", str(file)).out
    first, second, *_ = out.splitlines()
    assert first == r"birds and bees, caf\xc3\xa9"
    assert second.endswith(
        f"{len(TEXT.encode())} bytes, {len(TEXT.encode()) / len(rows_of(call, TEXT, '--tokenizer', str(file))):.2f} bytes a token"
    )
    assert "63" in out


def test_a_text_comes_through_standard_input_with_its_line_ends(call, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\r\nb")))
    rows = rows_of(call, "--tokenizer", str(file))
    assert bytes.fromhex("".join(str(row["bytes"]).replace(" ", "") for row in rows)) == b"a\r\nb"


def test_standard_input_that_is_no_text_is_refused(call, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    status, _, err = call("tokens", "--tokenizer", str(file))
    assert status == 1
    assert "not UTF-8" in err


def test_what_steers_a_terminal_is_shown_and_not_sent(call, file: Path) -> None:
    out = call("tokens", "\x1b[2Jx\u202e[red]", "--tokenizer", str(file)).out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[red]" in out


def test_no_text_has_no_tokens(call, file: Path) -> None:
    assert "0 tokens, 0 bytes" in call("tokens", "", "--tokenizer", str(file)).out


def test_a_tokenizer_that_is_not_there_is_told(call, tmp_path: Path) -> None:
    status, _, err = call("tokens", "x", "--tokenizer", str(tmp_path / "none"))
    assert status == 1
    assert "there is no file" in err


def test_without_a_tokenizer_in_the_root_the_command_says_what_makes_one(call, own_pages) -> None:
    status, _, err = call("tokens", "x", home=own_pages)
    assert status == 1
    assert "`llm-assets run`" in err


def test_a_tokenizer_that_was_added_is_known_by_its_name(call, own_pages, file: Path) -> None:
    call("tokenizer", "add", str(file), "--name", "other", home=own_pages)
    rows = json.loads(call("tokens", TEXT, "--tokenizer", "other", "--json", home=own_pages).out)
    assert rows == rows_of(call, TEXT, "--tokenizer", str(file))
    status, _, err = call("tokens", TEXT, "--tokenizer", "another", home=own_pages)
    assert status == 1
    assert "no tokenizer was added under that name; added are: other" in err


@pytest.mark.shared_data
def test_cl100k_gives_its_published_ids(call, shared_data: Path) -> None:
    rows = rows_of(call, "hello world", "--tokenizer", str(shared_data / "tokenizer" / "cl100k_base.tiktoken"))
    assert [(row["id"], row["text"]) for row in rows] == [(15339, "hello"), (1917, " world")]


def test_a_tokenizer_is_added_listed_and_removed(call, own_pages, file: Path) -> None:
    ranks = file.with_name("ranks.tiktoken")
    assert "it has 282 tokens" in call("tokenizer", "add", str(ranks), "--name", "other", home=own_pages).out
    (row,) = json.loads(call("tokenizer", "list", "--json", home=own_pages).out)
    assert (row["input"], row["file"], row["bytes"]) == ("other", "ranks.tiktoken", ranks.stat().st_size)
    assert call("tokenizer", "remove", "other", "--dry-run", home=own_pages).status == 0
    assert list(own_pages.inputs()) == ["other"]
    assert call("tokenizer", "remove", "other", "--yes", home=own_pages).status == 0
    assert own_pages.inputs() == {}


def test_a_tokenizer_that_the_recipe_takes_is_not_removed(call, own_pages, file: Path) -> None:
    for name in ("taken", "idle"):
        assert f"--set tokenizer.file={name}`" in call("tokenizer", "add", str(file), "--name", name, home=own_pages).out
    own_pages.recipe.write_text('[tokenizer]\nfile = "taken"\n')
    assert [row["in_recipe"] for row in json.loads(call("tokenizer", "list", "--json", home=own_pages).out)] == [False, True]
    assert call("tokenizer", "remove", "taken", "--yes", home=own_pages).status == 1
    assert call("tokenizer", "remove", "idle", "--yes", home=own_pages).status == 0
    assert list(own_pages.inputs()) == ["taken"]


def test_a_run_with_a_tokenizer_that_was_not_added_says_at_once_what_adds_it(call, own_pages) -> None:
    status, _, err = call("run", "--set", "tokenizer.file=gpt2", home=own_pages)
    assert status == 1
    assert "tokenizer.file: there is no side input 'gpt2'" in err
    assert "`llm-assets tokenizer add FILE --name gpt2` adds it" in " ".join(err.split())
    assert "gpt2" not in own_pages.recipe.read_text()


def test_the_report_is_shown_by_language_and_domain_beside_the_others(call, own_pages, file: Path, tmp_path: Path) -> None:
    rows = [
        {"text": TEXT, "id": "a", "dump": "pages", "url": f"http://{host}/", "file_path": "a.warc", "doc": number, "language_score": 1.0}
        | {"language": language}
        for number, (host, language) in enumerate([("one.invalid", "en"), ("two.invalid", "fr")])
    ]
    write_rows(tmp_path / "corpus.parquet", rows, CORPUS)
    place = own_pages.place("tokenizer")
    report = build_tokenizer(
        [Artefact.of_folder(tmp_path)], place / "1", Tokenizer(file="given"), LocalEngine(), {"given": file, "same": file}
    )
    put_manifest(place, describe_output("tokenizer", None, place / "1", ("tokenizer.json",), "2", {}))
    out = call("tokenizer", "show", home=own_pages).out
    figure = f"{report.figures['bytes_per_token']:.2f}"
    assert "282 tokens, taken from given, measured on 2 of 2 documents" in out
    for name in ("all", "language en", "language fr", "domain one.invalid", "domain two.invalid"):
        (line,) = [line for line in out.splitlines() if line.startswith(f"{name} ")]
        assert line.split()[-2:] == [figure, figure]
    assert "never used: 2" in out
    assert json.loads(call("tokenizer", "show", "--json", home=own_pages).out)["beside"].keys() == {"same"}


@pytest.mark.parametrize(("name", "content"), [("ranks.tiktoken", "404 Not Found"), ("page.html", None)])
def test_a_file_that_is_no_tokenizer_is_not_added(call, own_pages, file: Path, tmp_path: Path, name: str, content: str | None) -> None:
    path = tmp_path / name
    path.write_text(content or file.read_text())
    status, _, err = call("tokenizer", "add", str(path), home=own_pages)
    assert status == 1
    assert "tokenizer" in err
    assert own_pages.inputs() == {}
