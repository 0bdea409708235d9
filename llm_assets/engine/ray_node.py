"""What a node of a Ray cluster does with one work item: told by a stream of counts, and what came of it at its end.

Where the item writes files below a folder under way (see :mod:`llm_assets.engine.journal`), it does so in a folder of its own,
and they are moved to their places once all of them are whole. So a node that was given up, and goes on nevertheless, can spoil
nothing that another did in its stead.
"""

from __future__ import annotations

import shutil
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from llm_assets.engine.answers import Count, answer, describe_failure
from llm_assets.engine.journal import OUTPUT, TRIES
from llm_assets.engine.software import check_software
from llm_assets.engine.travel import pack, unpack
from llm_assets.errors import ConfigError

FOLDER = "folder under way"
"""Name of the root that it is."""


@dataclass(frozen=True)
class Order:
    """One item, packed, and where its files are to lie: ``outputs`` below ``folder``. ``home`` is a folder that the node is to see."""

    item: bytes
    software: str
    search_path: tuple[str, ...]
    home: Path | None = None
    folder: Path | None = None
    outputs: tuple[Path, ...] = ()


def serve_item(function: bytes, order: Order) -> Iterator[Count | bytes]:
    """Counts, and last the packed answer: :class:`Done` or :class:`Failed`."""
    said: SimpleQueue[Count | bytes] = SimpleQueue()
    # What a generator yields must be said by its own thread, and the function counts from deep within.
    thread = threading.Thread(target=_work, args=(function, order, said), daemon=True)
    thread.start()
    while isinstance(word := said.get(), Count):
        yield word
    yield word


def _work(function: bytes, order: Order, said: SimpleQueue[Count | bytes]) -> None:
    result = answer(partial(_do, function), order, lambda documents, share: said.put(Count(documents, share)))
    try:
        said.put(pack(result, {}))
    except Exception as error:  # a result that cannot travel
        said.put(pack(describe_failure(error), {}))


def _do(function: bytes, order: Order) -> Any:
    check_software(order.software)
    if order.home is not None and not order.home.is_dir():
        raise ConfigError(f"a node of the cluster sees no folder {order.home}: share it with all nodes, or put the root in an object store")
    sys.path += [folder for folder in order.search_path if folder not in sys.path]
    if order.folder is None:
        return unpack(function, {})(unpack(order.item, {}))
    scratch = order.folder / TRIES / uuid.uuid4().hex
    roots = {FOLDER: scratch}
    (scratch / OUTPUT).mkdir(parents=True)
    try:
        result = unpack(function, roots)(unpack(order.item, roots))
        for path in order.outputs:
            path.parent.mkdir(parents=True, exist_ok=True)
            (scratch / path.relative_to(order.folder)).replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return result
