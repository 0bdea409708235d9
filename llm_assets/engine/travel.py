"""Values that travel to a place where the same files lie elsewhere: paths are told by the root they lie below.

    roots = {"partial": Path("/data/filtered_docs/.partial-1")}
    data = pack(partial(measure, target=Path("/data/filtered_docs/.partial-1/output")), roots)
    unpack(data, {"partial": Path("/scratch/7")})       # measure(target=/scratch/7/output)

A path is found wherever it stands in a value, since pickle itself asks; one below no root stays as it is.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

Roots = Mapping[str, Path]
"""Folders by the name that both ends know them by. Of two that a path lies below, the first is taken."""


def pack(value: object, roots: Roots) -> bytes:
    """A value pickled, its paths told by their roots."""
    buffer = io.BytesIO()
    _Packer(buffer, roots).dump(value)
    return buffer.getvalue()


def unpack(data: bytes, roots: Roots) -> Any:
    """The value again, its paths below this place's roots. Only for what this project's own processes packed."""
    return _Unpacker(io.BytesIO(data), roots).load()


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, roots: Roots) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._roots = roots

    def persistent_id(self, value: object) -> tuple[str, str] | None:
        """Pickle's own hook: what it keeps in place of the value, if anything."""
        if isinstance(value, Path):
            for name, root in self._roots.items():
                if value.is_relative_to(root):
                    return name, value.relative_to(root).as_posix()
        return None


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, roots: Roots) -> None:
        super().__init__(file)
        self._roots = roots

    def persistent_load(self, told: tuple[str, str]) -> Path:
        """Pickle's own hook: what the other end kept in place of a value."""
        name, relative = told
        return self._roots[name] / PurePosixPath(relative)
