"""What a person changes beside crawls, as external assets: sections of the recipe and side inputs. A sensor reports their versions."""

import dagster as dg

from llm_assets.recipe import SECTIONS
from llm_assets.side_inputs import KINDS


def section(name: str) -> dg.AssetKey:
    """External asset of a recipe section: its change makes exactly the stages that read it stale."""
    return dg.AssetKey(["recipe", name])


def side_input(asset: str) -> dg.AssetKey:
    """External asset of the side inputs that an asset reads: block lists, evaluation sets and the like."""
    return dg.AssetKey(["input", KINDS[asset]])


recipe_sections = [
    dg.AssetSpec(section(name), group_name="recipe", kinds={"toml"}, description=f"Section `[{name}]` of the root's recipe.")
    for name in SECTIONS
]

side_inputs = [
    dg.AssetSpec(
        side_input(asset),
        group_name="input",
        kinds={"file"},
        description=f"Side inputs of the root that `{asset}` reads: {kind.replace('_', ' ')}.",
    )
    for asset, kind in KINDS.items()
]
