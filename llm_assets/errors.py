"""Every error a person may meet.

LLMAssetsError
├── ConfigError       a recipe, declaration or command line that cannot be followed: names the key, what it got, what it could be
├── DataError         a file that is missing, damaged or of another kind than told: names the file and, where known, the offset
│   └── UnreachableError   a server that does not answer, or not as it should: the same may go well later
├── AccountingError   documents in are not documents kept plus documents rejected: a defect of a stage, never shrugged off
└── LockedError       another run is writing the same output

A bad document is none of these: it is a counted rejection. Assertions are for this project's own bugs.
"""

from __future__ import annotations

from os import PathLike


class LLMAssetsError(Exception):
    """Base of all errors raised on purpose; the command line prints it without a traceback."""


class ConfigError(LLMAssetsError):
    """What was asked for cannot be done as written. ``key`` is the one at fault, where the message is of one alone."""

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class DataError(LLMAssetsError):
    """A file cannot be used. ``path`` and ``offset`` (bytes) say where."""

    def __init__(self, message: str, path: str | PathLike[str] | None = None, offset: int | None = None) -> None:
        place = "" if path is None else f"{path}: " if offset is None else f"{path} at byte {offset:,}: "
        super().__init__(place + message)
        self.path = path
        self.offset = offset


class UnreachableError(DataError):
    """A server gives no answer, or not the one it should, however often it is asked. The only error that time alone may mend."""


class AccountingError(LLMAssetsError):
    """A stage lost or invented documents."""


class LockedError(LLMAssetsError):
    """The output is being written by another run."""
