"""Side inputs: which asset reads them, and which command adds one. A recipe names them, but for the list of what is taken down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llm_assets.errors import ConfigError
from llm_assets.recipe import Recipe
from llm_assets.root import FORGOTTEN, DataRoot


@dataclass(frozen=True)
class Named:
    """A key of the recipe that names side inputs; ``names`` reads it, ``command`` adds one called ``{name}``."""

    key: str
    command: str
    names: Callable[[Recipe], Sequence[str]]


def _one(name: str | None) -> Sequence[str]:
    return () if name is None else (name,)


SIDE_INPUTS = {
    "extracted_text": Named("url_filter.block_lists", "blocklist add FILE --name {name}", lambda recipe: recipe.url_filter.block_lists),
    "quality_signals": Named("language.model", "language-model add FILE --name {name}", lambda recipe: _one(recipe.language.model)),
    "overlap_signals": Named(
        "contamination.evaluation_sets", "contamination add {name} FILE", lambda recipe: recipe.contamination.evaluation_sets
    ),
    "tokenizer": Named("tokenizer.file", "tokenizer add FILE --name {name}", lambda recipe: _one(recipe.tokenizer.file)),
}
"""By the asset that reads them."""

FORGETTING = "selected_docs"
"""The asset that leaves out what is taken down."""

KINDS = {
    "extracted_text": "block_lists",
    "quality_signals": "language_model",
    "overlap_signals": "evaluation_sets",
    FORGETTING: "takedowns",
    "tokenizer": "tokenizer_file",
}
"""What the side inputs of an asset are, by the asset."""


def name_inputs(root: DataRoot, recipe: Recipe, asset: str) -> Sequence[str]:
    """Names of the side inputs that an asset reads; the list of what is taken down is read once there is one."""
    if asset == FORGETTING:
        return () if root.forgotten is None else (FORGOTTEN,)
    return SIDE_INPUTS[asset].names(recipe) if asset in SIDE_INPUTS else ()


def input_versions(root: DataRoot, recipe: Recipe, asset: str) -> dict[str, str]:
    """Today's version of each side input that an asset reads, as ``input/NAME``."""
    return {f"input/{name}": root.input_version(name) for name in name_inputs(root, recipe, asset)}


def check_inputs(root: DataRoot, recipe: Recipe, *assets: str) -> None:
    """ConfigError where a side input that one of these assets reads was not added; it says how to add it."""
    known = root.inputs()
    for asset in assets:
        for name in name_inputs(root, recipe, asset):
            if name not in known:
                named = SIDE_INPUTS[asset]
                there = ", ".join(known) or "none"
                wanted = f"`llm-assets {named.command.format(name=name)}` adds it, or take it out of the recipe"
                raise ConfigError(f"{named.key}: there is no side input {name!r}; there are: {there}. {wanted}")
