"""Recipes: frozen, fingerprinted, and strict about what they do not know."""

import pytest

from llm_assets.errors import ConfigError
from llm_assets.quality import FILTERS
from llm_assets.recipe import RECIPES, SECTIONS, find_recipe, override, parse_recipe, read_recipe


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_that_ships_is_read(path) -> None:
    assert set(read_recipe(path).fingerprints()) == set(SECTIONS)


def test_fineweb_has_the_published_values() -> None:
    recipe = read_recipe(find_recipe("fineweb"))
    assert list(recipe.filters) == ["language", "gopher_repetition", "gopher_quality", "c4", "fineweb_quality"]
    bounds = {
        (name, bound.rule or bound.signal): (bound.low, bound.high) for name, each in recipe.filters.items() for bound in each.bounds()
    }
    values = [bound for pair in bounds.values() for bound in pair]
    for published in (
        0.65,
        0.30,
        0.20,
        0.18,
        0.16,
        0.15,
        0.14,
        0.13,
        0.12,
        0.11,
        0.10,
        50,
        100_000,
        3,
        10,
        0.9,
        0.3,
        0.8,
        2,
        5,
        0.67,
        0.01,
    ):
        assert published in values, f"{published} of the published recipe is no bound"
    assert (recipe.signatures.bands, recipe.signatures.rows) == (14, 8)
    assert recipe.dedup.scope == "crawl"
    assert recipe.pii.kinds == ("email", "ip_address")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[filterz]\na = 1", "filterz is unknown; did you mean 'filters'"),
        ("[pii]\nkindz = []", "pii.kindz is unknown; did you mean 'kinds'"),
        ("[filters.gopher_qualty]", "did you mean 'gopher_quality'"),
        ("[filters.gopher_quality]\nmin_word = 3", "filters.gopher_quality.min_word is unknown; did you mean 'min_words'"),
        ("[filters.gopher_quality]\nmin_words = 'many'", "filters.gopher_quality.min_words"),
        ("[tokenizer]\nvocabulary = -1", "tokenizer: vocabulary: -1 is less than"),
        ("not toml", "not TOML"),
    ],
)
def test_what_a_recipe_does_not_know_is_a_config_error_that_says_what_it_could_be(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")):
        parse_recipe(text)


def test_a_default_written_out_changes_no_fingerprint() -> None:
    default = FILTERS["gopher_quality"]().model_dump()["min_words"]
    assert (
        parse_recipe("[filters.gopher_quality]").fingerprints()
        == parse_recipe(f"[filters.gopher_quality]\nmin_words = {default}").fingerprints()
    )


def test_the_order_of_filters_is_identity_and_that_of_keys_is_not() -> None:
    one = parse_recipe("[filters.c4]\n[filters.gopher_quality]\nmin_words = 3\nmax_words = 9")
    other = parse_recipe("[filters.gopher_quality]\nmax_words = 9\nmin_words = 3\n[filters.c4]")
    same = parse_recipe("[filters.c4]\n[filters.gopher_quality]\nmax_words = 9\nmin_words = 3")
    assert one.fingerprint("filters") != other.fingerprint("filters")
    assert one.fingerprint("filters") == same.fingerprint("filters")


def test_a_change_moves_its_own_section_only() -> None:
    before, after = parse_recipe(""), parse_recipe("[dedup]\nscope = 'all'")
    assert [name for name in SECTIONS if before.fingerprint(name) != after.fingerprint(name)] == ["dedup"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["filters.gopher_quality.min_words=20"], 20),
        (["filters.gopher_quality.min_words=20", "filters.gopher_quality.min_words=30"], 30),
    ],
)
def test_settings_override_and_the_last_one_wins(settings: list[str], expected: int) -> None:
    recipe = parse_recipe(override("# kept\n[filters.gopher_quality]\n", settings))
    assert recipe.filters["gopher_quality"].model_dump()["min_words"] == expected


def test_a_filter_set_to_off_is_absent() -> None:
    text = override("[filters.c4]\n[filters.gopher_quality]\n", ["filters.c4=off"])
    assert list(parse_recipe(text).filters) == ["gopher_quality"]


def test_comments_outlive_an_override() -> None:
    assert "# why" in override("# why\n[pii]\n", ["pii.replacement=tags"])


@pytest.mark.parametrize("setting", ["min_words=3", "filters", "a..b=1", "pii.kinds.x=1"])
def test_a_setting_that_names_no_key_is_a_config_error(setting: str) -> None:
    with pytest.raises(ConfigError):
        parse_recipe(override("[pii]\nkinds = []\n", [setting]))


def test_a_setting_can_take_a_key_out_so_that_another_budget_can_be_given() -> None:
    fineweb = find_recipe("fineweb").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="NAME=default"):
        parse_recipe(override(fineweb, ["training.steps=20"]))
    assert parse_recipe(override(fineweb, ["training.steps=20", "training.tokens_per_parameter=default"])).training.steps == 20
