"""What the explorer holds of a root: the model, tokenizers and the catalog, opened when first asked for, anew when a run replaced them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from llm_assets.catalog import read_catalog
from llm_assets.errors import ConfigError, DataError
from llm_assets.root import DataRoot
from llm_assets.shelves import settle_catalog

if TYPE_CHECKING:
    import tokenizers

    from llm_assets.model.transformer import Transformer
    from llm_assets.recipe import Recipe
    from llm_assets.trace.text import Tracer

T = TypeVar("T")

PROJECT = "project"
"""Name of the root's own tokenizer; a side input of this name is not to be seen beside it."""

MOST_TOKENIZERS = 4
"""Tokenizers held at once: one of 100,000 tokens takes some 50 MB."""

QUERY_SECONDS = 10.0
"""A query that takes longer is ended: it would hold up all others."""

QUERIES = 4
"""Queries at once; more would only share the same cores and disk."""


@dataclass(frozen=True)
class HeldTokenizer:
    """A tokenizer and the bytes of its ids."""

    tokenizer: tokenizers.Tokenizer
    raw: list[bytes]


@dataclass(frozen=True)
class HeldModel:
    """A model, its tokenizer, and what each token looks like. One step of the model is taken at a time: ``turn`` says whose it is."""

    model: Transformer
    tokenizer: tokenizers.Tokenizer
    texts: list[str]
    turn: threading.Lock = field(default_factory=threading.Lock)


class Holdings:
    """A root as the explorer reads it, by many threads at once. ``recipe`` gives the recipe it is judged by, as it is now."""

    def __init__(self, root: DataRoot, recipe: Callable[[], Recipe], device: str = "auto") -> None:
        self.root, self.recipe, self.device = root, recipe, device
        self._held: dict[tuple[str, str], tuple[object, Any]] = {}
        self._loading = threading.RLock()
        self._queries = threading.BoundedSemaphore(QUERIES)

    @contextmanager
    def catalog(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own for the block, which ends after ``QUERY_SECONDS``: ConfigError."""
        with self._loading:
            settle_catalog(self.root)
        with self._queries, read_catalog(self.root.catalog) as connection:
            watch = threading.Timer(QUERY_SECONDS, connection.interrupt)
            watch.daemon = True
            watch.start()
            try:
                yield connection
            except duckdb.InterruptException as error:
                raise ConfigError(
                    f"this took longer than {QUERY_SECONDS:.0f} s: look for something rarer, or ask by `llm-assets sql`"
                ) from error
            finally:
                watch.cancel()

    def tokenizer_files(self) -> dict[str, Path]:
        """Tokenizers by name: the root's own first, where it has one, then those among its side inputs."""
        from llm_assets.tokenizer.ranks import find_tokenizer

        manifest = self.root.manifest("tokenizer")
        own = {} if manifest is None else {PROJECT: self.root.artefact("tokenizer").path("tokenizer.json")}
        inputs = {name: find_tokenizer(self.root.input_path(name)) for name in self.root.inputs()}
        return own | {name: path for name, path in inputs.items() if path is not None and name != PROJECT}

    def tokenizer(self, name: str) -> HeldTokenizer:
        """A tokenizer by its name. DataError where the root has none yet, ConfigError where it has others."""
        files = self.tokenizer_files()
        if name not in files:
            if name == PROJECT:
                raise DataError("there is no tokenizer yet: `llm-assets run` trains it", self.root.place("tokenizer"))
            raise ConfigError(f"there is no tokenizer {name!r}; there are: {', '.join(files) or 'none'}")
        return self._hold("tokenizer", name, files[name], lambda: _open_tokenizer(files[name]), MOST_TOKENIZERS)

    def model(self) -> HeldModel:
        """The root's model. DataError where there is none yet."""
        folder = self.root.artefact("trained_model").whole()
        return self._hold("model", "", folder, lambda: _open_model(folder, self.device))

    def tracer(self) -> Tracer:
        """What traces texts in the training set. DataError where that was not indexed yet."""
        from llm_assets.provenance import open_tracer

        versions = [self.root.manifest(asset) for asset in ("trace_index", "training_set", "tokenizer")]
        return self._hold("tracer", "", [each.folder if each else None for each in versions], lambda: open_tracer(self.root))

    def _hold(self, kind: str, name: str, version: object, load: Callable[[], T], most: int = 1) -> T:
        """What is held under a name, loaded where it is not there or of another version. Of a kind at most ``most`` are held."""
        held = self._held.get((kind, name))
        if held is None or held[0] != version:
            with self._loading:
                held = self._held.get((kind, name))
                if held is None or held[0] != version:
                    others = [each for each in self._held if each[0] == kind and each != (kind, name)]
                    for oldest in others[: max(0, len(others) + 1 - most)]:
                        del self._held[oldest]
                    held = self._held[kind, name] = (version, load())
        value: T = held[1]
        return value


def _open_tokenizer(path: Path) -> HeldTokenizer:
    from llm_assets.tokenizer.bpe import token_bytes
    from llm_assets.tokenizer.ranks import read_tokenizer

    tokenizer = read_tokenizer(path)
    return HeldTokenizer(tokenizer, token_bytes(tokenizer))


def _open_model(folder: Path, device: str) -> HeldModel:
    import torch

    from llm_assets.sampling.generate import open_model
    from llm_assets.sampling.next_token import token_texts

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # the other cores are for queries and pages
    model, tokenizer = open_model(folder, device)
    return HeldModel(model, tokenizer, token_texts(tokenizer))
