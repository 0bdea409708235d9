"""Evaluation sets: a JSON object a line, and which of its fields hold what a model is asked.

As a side input a set is a folder: the lines as they were given, and ``evaluation.toml`` with the fields that are read.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.json_lines import read_objects

LINES, FIELDS = "evaluation.jsonl", "evaluation.toml"

KNOWN_FIELDS = (
    *("passage", "support", "context", "ctx", "premise", "story", "article", "text", "sentence", "sentence1", "sentence2"),
    *("instruction", "input", "question", "query", "prompt", "goal", "problem", "hypothesis"),
    *("choices", "options", "endings", "continuation", "completion", "answer", "answers", "target", "sol1", "sol2"),
)
"""Names under which published sets keep texts, in the order in which an item is written out."""


def gather_set(source: Path, folder: Path, fields: Sequence[str] = ()) -> tuple[str, ...]:
    """Makes the folder of a side input from a file of JSON lines, and gives the fields that are read.

    ``fields`` names them in their order; where there are none, those of KNOWN_FIELDS that the first item has.
    DataError names the line that is no item, ConfigError the fields there are where none is known.
    """
    try:
        first = next(read_objects(source), None)
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from error
    if first is None:
        raise DataError("the evaluation set has no items", source)
    chosen = tuple(fields) or tuple(name for name in KNOWN_FIELDS if name in first)
    if not chosen:
        raise ConfigError(f"{source}: no field is known to hold a text; name some of {', '.join(map(repr, first))} by --field")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, folder / LINES)
    (folder / FIELDS).write_text(tomlkit.dumps({"fields": list(chosen)}), encoding="utf-8")
    if not sum(map(len, read_set(folder))):
        raise DataError(f"no item has a text in {', '.join(chosen)}", source)
    return chosen


def is_set(folder: Path) -> bool:
    """Whether the folder of a side input holds an evaluation set."""
    return (folder / FIELDS).is_file() and (folder / LINES).is_file()


def read_fields(folder: Path) -> tuple[str, ...]:
    """The fields of a set that are read. DataError where the folder holds no set."""
    try:
        return tuple(tomllib.loads((folder / FIELDS).read_text(encoding="utf-8"))["fields"])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise DataError("this is no evaluation set: `llm-assets contamination add` makes one", folder) from error


def read_set(folder: Path) -> Iterator[tuple[str, ...]]:
    """The texts of every item: its fields one after the other, once for each of its choices. None where it has no text."""
    fields = read_fields(folder)
    for item in read_objects(folder / LINES):
        yield tuple(write_out(item, fields))


def write_out(item: Mapping[str, Any], fields: Sequence[str]) -> Iterator[str]:
    """The texts of one item.

    >>> list(write_out({"choices": ["a cup", "a jar"], "query": "Where is tea kept?"}, ["query", "choices"]))
    ['Where is tea kept? a cup', 'Where is tea kept? a jar']
    """
    texts = [""]
    for name in fields:
        if found := _find_texts(item.get(name)):
            texts = [f"{text} {each}".strip() for text in texts for each in found]
    yield from filter(None, texts)


def _find_texts(value: Any) -> list[str]:
    """The texts of a field: one, or one a choice; other values (a number, a flag) have none."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, Mapping):  # choices as {"text": […], "label": […]}
        return _find_texts(value.get("text"))
    if isinstance(value, list):
        return [text for each in value for text in _find_texts(each)]
    return []
