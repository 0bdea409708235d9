"""Files that a node sends, piece by piece: they lie apart until all of an item's are here and whole."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llm_assets.engine.journal import TRIES
from llm_assets.engine.ray_node import Piece
from llm_assets.errors import DataError

if TYPE_CHECKING:
    from hashlib import _Hash


class Arrival:
    """The files of one try at an item: ``outputs`` below the folder under way."""

    def __init__(self, folder: Path, outputs: Sequence[Path]) -> None:
        self._folder = folder
        self._outputs = outputs
        self._scratch = folder / TRIES / uuid.uuid4().hex
        self._digests: dict[int, _Hash] = {}

    def add(self, piece: Piece) -> None:
        """Takes the next piece of a file. DataError where the file is not the one that was sent."""
        path = self._path(self._outputs[piece.output])
        digest = self._digests.setdefault(piece.output, hashlib.sha256())
        digest.update(piece.data)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(piece.data)
        if piece.digest is not None and piece.digest != digest.hexdigest():
            raise DataError("the file was damaged on its way from a node: run again", self._outputs[piece.output])

    def settle(self) -> None:
        """Puts the files at their places, in the order of the outputs: a note on them comes last."""
        for place in self._outputs:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._path(place).replace(place)
        self.drop()

    def drop(self) -> None:
        """Removes what has arrived."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _path(self, place: Path) -> Path:
        return self._scratch / place.relative_to(self._folder)
