"""Lays documents one after the other into the shards of a split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from llm_assets.formats.shard import ShardWriter, Tokens, shard_name


class SplitPacker:
    """Writes ``SPLIT-00000.tokens``, ``SPLIT-00001.tokens`` … into a folder. Use it in ``with``.

    A document is never cut. One that would take a shard past ``shard_tokens`` begins the next shard; one longer than that
    has a shard of its own. No document, no shard.
    """

    def __init__(self, folder: Path, split: str, shard_tokens: int, open_writer: Callable[..., ShardWriter]) -> None:
        """``open_writer(path, split=…)`` opens a shard; what else a shard says of itself is bound in it."""
        self.split = split
        self.shards = self.documents = self.tokens = 0
        self._folder, self._shard_tokens, self._open_writer = folder, shard_tokens, open_writer
        self._writer: ShardWriter | None = None

    def place(self, ids: Tokens) -> tuple[int, int]:
        """Adds a document and returns its shard and its first token there."""
        if self._writer is None or self._writer.tokens + ids.size > self._shard_tokens:
            self._writer = self._next_shard()
        start = self._writer.tokens
        self._writer.append(ids)
        self.documents += 1
        self.tokens += ids.size
        return self.shards - 1, start

    def _next_shard(self) -> ShardWriter:
        if self._writer is not None:
            self._writer.close()
        path = self._folder / shard_name(self.split, self.shards)
        self.shards += 1
        return self._open_writer(path, split=self.split)

    def __enter__(self) -> SplitPacker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)
