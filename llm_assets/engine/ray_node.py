"""What a node of a Ray cluster does with one work item: told by a stream of counts, and what came of it at its end.

Where the item writes files below a folder under way (see :mod:`llm_assets.engine.journal`), it does so in a folder of its own,
and they are moved to their places once all of them are whole. So a node that was given up, and goes on nevertheless, can spoil
nothing that another did in its stead.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Any

from filelock import FileLock

from llm_assets.engine.answers import Count, answer, describe_failure
from llm_assets.engine.journal import OUTPUT, TRIES
from llm_assets.engine.software import check_software
from llm_assets.engine.travel import FILE, PLACE, pack, unpack
from llm_assets.errors import ConfigError
from llm_assets.store.mirror import Mirror

FOLDER, HOME = "folder under way", "home"
"""Names of roots."""

CACHE = "LLM_ASSETS_NODE_CACHE"
"""Variable of a node: the folder of its own for what it reads of a root in a store, and for what it writes until that is fetched."""

PIECE_BYTES = 4 << 20
WORDS_AHEAD = 4
"""Words of an item that may wait to be heard; then it waits itself."""


@dataclass(frozen=True)
class Piece:
    """Bytes of a file the item wrote, by its number among the outputs; with the last of them the sha256 (hex) of all."""

    output: int
    data: bytes
    digest: str | None = None


@dataclass(frozen=True)
class Order:
    """One item, packed, and where its files are to lie: ``outputs`` below ``folder``. ``home`` is a folder that the node is to see.

    With a ``mirror``, as it is where the order is from, the node has another disk: it reads from the store, and sends what it wrote.
    """

    item: bytes
    software: str
    search_path: tuple[str, ...]
    home: Path | None = None
    folder: Path | None = None
    outputs: tuple[Path, ...] = ()
    mirror: Mirror | None = None


def serve_item(function: bytes, order: Order) -> Iterator[Count | Piece | bytes]:
    """Counts, the pieces of files if they are to be sent, and last the packed answer: :class:`Done` or :class:`Failed`."""
    said: Queue[Count | Piece | bytes] = Queue(WORDS_AHEAD)
    # What a generator yields must be said by its own thread, and the function counts from deep within.
    thread = threading.Thread(target=_work, args=(function, order, said), daemon=True)
    thread.start()
    while not isinstance(word := said.get(), bytes):
        yield word
    yield word


def _work(function: bytes, order: Order, said: Queue[Count | Piece | bytes]) -> None:
    result = answer(partial(_do, function, say=said.put), order, lambda documents, share: said.put(Count(documents, share)))
    try:
        said.put(pack(result, {}))
    except Exception as error:  # a result that cannot travel
        said.put(pack(describe_failure(error), {}))


def _do(function: bytes, order: Order, say: Callable[[Piece], None]) -> Any:
    check_software(order.software)
    if order.home is not None and not order.home.is_dir():
        raise ConfigError(f"a node of the cluster sees no folder {order.home}: share it with all nodes, or put the root in an object store")
    sys.path += [folder for folder in order.search_path if folder not in sys.path]
    mirror = None if order.mirror is None else order.mirror.at(own_folder() / hashlib.sha256(order.mirror.url.encode()).hexdigest()[:16])
    roots = {} if mirror is None else {HOME: mirror.folder}
    arrive = partial(_bring, mirror)
    if order.folder is None:
        return unpack(function, roots, arrive)(unpack(order.item, roots, arrive))
    scratch = (order.folder if mirror is None else own_folder()) / TRIES / uuid.uuid4().hex
    roots = {FOLDER: scratch, **roots}
    (scratch / OUTPUT).mkdir(parents=True)
    try:
        result = unpack(function, roots, arrive)(unpack(order.item, roots, arrive))
        written = [scratch / path.relative_to(order.folder) for path in order.outputs]
        if mirror is None:
            for path, place in zip(written, order.outputs, strict=True):
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)
        else:
            for number, path in enumerate(written):
                for piece in _cut(number, path):
                    say(piece)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return result


def own_folder() -> Path:
    """Folder of this node alone: ``LLM_ASSETS_NODE_CACHE`` where the node was started with it, else one for temporary files."""
    return Path(os.environ.get(CACHE) or Path(tempfile.gettempdir()) / f"llm-assets-{os.getuid()}")


def _bring(mirror: Mirror | None, path: Path, kind: str) -> None:
    """Makes present what an item or its function names. An output or a side input never changes, so what is here is right."""
    if mirror is None or not path.is_relative_to(mirror.folder) or kind == PLACE:
        return
    if kind == FILE:
        mirror.fetch(path)
        return
    folder = mirror.folder.joinpath(*path.relative_to(mirror.folder).parts[:3])  # inputs/NAME/<sha256>
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if not folder.is_dir():
            waiting = folder.with_name(f".{folder.name}")
            shutil.rmtree(waiting, ignore_errors=True)
            mirror.fetch_folder(folder, waiting)
            waiting.rename(folder)


def _cut(number: int, path: Path) -> Iterator[Piece]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(PIECE_BYTES):
            digest.update(data)
            yield Piece(number, data)
    yield Piece(number, b"", digest.hexdigest())
