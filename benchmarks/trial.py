"""What a benchmark is asked: which input, how much of it, held against what, by which recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from llm_assets.errors import ConfigError
from llm_assets.recipe import Recipe


@dataclass(frozen=True)
class Trial:
    """One call. ``limit`` is in documents (for ``train`` in steps); ``scratch`` is an empty folder that goes away afterwards.

    ``side_inputs`` are folders by the names that the recipe calls them; ``size`` is a model of :mod:`benchmarks.sizes`.
    """

    input: Path
    truth: Path | None
    limit: int | None
    tokenizer: Path | None
    recipe: Recipe
    scratch: Path
    side_inputs: Mapping[str, Path] = field(default_factory=dict)
    size: str | None = None

    def __post_init__(self) -> None:
        for option, path in (("input", self.input), ("truth", self.truth), ("tokenizer", self.tokenizer)):
            if path is not None and not path.is_file():
                raise ConfigError(f"--{option}: there is no file at {path}")
        for name, folder in self.side_inputs.items():
            if not folder.is_dir():
                raise ConfigError(f"--side-input {name}: there is no folder at {folder}")
