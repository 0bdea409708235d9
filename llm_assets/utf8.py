"""The texts of a batch as flat bytes, the form that kernels walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Utf8:
    """Texts one after the other: ``data`` (bytes), and ``offsets`` [documents + 1] into it."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, texts: pl.Series) -> Utf8:
        """The bytes of a String series without nulls."""
        array = texts.rechunk().to_arrow().cast(pa.large_string())
        _, offsets, data = array.buffers()
        bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1] if len(array) else np.zeros(1, np.int64)
        return cls(np.frombuffer(data or b"", np.uint8), bounds)

    def to_series(self, name: str) -> pl.Series:
        """The texts as a String series, over the same bytes."""
        array = pa.LargeStringArray.from_buffers(len(self.offsets) - 1, pa.py_buffer(self.offsets), pa.py_buffer(self.data))
        return pl.Series(name, array, dtype=pl.String)
