"""A section of the recipe: one frozen value whose fields are identity."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """What one stage is told. Every field decides output bytes, so every field is in the fingerprint.

    Paths, devices and worker counts are no fields of a section: they are arguments of the stage.
    An unknown key is refused; the recipe loader turns that into a ConfigError that names the keys there are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def fingerprint(self) -> str:
        """sha256 (hex) of the section with all defaults resolved, so that a changed default counts as a change."""
        return fingerprint(self.model_dump(mode="json"))


def fingerprint(value: Any) -> str:
    """sha256 (hex) of a JSON-like value, independent of the order of mappings' keys.

    >>> fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
