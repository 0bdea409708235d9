"""Files of a JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from llm_assets.errors import DataError


def read_objects(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a file's lines; blank lines are passed over. DataError names the line that is none."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except ValueError as error:
                raise DataError(f"line {number:,} is not JSON: {error}", path) from error
            if not isinstance(item, dict):
                raise DataError(f"line {number:,} is no JSON object, such as one with a question and choices", path)
            yield item
