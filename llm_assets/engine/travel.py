"""Values that travel to a place where the same files lie elsewhere: paths are told by the root they lie below.

    roots = {"partial": Path("/data/filtered_docs/.partial-1")}
    data = pack(partial(measure, target=Path("/data/filtered_docs/.partial-1/output")), roots)
    unpack(data, {"partial": Path("/scratch/7")})       # measure(target=/scratch/7/output)

A path is found wherever it stands in a value, since pickle itself asks; one below no root stays as it is. Whoever unpacks may
make present what is told to be a file, or to lie in one of the side inputs.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

FILE, INPUT, PLACE = "file", "input", "place"
"""What a path told of is where it was packed: a file, a file or folder of a side input, or a place for something."""

INPUTS = "inputs"
"""Folder of a root's side inputs: ``inputs/NAME/<sha256>/…``."""

Arrive = Callable[[Path, str], None]
"""Told of each path that is unpacked, and what it is."""

Roots = Mapping[str, Path]
"""Folders by the name that both ends know them by. Of two that a path lies below, the first is taken."""


def pack(value: object, roots: Roots) -> bytes:
    """A value pickled, its paths told by their roots."""
    buffer = io.BytesIO()
    _Packer(buffer, roots).dump(value)
    return buffer.getvalue()


def unpack(data: bytes, roots: Roots, arrive: Arrive | None = None) -> Any:
    """The value again, its paths below this place's roots. Only for what this project's own processes packed."""
    return _Unpacker(io.BytesIO(data), roots, arrive).load()


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, roots: Roots) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._roots = roots

    def persistent_id(self, value: object) -> tuple[str, str, str] | None:
        """Pickle's own hook: what it keeps in place of the value, if anything."""
        if isinstance(value, Path):
            for name, root in self._roots.items():
                if value.is_relative_to(root):
                    relative = value.relative_to(root)
                    kind = FILE if value.is_file() else PLACE
                    return name, relative.as_posix(), INPUT if relative.parts[:1] == (INPUTS,) else kind
        return None


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, roots: Roots, arrive: Arrive | None) -> None:
        super().__init__(file)
        self._roots = roots
        self._arrive = arrive

    def persistent_load(self, told: tuple[str, str, str]) -> Path:
        """Pickle's own hook: what the other end kept in place of a value."""
        name, relative, kind = told
        path = self._roots[name] / PurePosixPath(relative)
        if self._arrive is not None:
            self._arrive(path, kind)
        return path
