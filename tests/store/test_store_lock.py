"""The lock that machines share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from llm_assets.errors import LockedError
from llm_assets.store import lock
from llm_assets.store.lock import Holder, hold
from llm_assets.store.mirror import Mirror
from llm_assets.store.objects import list_objects, read_object, write_object

Machine = Callable[[str], Mirror]
NAME = "tokenizer"


def write_holder(mirror: Mirror, number: int, owner: str, seconds_left: float) -> None:
    """The lock as a process of another machine left it."""
    write_object(f"{mirror.url}/.locks/{NAME}/{number:08}", Holder(owner, 7, time.time() + seconds_left).to_json())


def test_a_lock_that_another_machine_holds_is_told_with_its_holder(machine: Machine) -> None:
    told = r"another run is writing tokenizer: \S+, process \d+"
    with hold(machine("here"), NAME, "tokenizer"), pytest.raises(LockedError, match=told), hold(machine("there"), NAME, "tokenizer"):
        pass


def test_a_lock_that_was_given_back_is_free_at_once(machine: Machine) -> None:
    for name in ("here", "there", "here"):
        with hold(machine(name), NAME, "tokenizer") as held:
            held.check()
    assert list(list_objects(f"{machine('here').url}/.locks/{NAME}")) == ["00000003"]


def test_a_lock_whose_holder_fell_silent_is_taken_over(machine: Machine) -> None:
    write_holder(machine("there"), 4, "there", -1)
    with hold(machine("here"), NAME, "tokenizer") as held:
        held.check()


def test_a_lock_of_a_dead_process_of_the_same_machine_is_taken_over_at_once(machine: Machine) -> None:
    here = machine("here")
    with hold(here, NAME, "tokenizer"):
        pass
    owner = (here.folder / ".mirror/owner").read_text()
    write_holder(here, 9, owner, 100)
    with hold(here, NAME, "tokenizer") as held:
        held.check()


def test_who_was_silent_for_too_long_learns_that_the_lock_is_lost(machine: Machine) -> None:
    with hold(machine("here"), NAME, "tokenizer") as held:
        write_holder(machine("here"), 1, "here", -1)
        with hold(machine("there"), NAME, "tokenizer"), pytest.raises(LockedError, match="lost"):
            held.check()
    with pytest.raises(LockedError, match="lost"):  # giving back what is another's now changes nothing
        held.check()


def test_who_comes_with_an_old_number_has_not_got_the_lock(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{machine('here').url}/.locks/{NAME}"
    looks: list[Callable[[str], list[int]]] = [lambda _: []]  # the first look is from before the other came
    current = lock._list_numbers

    def look(place: str) -> list[int]:
        return looks.pop()(place) if looks else current(place)

    monkeypatch.setattr(lock, "_list_numbers", look)
    write_holder(machine("here"), 5, "there", 100)
    with pytest.raises(LockedError), hold(machine("here"), NAME, "tokenizer"):
        pass
    assert not looks
    assert list(list_objects(url)) == ["00000005"]


def test_a_lock_is_renewed_while_it_is_held(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "RENEW_SECONDS", 0.05)
    url = f"{machine('here').url}/.locks/{NAME}/00000001"
    with hold(machine("here"), NAME, "tokenizer"):
        before = read_object(url)
        deadline = time.monotonic() + 10
        while read_object(url) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert read_object(url) != before


def test_who_waits_gets_the_lock_when_it_is_given_back(machine: Machine) -> None:
    taken, done = threading.Event(), threading.Event()

    def other() -> None:
        with hold(machine("there"), NAME, "tokenizer"):
            taken.set()
            done.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    assert taken.wait(10)
    threading.Timer(0.3, done.set).start()
    with hold(machine("here"), NAME, "tokenizer", wait_seconds=20) as held:
        held.check()
    thread.join()
