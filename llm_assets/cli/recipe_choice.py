"""Which recipe a command works by: the root's own, a named one, the default, each with what ``--set`` changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from llm_assets.recipe import Recipe
    from llm_assets.root import DataRoot

DEFAULT_RECIPE = "fineweb"


def settle_recipe(root: DataRoot, name: str | None, settings: list[str] | None, *, pilot: DataRoot | None = None) -> Recipe:
    """The recipe a run uses: the root's own; on a new root the named one, copied in. ``settings`` change it for good.

    For a ``pilot``, the recipe so chosen is the pilot's, and the root keeps what it has. ConfigError where another recipe is
    named than the root has, since a root has one; or where a side input that the recipe names was not added.
    """
    from llm_assets.plan import ASSETS
    from llm_assets.recipe import find_recipe, parse_recipe, put_recipe
    from llm_assets.side_inputs import check_inputs

    if name is not None and root.recipe.is_file():
        named = parse_recipe(read_text(find_recipe(name)), name)
        if named.fingerprints() != current_recipe(root).fingerprints():
            raise ConfigError(f"{root.address} has another recipe than {name}: `llm-assets recipe set {name}` replaces it")
    path = root.recipe if root.recipe.is_file() else find_recipe(name or DEFAULT_RECIPE)
    text = change_text(path, settings)
    check_inputs(root, parse_recipe(text), *ASSETS)
    chosen = pilot or root
    return put_recipe(chosen.recipe, text, chosen.put_text)


def current_recipe(root: DataRoot, settings: list[str] | None = None) -> Recipe:
    """The recipe a root has, or a first run would give it, with ``settings`` applied; nothing is written."""
    from llm_assets.recipe import parse_recipe

    path = recipe_path(root)
    return parse_recipe(change_text(path, settings), str(path))


def recipe_path(root: DataRoot) -> Path:
    """The file of that recipe."""
    from llm_assets.recipe import find_recipe

    return root.recipe if root.recipe.is_file() else find_recipe(DEFAULT_RECIPE)


def change_text(path: Path, settings: list[str] | None) -> str:
    """A recipe's text with settings applied. ConfigError where the file is no recipe, with or without them."""
    from llm_assets.recipe import override, parse_recipe

    text = read_text(path)
    parse_recipe(text, str(path))
    return override(text, settings or ())


def read_text(path: Path) -> str:
    """A recipe's text. ConfigError where it is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no recipe: it is not UTF-8 text") from error
