"""What lies in a data root that nothing needs any more, and its removal.

A step removes by itself what it finds beside its own output: all but that output and the one before, which a reader may still have
open, and what runs of other inputs left unfinished. What stays until someone asks is here. Samples and ablations are roots of their own.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from llm_assets.engine.journal import KEY_LETTERS, PARTIAL
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import MANIFEST
from llm_assets.graph import read_key
from llm_assets.plan import ASSETS, Snapshot, label
from llm_assets.recipe import Recipe
from llm_assets.root import DataRoot
from llm_assets.shelves import update_catalog
from llm_assets.step import lock_output
from llm_assets.store.home import INPUTS
from llm_assets.store.layout import OUTPUT_FOLDER

KEPT_OF_DISABLED = "raw_crawl"
"""What is never removed of a crawl: what was downloaded may be had nowhere else."""

_DIGEST = re.compile(r"\.?[0-9a-f]{64}(\.\d+)?")


@dataclass(frozen=True)
class Leftover:
    """A folder that nothing needs. ``bytes`` are those that its removal frees: what is linked from elsewhere is not counted."""

    path: Path
    belongs: str
    why: str
    bytes: int
    manifest: Path | None = None


def find_leftovers(root: DataRoot, recipe: Recipe, *, disabled: bool = False, unfinished: bool = False) -> list[Leftover]:
    """Folders to remove. Nothing that a manifest names is among them, but of crawls that are ``disabled`` or no longer declared.

    What a killed run left unfinished stays where the next run would go on with it, unless ``unfinished`` says otherwise.
    """
    snapshot = Snapshot.at_hand(root, recipe)
    left = [found for asset, crawl in _list_places(root) for found in _find_in_place(snapshot, asset, crawl, disabled, unfinished)]
    return [*left, *_find_inputs(root)]


def remove_leftovers(root: DataRoot, find: Callable[[], Sequence[Leftover]], chosen: Collection[Leftover]) -> list[Leftover]:
    """Removes what was ``chosen``, as far as ``find`` still finds it once no step can run; returns what was removed.

    Every output is locked meanwhile, since a step reads what was current when it began. LockedError names an output that is being
    written: then nothing is removed. A process that is killed here leaves leftovers, and the next call removes them.
    """
    paths = {each.path for each in chosen}
    with ExitStack() as locks:
        for asset, crawl in _list_places(root):
            locks.enter_context(lock_output(root, asset, crawl))
        locks.enter_context(root.lock(INPUTS))
        removed = [each for each in find() if each.path in paths]
        for each in removed:
            if each.manifest is not None:
                root.remove(each.manifest)
        for each in removed:
            _remove(root, each.path)
    if any(each.manifest is not None for each in removed):
        update_catalog(root)
    return removed


def _list_places(root: DataRoot) -> Iterator[tuple[str, str | None]]:
    """Outputs that have a folder, of crawls that are declared or not."""
    for node in ASSETS.values():
        places = root.list_folders(root.home / node.name)
        if not node.per_crawl and places:
            yield node.name, None
        elif node.per_crawl:
            for place in places:
                try:
                    yield node.name, root.place(node.name, place.name).name
                except ConfigError:  # no crawl can be called that, so nothing in it is an output
                    continue


def _find_in_place(snapshot: Snapshot, asset: str, crawl: str | None, disabled: bool, unfinished: bool) -> Iterator[Leftover]:
    root, place, name = snapshot.root, snapshot.root.place(asset, crawl), label(asset, crawl)
    manifest = root.manifest(asset, crawl)
    out = crawl is not None and crawl not in snapshot.crawls
    going = disabled and out and asset != KEPT_OF_DISABLED
    key = None if out or unfinished else read_key(asset, snapshot.inputs(asset, crawl))[:KEY_LETTERS]
    for path in root.list_folders(place):
        if path.name.startswith(PARTIAL):
            if out and not going and not unfinished:
                continue
            if key is None or not path.name.startswith(f"{PARTIAL}{key}-"):
                yield Leftover(path, name, "unfinished", root.count_bytes(path))
        elif manifest is not None and path.name == manifest.folder:
            if going:
                yield Leftover(path, name, "crawl disabled", root.count_bytes(path), place / MANIFEST)
        elif OUTPUT_FOLDER.fullmatch(path.name):
            yield Leftover(path, name, "earlier output", root.count_bytes(path))


def _find_inputs(root: DataRoot) -> Iterator[Leftover]:
    """Versions of side inputs that are not in use, and copies that were never finished."""
    used = root.inputs()
    for place in root.list_folders(root.home / INPUTS):
        for path in root.list_folders(place):
            if _DIGEST.fullmatch(path.name) and path.name != used.get(place.name):
                yield Leftover(path, f"input/{place.name}", "earlier version", root.count_bytes(path))


def _remove(root: DataRoot, path: Path) -> None:
    """Removes a folder; that of a side input under another name, so that none that is half removed is taken for a whole one."""
    if root.mirror is None and re.fullmatch("[0-9a-f]{64}", path.name):
        hidden = path.with_name(f".{path.name}")
        shutil.rmtree(hidden, ignore_errors=True)
        path = path.rename(hidden)
    root.remove(path)
