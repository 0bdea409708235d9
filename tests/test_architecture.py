"""The house rules, read off the code itself: floors, doors, and that nothing is left lying about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "llm_assets"
FLOORS = {
    "cli": 9, "explorer": 8.9, "handover": 8.5,
    "services": 8, "explain": 8, "families": 8, "verify": 8, "gate": 8, "what_if": 8, "report_page": 8, "corpus_export": 8, "pilot": 8,
    "checks": 8, "webhook": 8, "provenance": 8.2, "takedown_impact": 8.2, "leftovers": 8.2, "ablation": 8.2,
    "instance": 7.5, "shelves": 7.5, "step": 7.5, "dataset_card": 7.5, "plan": 7, "side_inputs": 6.5, "root": 6, "recipe": 6,
    "declared": 5.9, "recurring": 6.5, "freshness": 7.2, "graph": 6.5, "ray_jobs": 7.4,
    "damage": 8, "totals": 8.1,
    "sampling": 4.9, "trace": 4.85, "training": 4.8, "shards": 4.7, "tokenizer": 4.6, "display": 4.55, "plain_values": 4.55, "pii": 4.5,
    "overlap": 4.45, "takedown": 4.42, "dedup": 4.4,
    "quality": 4.3, "extract": 4.2, "crawl": 4.1,
    "model": 3, "language": 3, "catalog": 2, "database": 2, "formats": 2, "engine": 2, "report": 2, "section": 2, "store": 2,
    "errors": 1, "notation": 1, "utf8": 1, "": 0,
}  # fmt: skip
SAME_FLOOR = {"formats", "section", "catalog", "engine", "report", "store"}
STAGES = {name for name, floor in FLOORS.items() if 4 < floor < 5} - {"display", "plain_values"}
MODULES = sorted(LIBRARY.rglob("*.py"))
QUERIES = sorted((ROOT / "sql").rglob("*.sql"))


def imports(path: Path, *, typing: bool = True) -> Iterator[str]:
    """Every module a file imports, at its top or inside a function; those for type checkers alone only where asked for."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not typing:
        tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    """First name below the library."""
    return module.split(".")[1] if "." in module else ""


def own_room(path: Path) -> str:
    relative = path.relative_to(LIBRARY)
    return relative.parts[0] if len(relative.parts) > 1 else "" if relative.stem == "__init__" else relative.stem


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_down_only(path: Path) -> None:
    here = own_room(path)
    for module in imports(path):
        if module.startswith("llm_assets."):
            there = room(module)
            if there == "__version__":
                continue
            below = there == here or FLOORS[there] < FLOORS[here] or {here, there} <= SAME_FLOOR
            assert below, f"{here} imports {module}, which is not below it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_stage_never_imports_another_stage_py(path: Path) -> None:
    here = own_room(path)
    if here in STAGES:
        assert not [module for module in imports(path) if re.fullmatch(r"llm_assets\.(\w+)\.stage\..*", module) and room(module) != here]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_never_imports_dagster_or_mlflow(path: Path) -> None:
    assert not [module for module in imports(path) if module.split(".")[0] in {"dagster", "dagster_project", "mlflow"}]


@pytest.mark.parametrize(
    "path", [*MODULES, *sorted((ROOT / "dagster_project").rglob("*.py"))], ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_sql_text_stands_in_python(path: Path) -> None:
    if path == LIBRARY / "catalog.py":
        return
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if re.search(r"(?is)^\s*(select\s.+\sfrom|create\s+(view|table)|insert\s+into|copy\s+\()\s", text)]


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_query_says_its_grain_and_is_run_by_someone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- "), "a query begins with what it is for"
    name = path.relative_to(ROOT / "sql").with_suffix("").as_posix()
    sources = [source.read_text(encoding="utf-8") for source in [*MODULES, *(ROOT / "dagster_project").glob("*.py")]]
    assert any(f'"{name}"' in source for source in sources) or any(f'"{path.stem}"' in source for source in sources), f"nobody runs {name}"


@pytest.mark.parametrize("path", [path for path in MODULES if path.stat().st_size], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for_and_fits_a_room(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module begins with what it is for"
    assert len(text.splitlines()) <= 300, "over 300 lines two ideas share a room"


def test_modules_import_in_no_circle() -> None:
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    graph = {
        name: {
            target
            for module in imports(path, typing=False)
            for target in (module, module.rpartition(".")[0])
            if target in names and target != name
        }
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                if not name.startswith(f"{target}."):  # a package's own __init__ may be read by its rooms
                    visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())
