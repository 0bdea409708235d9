"""Files of a root are written and removed by the root's own methods, which know where it lies; read off the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITES = {"write_text", "write_bytes", "unlink", "rename", "replace", "rmdir", "touch", "symlink_to", "hardlink_to"}
FUNCTIONS = {"put_text", "put_manifest", "shutil.rmtree"}
OF_A_ROOT = re.compile(r"\b(root|pilot|main|made)\.(home|recipe|training_set|place|declaration_path|input_path)\b|recurrence_path\(")
HERE_ALONE = {"ablation", "store"}
"""Ablations are of folders; the store's own room is the door."""
MODULES = sorted(
    path
    for folder in ("llm_assets", "dagster_project")
    for path in (ROOT / folder).rglob("*.py")
    if path.relative_to(ROOT).parts[1] not in HERE_ALONE
)


def writes(source: str) -> Iterator[str]:
    """Calls that write or remove a path of a root past its methods."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if ast.unparse(node.func) in FUNCTIONS and node.args:
            written = node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            written = node.func.value
        else:
            continue
        if OF_A_ROOT.search(ast.unparse(written)):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_of_a_root_is_written_past_its_door(path: Path) -> None:
    assert list(writes(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "put_text(root.home / 'x.json', text)",
        "(step.root.place(asset, crawl) / 'x').unlink()",
        "root.recipe.write_text(text)",
        "shutil.rmtree(root.input_path(name).parent)",
        "recurrence_path(root, name).unlink()",
    ],
)
def test_what_the_rule_is_against_it_finds(line: str) -> None:
    assert list(writes(line)) == [line]
