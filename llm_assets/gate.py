"""The gate before training: which crawls' shards the next model is trained on.

A model costs too much to train anew for every crawl, so the choice moves only when the corpus has grown by the recipe's
share. It is written in the root as a declaration (``training_set.toml``), so that a clean run repeats it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable

import tomlkit

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact, put_text
from llm_assets.formats.shard import read_header
from llm_assets.plan import label
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.shards.training_set import choose_training_set
from llm_assets.step import Step

FILE = "training_set.json"


def declared_set(root: DataRoot) -> tuple[str, ...]:
    """Crawls the root's declaration names; none where there is none yet."""
    path = root.training_set
    try:
        crawls = tomllib.loads(path.read_text(encoding="utf-8"))["crawls"]
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ConfigError(f'{path}: `crawls = ["NAME", …]` is wanted ({error})') from error
    return tuple(crawls)


def choose_shards(step: Step) -> Report:
    """Writes ``training_set.json`` (crawls, versions of their shards) and the root's declaration of it."""
    versions = {name: step.snapshot.version("token_shards", name) or "" for name in step.snapshot.counted("token_shards")}
    tokens = {name: _count_tokens(step.read("token_shards", name)) for name in versions}
    chosen = choose_training_set(tokens, _standing_choice(step), step.recipe.training_set.growth)
    content = {"tokenizer": step.snapshot.version("tokenizer"), "shards": {name: versions[name] for name in chosen}}
    put_text(step.folder / FILE, json.dumps(content, indent=1) + "\n")
    step.root.put_text(step.root.training_set, tomlkit.dumps({"crawls": list(chosen)}))
    left = [name for name in versions if name not in chosen]
    figures = {"tokens": sum(tokens[name] for name in chosen), "tokens_waiting": sum(tokens[name] for name in left)}
    return Report("training_set", len(versions), len(chosen), {"waits_for_growth": len(left)} if left else {}, figures, "crawls")


def _standing_choice(step: Step) -> tuple[str, ...]:
    """The declared crawls; none where the last choice was made of another tokenizer's shards."""
    previous = step.read_previous()
    if previous is not None:
        content = json.loads(previous.path(FILE).read_text(encoding="utf-8"))
        if content["tokenizer"] != step.snapshot.version("tokenizer"):
            return ()
    return declared_set(step.root)


def chosen_shards(step: Step) -> dict[str, Artefact]:
    """Shards of the training set, by crawl. ConfigError where they have changed since it was drawn."""
    content = json.loads(step.read("training_set").path(FILE).read_text(encoding="utf-8"))
    for name, version in content["shards"].items():
        if step.snapshot.version("token_shards", name) != version:
            raise ConfigError(f"{label('token_shards', name)} has changed since training_set was drawn: materialize training_set first")
    if not content["shards"]:
        raise DataError("the training set names no shards: no crawl has any yet")
    return {name: step.read("token_shards", name) for name in content["shards"]}


def shards_of(root: DataRoot) -> dict[str, Artefact]:
    """Shards of the standing training set, by crawl. DataError where there is none, or where some were packed anew since."""
    chosen = root.artefact("training_set")
    versions = json.loads(chosen.path(FILE).read_text(encoding="utf-8"))["shards"]
    shards = {name: root.artefact("token_shards", name) for name in versions}
    changed = [name for name, artefact in shards.items() if artefact.data_version != versions[name]]
    if changed:
        raise DataError(
            f"{label('token_shards', changed[0])} has changed since the training set was drawn: `llm-assets run`", chosen.folder
        )
    return shards


def packed_corpora(root: DataRoot, crawls: Iterable[str]) -> list[Artefact | None]:
    """The corpus that the shards of each crawl were packed from; None where it has changed since."""
    corpora: list[Artefact | None] = []
    for name in crawls:
        shards, corpus = root.manifest("token_shards", name), root.manifest("pii_scrubbed_corpus", name)
        packed = shards.inputs.get(label("pii_scrubbed_corpus", name)) if shards else None
        corpora.append(root.artefact("pii_scrubbed_corpus", name) if corpus and corpus.data_version == packed else None)
    return corpora


def _count_tokens(shards: Artefact) -> int:
    return sum(read_header(path).tokens for path in shards.paths(entry.path for entry in shards.files if entry.path.endswith(".tokens")))
