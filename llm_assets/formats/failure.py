"""How the last step of an output failed: a small file beside its manifest, until the next step of it ends well."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from llm_assets.formats.manifest import put_text

FAILURE = "failure.json"
LONGEST_ERROR = 2_000
"""Characters of an error that are kept."""


@dataclass(frozen=True)
class Failure:
    """``inputs`` is the fingerprint of all that the step read; ``error`` is for people, and redacted; ``when`` in ISO 8601, UTC."""

    inputs: str
    error: str
    when: str


def record_failure(place: Path, inputs: str, error: str, put: Callable[[Path, str], None] = put_text) -> None:
    """Notes that a step of the output at a place failed, in place of what was noted before. ``put`` is how the root writes."""
    failure = Failure(inputs, error[:LONGEST_ERROR], datetime.now(UTC).isoformat(timespec="seconds"))
    put(place / FAILURE, json.dumps(asdict(failure), indent=1, ensure_ascii=False) + "\n")


def read_failure(place: Path) -> Failure | None:
    """What is noted; None where nothing is, or nothing that can be read: then the output is tried again."""
    try:
        return Failure(**json.loads((place / FAILURE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
