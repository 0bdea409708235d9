"""What recurs becomes crawls: a site crawled again, the newest Common Crawl, what has arrived in a watched folder.

Each is declared in ``recurring/NAME.toml`` (see :mod:`llm_assets.crawl.recurrence`). Nothing is remembered beside the crawls'
own declarations: a crawl that bears the name due is there already, a file that a crawl lists is taken. So whoever asks twice, or
late, or after everything but the root was lost, declares what one who asked once declares. Only when the listing of Common Crawl
came last is noted in the state, so that their server is asked no more often than was declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from llm_assets.crawl.arrivals import Arrivals, find_arrivals
from llm_assets.crawl.common_crawl import CommonCrawl
from llm_assets.crawl.declaration import Declaration, check_name
from llm_assets.crawl.local_files import LocalFiles
from llm_assets.crawl.newest import find_newest
from llm_assets.crawl.recurrence import FOLDER, Recurrence, make_recurrence, read_recurrence, write_recurrence
from llm_assets.crawl.site.source import Site
from llm_assets.errors import ConfigError, LLMAssetsError
from llm_assets.formats.manifest import put_text
from llm_assets.root import DataRoot


def recurrence_path(root: DataRoot, name: str) -> Path:
    """The file that declares what recurs under a name."""
    return root.home / "recurring" / f"{check_name(name)}.toml"


def list_recurrences(root: DataRoot) -> list[Recurrence]:
    """All that recurs, by name. ConfigError where a file cannot be followed."""
    return [read_recurrence(path) for path in _list_paths(root)]


def _list_paths(root: DataRoot) -> list[Path]:
    return sorted((root.home / "recurring").glob("*.toml"))


def find_recurrence(root: DataRoot, name: str) -> Recurrence:
    """What recurs under a name. ConfigError names what there is."""
    path = recurrence_path(root, name)
    if not path.is_file():
        known = ", ".join(each.stem for each in _list_paths(root)) or "none yet"
        raise ConfigError(f"there is nothing recurring named {name!r}; there is: {known}")
    return read_recurrence(path)


def add_recurrence(root: DataRoot, name: str, values: Mapping[str, Any]) -> Recurrence:
    """Declares what recurs. ConfigError where the name is taken, or a value cannot be."""
    path = recurrence_path(root, name)
    if path.exists():
        raise ConfigError(f"{name!r} recurs already: choose another name, or edit {root.address_of(path)}")
    made = make_recurrence(name, values)
    write_recurrence(path, made, root.put_text)
    return read_recurrence(path)


def remove_recurrence(root: DataRoot, name: str) -> Recurrence:
    """Takes back what recurs. Its crawls stay."""
    known = find_recurrence(root, name)
    root.remove(recurrence_path(root, name))
    return known


def crawls_of(root: DataRoot, name: str) -> list[Declaration]:
    """Crawls that were declared by what recurs, the oldest first."""
    return [each for each in root.crawls(disabled=True, sound=True) if each.recurring == name]


@dataclass(frozen=True)
class Outcome:
    """What came of one look: the crawl that was declared, or why there is none."""

    crawl: Declaration | None
    told: str


def declare_next(root: DataRoot, recurrence: Recurrence, when: datetime) -> Outcome:
    """Declares the crawl that is due, unless it is there already. ``when`` is the time it is due at, or now for a folder.

    Raises:
        ConfigError: what recurs is not there as declared, or another crawl bears the name.
        DataError: the listing that tells the newest crawl does not come.
    """
    if recurrence.source == FOLDER:
        return _declare_arrivals(root, recurrence, when)
    more: dict[str, Any] = {}
    parameters = recurrence.parse()
    newest = ""
    if isinstance(parameters, CommonCrawl):
        if _was_asked(root, recurrence, when):
            return Outcome(None, f"{recurrence.name}: the listing was asked at {when.isoformat(timespec='minutes')}")
        newest = more["crawl"] = find_newest(parameters.index_url)
        put_text(_asked_path(root, recurrence), when.isoformat() + "\n")
    name = recurrence.name_at(when, newest)
    if root.declaration_path(name).exists():
        if (owner := root.crawl(name).recurring) != recurrence.name:
            by = "by hand" if owner is None else f"by {owner}"
            raise ConfigError(f"recurring {recurrence.name}: a crawl {name} was declared {by}: change name_pattern")
        return Outcome(None, f"{recurrence.name}: {name} is declared already")
    if isinstance(parameters, Site) and (earlier := _find_earlier(root, recurrence)):
        more["since"] = earlier
    return _declare(root, recurrence, name, more)


def _asked_path(root: DataRoot, recurrence: Recurrence) -> Path:
    return root.state / "recurring" / recurrence.name


def _was_asked(root: DataRoot, recurrence: Recurrence, when: datetime) -> bool:
    """Whether a listing has come for the time that is due. Forgotten with the state, it is asked for once more, and that is all."""
    path = _asked_path(root, recurrence)
    return path.is_file() and path.read_text(encoding="utf-8").strip() == when.isoformat()


def _declare(root: DataRoot, recurrence: Recurrence, name: str, more: Mapping[str, Any]) -> Outcome:
    crawl = root.add_crawl(name, recurrence.source, {**recurrence.parameters, **more}, recurrence.name)
    return Outcome(crawl, f"{recurrence.name}: {name} is declared, sequence {crawl.sequence}")


def _find_earlier(root: DataRoot, recurrence: Recurrence) -> str | None:
    """The last crawl of the same that holds pages, so that what has not changed since need not be stored again."""
    held = [each.name for each in crawls_of(root, recurrence.name) if each.enabled and root.manifest("raw_crawl", each.name)]
    return held[-1] if held else None


def _declare_arrivals(root: DataRoot, recurrence: Recurrence, now: datetime) -> Outcome:
    watched = recurrence.parse()
    assert isinstance(watched, LocalFiles)
    found = find_arrivals(watched, _list_taken(root), recurrence.settle_seconds, now.timestamp())
    if not found.ready:
        return Outcome(None, f"{recurrence.name}: {_tell_waiting(found)}")
    name = recurrence.name_at(now)
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    free = next(each for each in names if not root.declaration_path(each).exists())
    outcome = _declare(root, recurrence, free, {"path": [str(path) for path in found.ready]})
    return Outcome(outcome.crawl, f"{outcome.told}, of {len(found.ready):,} files; {_tell_waiting(found)}")


def _list_taken(root: DataRoot) -> set[str]:
    """Files that some crawl of the root reads, whoever declared it, and those it would read if they were there."""
    taken: set[str] = set()
    for crawl in root.crawls(disabled=True):
        parameters = crawl.parameters
        if isinstance(parameters, LocalFiles):
            taken.update(parameters.path if isinstance(parameters.path, tuple) else _find(parameters))
    return taken


def _find(parameters: LocalFiles) -> Iterable[str]:
    try:
        return [str(path) for path in parameters.find_files()]
    except ConfigError:
        return []


def _tell_waiting(found: Arrivals) -> str:
    growing = f"{len(found.growing):,} files still grow" if found.growing else ""
    cut = f"{len(found.cut_off):,} end in the middle of a record, {found.cut_off[0]} first" if found.cut_off else ""
    return ", ".join(part for part in (growing, cut) if part) or "nothing new"


def declare_all(root: DataRoot, source: str, due: Callable[[Recurrence], datetime]) -> tuple[list[Outcome], list[LLMAssetsError]]:
    """One look at all of a source that recurs and is enabled; ``due`` tells when it was due last.

    What fails holds up none of the others: the errors are returned, to be told.
    """
    outcomes: list[Outcome] = []
    errors: list[LLMAssetsError] = []
    for path in _list_paths(root):
        try:
            recurrence = read_recurrence(path)
            if recurrence.source == source and recurrence.enabled:
                outcomes.append(declare_next(root, recurrence, due(recurrence)))
        except LLMAssetsError as error:
            errors.append(error)
    return outcomes, errors
