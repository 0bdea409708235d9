"""An ablation as it is asked for: the variants, the budget, the seeds, the text to judge on; and what it will cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llm_assets.ablation.held_out import HeldOut, common_validation, read_held_out
from llm_assets.ablation.roots import is_packed, open_shards
from llm_assets.ablation.trial import is_done
from llm_assets.ablation.variants import DATA, Variant, read_variants
from llm_assets.formats.manifest import put_text
from llm_assets.model.config import Dimensions
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.root import ABLATIONS, DataRoot
from llm_assets.section import fingerprint

MOST_HELD_OUT_BYTES = 2_000_000
"""Of more validation text than this in common, some is taken: a megabyte tells variants apart, and each is to be scored."""


@dataclass(frozen=True)
class Ablation:
    """What is asked for. The first variant is the baseline."""

    main: DataRoot
    variants: tuple[Variant, ...]
    tokens: int
    seeds: int
    text: Path | None = None

    def root_of(self, variant: Variant) -> DataRoot:
        """Where a variant lies; nothing is made."""
        return self.main.ablation(variant.name)

    def choose_held_out(self) -> HeldOut:
        """The text all variants are judged on: the one given, or validation documents that are common to all."""
        if self.text is not None:
            return read_held_out(self.text)
        shards = [open_shards(self.root_of(variant), variant.recipe) for variant in self.variants]
        baseline = self.root_of(self.variants[0])
        corpora = {name: baseline.artefact("pii_scrubbed_corpus", name) for name in shards[0]}
        return common_validation(shards, corpora, MOST_HELD_OUT_BYTES)

    def comparison(self, held_out: HeldOut) -> Path:
        """Folder of the table and the plot."""
        return self.main.home / ABLATIONS / f"comparison-{self.digest(held_out)}"

    def digest(self, held_out: HeldOut, *of: Variant | int) -> str:
        """Of all that the comparison is of; or of one training of it, named by its variant and seed."""
        recipes = [variant.recipe.fingerprints() for variant in self.variants]
        which = [each.recipe.fingerprints() if isinstance(each, Variant) else each for each in of]
        return fingerprint([recipes, self.tokens, 0 if of else self.seeds, held_out.digest, which])[:12]


def write_ablation(path: Path, settings: Sequence[str], tokens: int, seeds: int, text: Path | None) -> None:
    """What :func:`read_ablation` reads, for another process."""
    content = {"settings": list(settings), "tokens": tokens, "seeds": seeds, "held_out": str(text.resolve()) if text else None}
    put_text(path, json.dumps(content, indent=1) + "\n")


def read_ablation(main: DataRoot, path: Path) -> Ablation:
    """The ablation of a file, of the root's recipe as it is now."""
    content = json.loads(path.read_text(encoding="utf-8"))
    variants = read_variants(main.recipe.read_text(encoding="utf-8"), content["settings"])
    return Ablation(main, variants, content["tokens"], content["seeds"], Path(content["held_out"]) if content["held_out"] else None)


@dataclass(frozen=True)
class Forecast:
    """What a variant will take: the assets that are made again, and the trainings that are not done. None: nobody knows yet."""

    variant: str
    folder: str
    assets: tuple[str, ...]
    trainings: int
    data_seconds: float | None
    training_seconds: float | None


def forecast(ablation: Ablation) -> list[Forecast]:
    """For each variant, by what the main root took. Writes nothing."""
    return [_forecast(ablation, variant) for variant in ablation.variants]


def _forecast(ablation: Ablation, variant: Variant) -> Forecast:
    root, main = ablation.root_of(variant), ablation.main
    packed = root.home.is_dir() and is_packed(root, variant.recipe)
    again = () if packed else _made_again(main, variant)
    done = sum(is_done(root, variant, ablation.tokens, seed) for seed in range(ablation.seeds)) if packed else 0
    seconds = [_seconds(main, asset) for asset in again]
    rate = _tokens_per_second(ablation, variant)
    left = ablation.seeds - done
    return Forecast(
        variant.label,
        variant.name,
        again,
        left,
        None if None in seconds else round(sum(each or 0.0 for each in seconds), 1),
        round(left * ablation.tokens / rate, 1) if rate else None,
    )


def _made_again(main: DataRoot, variant: Variant) -> tuple[str, ...]:
    """Assets whose sections the variant changes, and all that read them."""
    stale: list[str] = []
    snapshot = Snapshot(main, variant.recipe)
    for name in DATA:
        crawls: list[str | None] = list(snapshot.crawls) if ASSETS[name].per_crawl else [None]
        if {*ASSETS[name].reads} & {*stale} or any(snapshot.standing(name, crawl).state != "current" for crawl in crawls):
            stale.append(name)
    return tuple(stale)


def _seconds(main: DataRoot, asset: str) -> float | None:
    crawls: list[str | None] = [each.name for each in main.crawls()] if ASSETS[asset].per_crawl else [None]
    manifests = [main.manifest(asset, crawl) for crawl in crawls]
    return None if None in manifests else sum(each.seconds for each in manifests if each)


def _tokens_per_second(ablation: Ablation, variant: Variant) -> float | None:
    """By the root's own training and its operations a token; None where it has trained no model yet."""
    trained = ablation.main.manifest("trained_model")
    rate = trained.report.get("figures", {}).get("tokens_per_second") if trained else None
    if not rate:
        return None
    from llm_assets.model.export import read_dimensions

    known: Dimensions = read_dimensions(ablation.main.artefact("trained_model").whole())
    return float(rate) * known.flops_per_token / variant.recipe.model.dimensions(known.vocabulary).flops_per_token
