"""Fetches many files over few connections, and says which of them did not come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from threading import Event
from typing import Generic, TypeVar

from llm_assets.crawl.remote import MissingFileError
from llm_assets.engine import Progress
from llm_assets.errors import DataError, UnreachableError

Result = TypeVar("Result")

CONNECTIONS = 4
"""Files under way at once, however many workers there are: the service is shared, and asks not to be pressed."""

MAX_FAILURES = 8
"""After so many files that did not come though they should be there, no more are asked for: the service is down."""

_MAX_NAMED = 20


@dataclass(frozen=True)
class Fetched(Generic[Result]):
    """What came, by its location, and the locations that the server says it lacks, both in the order asked for."""

    results: dict[str, Result]
    missing: list[str]


def fetch_all(
    locations: Sequence[str], fetch: Callable[[str], Result], stop: Event, label: str, progress: Progress, unit: str = "files"
) -> Fetched[Result]:
    """Results of ``fetch`` for each location. ``stop`` ends the fetches that are under way when this one ends early.

    A location that raises MissingFileError is missing, and one that raises another DataError has failed. DataError at the end,
    once the others have come, where any failed: it names them, and a later call needs to fetch no more than those.
    """
    results: dict[str, Result] = {}
    missing: set[str] = set()
    failed: dict[str, DataError] = {}
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            work = {pool.submit(fetch, location): location for location in locations}
            progress(label, 0, len(work), unit)
            for done, future in enumerate(as_completed(work), 1):
                try:
                    results[work[future]] = future.result()
                except MissingFileError:
                    missing.add(work[future])
                except DataError as error:
                    failed[work[future]] = error
                progress(label, done, len(work), unit)
                if len(failed) == MAX_FAILURES:
                    break
        finally:  # also after an error or an interrupt: what is under way ends, and keeps what it has
            stop.set()
            pool.shutdown(cancel_futures=True)
    if failed:
        raise _sum_up([(location, failed[location]) for location in locations if location in failed])
    return Fetched(
        {location: results[location] for location in locations if location in results},
        [location for location in locations if location in missing],
    )


def _sum_up(failed: Sequence[tuple[str, DataError]]) -> DataError:
    others = ", ".join(location for location, _ in failed[1:_MAX_NAMED])
    kind = UnreachableError if all(isinstance(error, UnreachableError) for _, error in failed) else DataError
    return kind(f"{failed[0][1]}{f'; nor do {others}' if others else ''}. What came is kept: run it again to go on from there")
