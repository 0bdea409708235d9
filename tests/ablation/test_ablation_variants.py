"""What a ``--set`` makes of a recipe, and which corpora two variants share."""

from __future__ import annotations

import pytest

from llm_assets.ablation.variants import BASELINE, read_variants
from llm_assets.errors import ConfigError

RECIPE = "[filters.c4]\n\n[filters.gopher_quality]\nmin_words = 20\n\n[training]\ntokens_per_parameter = 20\n"


def test_settings_of_one_variant_are_parted_by_semicolons() -> None:
    variants = read_variants(RECIPE, ["filters.c4=off; filters.gopher_quality.min_words=5", "dedup.scope=all"])
    assert [variant.label for variant in variants] == [
        BASELINE,
        "filters.c4=off; filters.gopher_quality.min_words=5",
        "dedup.scope=all",
    ]
    assert list(variants[1].recipe.filters) == ["gopher_quality"]
    assert variants[1].recipe.filters["gopher_quality"].min_words == 5
    assert variants[2].recipe.dedup.scope == "all"


def test_a_semicolon_in_a_value_parts_nothing() -> None:
    (_, variant) = read_variants(RECIPE, ['sampling.prompts=["a; b"]'])
    assert variant.recipe.sampling.prompts == ("a; b",)


def test_variants_of_one_corpus_share_its_folder_and_others_have_their_own() -> None:
    baseline, trained, filtered = read_variants(RECIPE, ["training.learning_rate=0.01", "filters.c4=off"])
    assert trained.name == baseline.name
    assert filtered.name != baseline.name


def test_every_variant_has_the_budget_and_the_seed_that_are_asked_for() -> None:
    training = read_variants(RECIPE, ["filters.c4=off"])[1].training(5_000, seed=3)
    assert (training.tokens, training.tokens_per_parameter, training.seed) == (5_000, None, 3)
    assert training.count_steps(context=10, parameters=1_000_000) == -(-5_000 // (10 * training.windows))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([], "give --set KEY=VALUE"),
        (["filters.gopher_quality.min_words=20"], "this is the recipe of 'baseline' again"),
        (["filters.c4=off", "filters.c4=off"], "this is the recipe of 'filters.c4=off' again"),
        (["filters.c5=off; filters.c5.x=1"], "c5 is unknown"),
    ],
)
def test_what_is_no_variant_is_told(settings: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_variants(RECIPE, settings)
