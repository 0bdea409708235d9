"""A lock that machines share: an object in the store that only one of them can create.

    URL/.locks/NAME/00000007    the holder: its owner, the process, until when the lock is good, whether it was given back

Every holder creates the object with the next number, on condition that there is none (``If-None-Match`` on S3), so of two that
try one fails. The highest number counts: who holds it, and nobody else, may write. A holder says every ``RENEW_SECONDS`` that it
lives; one that has said nothing for ``LEASE_SECONDS`` has lost the lock to the next who asks. The last object stays, given back,
since the next number is to be known. Clocks of machines that share a root may differ by no more than ``LEASE_SECONDS - RENEW_SECONDS``.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from llm_assets.errors import LLMAssetsError, LockedError
from llm_assets.formats.manifest import put_text
from llm_assets.store.mirror import OWN, Mirror
from llm_assets.store.objects import delete, list_objects, read_object, write_object

LEASE_SECONDS = 120.0
RENEW_SECONDS = 20.0
ASK_SECONDS = 0.2
"""At first, between two attempts of who waits; then longer."""

LOCKS = ".locks"


@dataclass(frozen=True)
class Holder:
    """What a lock's object says. ``until`` is in seconds since 1970."""

    owner: str
    process: int
    until: float
    released: bool = False

    def to_json(self) -> bytes:
        """As it lies in the store."""
        return json.dumps(asdict(self)).encode()


class StoreLock:
    """A lock that is held. Whoever is about to rely on it calls :meth:`check`."""

    def __init__(self, url: str, name: str, number: int, owner: str) -> None:
        self._url, self._name, self._number, self._owner = url, name, number, owner
        self._good_until = time.monotonic() + LEASE_SECONDS
        self._end = threading.Event()
        self._renewer = threading.Thread(target=self._renew_on, name=f"lock {name}", daemon=True)
        self._renewer.start()

    def check(self) -> None:
        """LockedError where the lock was lost: this process, or its network, was silent for too long."""
        if time.monotonic() > self._good_until or max(_list_numbers(self._url), default=0) != self._number:
            raise LockedError(f"the lock on {self._name} was lost while this run was silent; it goes on from here when it is run again")

    def release(self) -> None:
        """Gives it back at once."""
        self._end.set()
        self._renewer.join()
        with suppress(LLMAssetsError):  # what cannot be given back now is free when its time is over
            self._write(released=True)

    def _renew_on(self) -> None:
        while not self._end.wait(RENEW_SECONDS):
            asked = time.monotonic()
            try:
                self._write()
            except LLMAssetsError:  # the next attempt may do better; until then the lock grows old, and `check` says so
                continue
            self._good_until = asked + LEASE_SECONDS

    def _write(self, *, released: bool = False) -> None:
        holder = Holder(self._owner, os.getpid(), time.time() + LEASE_SECONDS, released)
        write_object(_object(self._url, self._number), holder.to_json())


@contextmanager
def hold(mirror: Mirror, name: str, what: str, wait_seconds: float = 0.0) -> Iterator[StoreLock]:
    """Holds a lock of a root for the block. ``name`` is its place below ``.locks``, ``what`` is told to people.

    The caller holds a lock of this machine of the same name: so a lock whose owner is this very mirror is a dead process's, and is
    taken over at once. LockedError where another holds it for longer than one would wait.
    """
    url, owner = f"{mirror.url}/{LOCKS}/{name}", _name_owner(mirror)
    held = _take(url, what, owner, time.monotonic() + wait_seconds)
    try:
        yield held
    finally:
        held.release()


def _take(url: str, what: str, owner: str, deadline: float) -> StoreLock:
    pause = ASK_SECONDS
    while True:
        numbers = _list_numbers(url)
        last = max(numbers, default=0)
        holder = _read_holder(url, last) if last else None
        if holder is None or holder.released or holder.owner == owner or holder.until < time.time():
            mine = Holder(owner, os.getpid(), time.time() + LEASE_SECONDS)
            if write_object(_object(url, last + 1), mine.to_json(), new=True):
                if max(_list_numbers(url)) == last + 1:
                    for number in numbers:
                        delete(_object(url, number))
                    return StoreLock(url, what, last + 1, owner)
                delete(_object(url, last + 1))  # between looking and creating, others had come and gone: their number is the higher
        elif time.monotonic() >= deadline:
            left = max(0.0, holder.until - time.time())
            raise LockedError(
                f"another run is writing {what}: {holder.owner}, process {holder.process}. Wait for it or end it; "
                f"if it is dead, the lock is free in {left:.0f} s ({url})"
            )
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # nothing secret: two that wait should not ask in step
        pause = min(2 * pause, 5.0)


def _list_numbers(url: str) -> list[int]:
    return sorted(int(name) for name in list_objects(url) if name.isdecimal())


def _read_holder(url: str, number: int) -> Holder | None:
    content = read_object(_object(url, number))
    try:
        return None if content is None else Holder(**json.loads(content))
    except (ValueError, TypeError):  # nobody's lock: half a file of a store that does not write in one go
        return None


def _object(url: str, number: int) -> str:
    return f"{url}/{number:08}"


def _name_owner(mirror: Mirror) -> str:
    """The machine and its mirror, by a name that is drawn once."""
    path = mirror.folder / OWN / "owner"
    if not path.is_file():
        put_text(path, f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}")
    return path.read_text(encoding="utf-8")
