"""Downloads that survive a server as it is: busy, slow, cut off in the middle, or wrong about lengths.

A file arrives beside its place, as ``.NAME.part``, and is moved there once it is whole: as long as the server says, and
gzip to its end. What has arrived is kept whatever happens; the next attempt, of this process or a later one, asks for the rest.
"""

from __future__ import annotations

import os
from pathlib import Path

from llm_assets.crawl.download_check import is_whole_gzip
from llm_assets.crawl.patience import Attempts, Patience
from llm_assets.crawl.remote import AttemptFailedError, open_remote
from llm_assets.errors import DataError


def download(url: str, path: Path, patience: Patience, max_bytes: int | None = None) -> None:
    """Brings a gzip file to ``path``, from ``http(s)://`` or what fsspec knows; at once where it lies there.

    Raises:
        MissingFileError: the server says that there is none (404, 410): final, and no reason to ask again.
        DataError: attempts are used up, the answer is one that waiting does not better, or longer than ``max_bytes``.
        ConfigError: no installed package reads such a URL.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    attempts = patience.begin(url)
    while True:
        attempts.pause()
        try:
            _attempt(url, part, patience.timeout_seconds, attempts, max_bytes)
        except AttemptFailedError as error:
            attempts.fail(error, _measure(part))
        else:
            part.replace(path)
            return


def _attempt(url: str, part: Path, timeout_seconds: float, attempts: Attempts, max_bytes: int | None) -> None:
    """Leaves the whole file at ``part``, which holds its beginning or is not there."""
    with open_remote(url, _measure(part), timeout_seconds) as answer, part.open("r+b" if answer.start else "wb") as file:
        file.seek(answer.start)
        file.truncate()
        for chunk in answer.chunks:
            attempts.check()
            file.write(chunk)
            if max_bytes is not None and file.tell() > max_bytes:
                raise DataError(f"the file is longer than {max_bytes:,} bytes", url)
        file.flush()
        os.fsync(file.fileno())
    if answer.total is not None and _measure(part) != answer.total:
        raise AttemptFailedError(f"{_measure(part):,} of {answer.total:,} bytes arrived")
    if not is_whole_gzip(part):
        part.unlink()
        raise AttemptFailedError("what arrived is no whole gzip file")


def _measure(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
