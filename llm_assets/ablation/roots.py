"""The root of a variant: what the main root has of the same inputs is linked in, and only what differs is made anew."""

from __future__ import annotations

from llm_assets.ablation.variants import DATA, Variant
from llm_assets.errors import ConfigError
from llm_assets.formats.link import link_file
from llm_assets.formats.manifest import CHECKS, Artefact, put_manifest, put_text
from llm_assets.pilot import take_declarations
from llm_assets.plan import ASSETS, Snapshot, label
from llm_assets.recipe import Recipe, put_recipe
from llm_assets.root import DataRoot

READ = ("raw_crawl", "extracted_text", "quality_signals", "minhash_signatures")
"""What variants read of the main root, unless they change what it was made by."""


def require_texts(main: DataRoot, recipe: Recipe) -> None:
    """ConfigError where the root has not all that variants read of it, or is no folder."""
    main.require_folder()
    snapshot = Snapshot(main, recipe)
    if not snapshot.crawls:
        raise ConfigError("no crawl is declared: `llm-assets crawl add NAME --source …` declares one")
    for crawl in snapshot.crawls:
        for asset in READ:
            if not snapshot.settled(asset, crawl):
                raise ConfigError(f"{label(asset, crawl)} is not current, and variants read it: `llm-assets run` first")


def open_variant(main: DataRoot, variant: Variant) -> DataRoot:
    """The variant's root below the main one, with the crawls and side inputs of now and all it can take over."""
    root = main.make_ablation(variant.name)
    take_declarations(main, root)
    put_recipe(root.recipe, variant.text)
    for asset in DATA:
        crawls = [each.name for each in main.crawls()] if ASSETS[asset].per_crawl else [None]
        for crawl in crawls:
            _take_over(main, root, variant.recipe, asset, crawl)
    return root


def is_packed(root: DataRoot, recipe: Recipe) -> bool:
    """Whether the shards of every crawl are current, and nothing before them is to be made."""
    snapshot = Snapshot(root, recipe)
    return all(snapshot.settled(DATA[-1], crawl) for crawl in snapshot.crawls)


def open_shards(root: DataRoot, recipe: Recipe) -> dict[str, Artefact]:
    """A variant's shards by crawl. ConfigError where they are not all current."""
    if not is_packed(root, recipe):
        raise ConfigError(f"the shards in {root.address} are not current")
    return {each.name: root.artefact(DATA[-1], each.name) for each in root.crawls()}


def _take_over(main: DataRoot, root: DataRoot, recipe: Recipe, asset: str, crawl: str | None) -> None:
    """Links an output of the main root that was made from the very inputs the variant has, unless the variant has its own."""
    theirs, ours = main.manifest(asset, crawl), root.manifest(asset, crawl)
    today = Snapshot(root, recipe).inputs(asset, crawl)
    if theirs is None or theirs.code_version != ASSETS[asset].code or theirs.inputs != today:
        return
    if ours is not None and ours.code_version == theirs.code_version and ours.inputs == today:
        return
    source, target = main.artefact(asset, crawl), root.place(asset, crawl)
    for entry in source.files:
        if not (target / theirs.folder / entry.path).exists():
            link_file(source.folder / entry.path, target / theirs.folder / entry.path)
    checks = main.place(asset, crawl) / CHECKS
    if checks.is_file():
        put_text(target / CHECKS, checks.read_text(encoding="utf-8"))
    put_manifest(target, theirs)
