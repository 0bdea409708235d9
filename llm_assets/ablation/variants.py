"""The variants of an ablation: the root's recipe, and what each ``--set`` makes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_assets.errors import ConfigError
from llm_assets.plan import ASSETS
from llm_assets.recipe import Recipe, override, parse_recipe
from llm_assets.section import fingerprint
from llm_assets.training.config import Training

BASELINE = "baseline"
LAST = "token_shards"
"""What a variant has of the pipeline; models are trained apart, on the same budget."""

DATA = tuple(node.name for node in ASSETS.values())[: list(ASSETS).index(LAST) + 1]
SECTIONS = tuple(dict.fromkeys(section for name in DATA for section in ASSETS[name].sections))
NEXT_SETTING = re.compile(r"\s*;\s*(?=[a-z_0-9]+(?:\.[a-z_0-9]+)+\s*=)")
"""Between settings of one variant; a semicolon in a value is followed by no key."""

NAME_LETTERS = 12


@dataclass(frozen=True)
class Variant:
    """A recipe to train on. ``name`` is the folder of its root: the fingerprint of all that decides its shards."""

    label: str
    text: str
    recipe: Recipe

    @property
    def name(self) -> str:
        """Variants of one corpus share a folder, and differ in how a model is trained on it."""
        prints = self.recipe.fingerprints()
        return fingerprint({section: prints[section] for section in SECTIONS})[:NAME_LETTERS]

    def training(self, tokens: int, seed: int) -> Training:
        """How a model is trained on it: the recipe's way, for this budget, from this seed, measured at the end only."""
        budget = {"tokens": tokens, "steps": None, "tokens_per_parameter": None, "validate_every": 1 << 30, "checkpoint_every": 100}
        return self.recipe.training.model_copy(update={**budget, "seed": self.recipe.training.seed + seed})


def read_variants(text: str, settings: Sequence[str]) -> tuple[Variant, ...]:
    """The baseline of a recipe's text, and a variant for each of the settings.

    ``filters.c4=off; dedup.scope=all`` is one variant with two settings. ConfigError where one changes nothing, or two are the same.
    """
    variants = [Variant(BASELINE, text, parse_recipe(text))]
    if not settings:
        raise ConfigError("there is nothing to compare with: give --set KEY=VALUE, once for each variant")
    for setting in settings:
        each = [part for part in NEXT_SETTING.split(setting.strip().strip(";")) if part]
        changed = override(text, each)
        variant = Variant("; ".join(each), changed, parse_recipe(changed, f"--set {setting}"))
        for other in variants:
            if other.recipe == variant.recipe and list(other.recipe.filters) == list(variant.recipe.filters):
                raise ConfigError(f"--set {setting}: this is the recipe of {other.label!r} again")
        variants.append(variant)
    return tuple(variants)
