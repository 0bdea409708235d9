"""Models of the sizes that GPUs are measured with: weights drawn from a seed, tokens made of a text, no files but that text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llm_assets.errors import ConfigError, DataError
from llm_assets.model.config import Dimensions, Model

VOCABULARY = 50_304
"""GPT-2's, up to a multiple of 64 (and of 128)."""


@dataclass(frozen=True)
class Size:
    """A model, and how many of its windows fill a GPU of 80 GB or more in a forward pass."""

    model: Model
    windows: int

    @property
    def dimensions(self) -> Dimensions:
        """All its sizes."""
        return self.model.dimensions(VOCABULARY)


SIZES = {
    "124M": Size(Model(layers=12, width=768, heads=12, context=1024), windows=64),
    "1B": Size(Model(layers=18, width=2048, heads=16, context=2048), windows=16),
}


def find_size(name: str) -> Size:
    """One of the table. ConfigError where there is none of that name."""
    if name not in SIZES:
        raise ConfigError(f"--size is {name!r}; it could be {', '.join(SIZES)}")
    return SIZES[name]


def read_tokens(path: Path, context: int) -> Sequence[np.ndarray]:
    """Ids over the whole vocabulary, two bytes of a text each. DataError where they do not fill a window."""
    content = path.read_bytes()
    ids = np.frombuffer(content[: len(content) // 2 * 2], "<u2") % VOCABULARY
    if len(ids) <= context:
        raise DataError(f"the text has {len(content):,} bytes; more than {2 * context:,} are needed", path)
    return [ids.astype(np.uint16)]
