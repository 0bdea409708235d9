"""A crawl that is unlike those before it is told, with rule, share now and share before; chance and small crawls are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from llm_assets.checks.rates import Comparison, Drift, compare_rates
from llm_assets.formats.manifest import Manifest, put_manifest
from llm_assets.plan import Snapshot
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot

ASSET = "filtered_docs"
Judge = Callable[..., Comparison]


@pytest.fixture
def judge(root: DataRoot, add_crawl: Callable[[str], None]) -> Judge:
    """Puts a crawl for each number of documents rejected by rule ``words``, and compares the last one with the others."""

    def put(*rejected: int, read: int = 1_000, last: dict[str, int] | None = None, **other: str) -> Comparison:
        for number, count in enumerate(rejected):
            add_crawl(name := f"c{number}")
            rules = {"words": count} if last is None or number < len(rejected) - 1 else last
            report = {"read": read, "kept": read - sum(rules.values()), "rejected": rules}
            manifest = Manifest(ASSET, name, "1", (), "v", "1", {"recipe/filters": "same", "quality_signals[x]": name}, report)
            if number == 0 and other:
                manifest = replace(manifest, inputs={"recipe/filters": "other"})
            put_manifest(root.place(ASSET, name), manifest)
        return compare_rates(Snapshot.at_hand(root, read_recipe(root.recipe)), ASSET, name)

    return put


def test_a_rule_that_took_far_more_than_before_is_told_with_both_shares(judge: Judge) -> None:
    compared = judge(100, 110, 90, 400)
    assert compared.crawls == ("c2", "c1", "c0")
    assert compared.drifts == (Drift("kept", 0.6, 0.9), Drift("words", 0.4, 0.1))
    assert str(compared.drifts[1]) == "words took 40.0% of what came in, 10.0% in the crawls before"


def test_a_rule_that_took_none_before_or_takes_none_now_is_told(judge: Judge) -> None:
    compared = judge(100, 100, last={"language": 100})
    assert [(each.rule, each.share, each.usual) for each in compared.drifts] == [("language", 0.1, 0.0), ("words", 0.0, 0.1)]


def test_one_odd_crawl_among_those_before_moves_nothing(judge: Judge) -> None:
    assert judge(100, 900, 100, 100).drifts == ()


def test_a_crawl_within_the_band_is_not_told(judge: Judge) -> None:
    assert judge(100, 100, 140).drifts == ()


def test_what_chance_explains_is_not_told(judge: Judge) -> None:
    assert judge(50, 62, read=120).drifts == ()


@pytest.mark.parametrize("rejected", [(10, 60), (60, 10)])
def test_small_crawls_are_excused(judge: Judge, rejected: tuple[int, int]) -> None:
    assert judge(*rejected, read=80) == Comparison((), ())


def test_a_first_crawl_has_nothing_to_be_compared_with(judge: Judge) -> None:
    assert judge(900) == Comparison((), ())


def test_crawls_of_another_recipe_are_not_compared_with(judge: Judge) -> None:
    assert judge(100, 400, filters="other") == Comparison((), ())


def test_crawls_of_another_source_are_not_compared_with(judge: Judge, root: DataRoot, tmp_path: Path) -> None:
    judge(100, 100)
    (tmp_path / "rows.jsonl").write_text("")
    root.add_crawl("rows", "jsonl", {"path": str(tmp_path / "rows.jsonl")})
    manifest = root.manifest(ASSET, "c0")
    assert manifest is not None
    put_manifest(root.place(ASSET, "rows"), replace(manifest, report={"read": 1_000, "kept": 0, "rejected": {"words": 1_000}}))
    assert compare_rates(Snapshot.at_hand(root, read_recipe(root.recipe)), ASSET, "rows") == Comparison((), ())


def test_the_band_is_the_callers(judge: Judge, root: DataRoot) -> None:
    judge(100, 400)
    assert compare_rates(Snapshot.at_hand(root, read_recipe(root.recipe)), ASSET, "c1", band=0.4).drifts == ()
