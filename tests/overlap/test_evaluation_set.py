"""Evaluation sets: which fields are read, and what is said of a file that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llm_assets.errors import ConfigError, DataError
from llm_assets.overlap.evaluation_set import gather_set, is_set, read_set


def put(folder: Path, *items: Any) -> Path:
    path = folder / "items.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("item", "texts"),
    [
        ({"text": "one"}, ("one",)),
        ({"continuation": "two", "context": "one"}, ("one two",)),
        ({"choices": ["a", "b"], "gold": 0, "query": "q"}, ("q a", "q b")),
        ({"question": "q", "choices": {"text": ["a", "b"], "label": ["A", "B"]}}, ("q a", "q b")),
        ({"goal": "q", "sol1": "a", "sol2": "b"}, ("q a b",)),
        ({"question": "q", "choices": []}, ("q",)),
    ],
)
def test_known_fields_are_found_by_themselves(tmp_path: Path, item: dict[str, Any], texts: tuple[str, ...]) -> None:
    gather_set(put(tmp_path, item), tmp_path / "set")
    assert is_set(tmp_path / "set")
    assert list(read_set(tmp_path / "set")) == [texts]


def test_named_fields_are_read_in_their_order(tmp_path: Path) -> None:
    source = put(tmp_path, {"antwort": "zwei", "frage": "eins", "text": "nicht"})
    assert gather_set(source, tmp_path / "set", ["frage", "antwort"]) == ("frage", "antwort")
    assert list(read_set(tmp_path / "set")) == [("eins zwei",)]


def test_an_item_without_the_fields_has_no_texts_and_keeps_its_number(tmp_path: Path) -> None:
    gather_set(put(tmp_path, {"text": "one"}, {"title": "x"}, {"text": "three"}), tmp_path / "set")
    assert list(read_set(tmp_path / "set")) == [("one",), (), ("three",)]


def test_where_no_field_is_known_those_there_are_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'frage', 'nummer' by --field"):
        gather_set(put(tmp_path, {"frage": "eins", "nummer": 1}), tmp_path / "set")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no items"),
        (b'{"text": "one"}\n{"text": \n', "line 2 is not JSON"),
        (b'["one"]\n', "line 1 is no JSON object"),
        (b'{"text": "\xff"}\n', "line 1 is not JSON"),
        (b'{"text": 3}\n', "no item has a text in text"),
    ],
)
def test_a_file_that_is_no_set_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "items.jsonl").write_bytes(content)
    with pytest.raises(DataError, match=said):
        gather_set(tmp_path / "items.jsonl", tmp_path / "set")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        gather_set(tmp_path / "absent.jsonl", tmp_path / "set")


def test_a_folder_that_holds_no_set_says_how_one_is_made(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="llm-assets contamination add"):
        list(read_set(tmp_path))
