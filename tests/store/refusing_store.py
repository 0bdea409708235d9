"""A store's server that may refuse, as a store does when a session's credentials expire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Gate:
    """Lets so many uploads of outputs' files pass, and refuses the rest."""

    passes: int

    def refuses(self, request: dict[str, Any]) -> bool:
        if request["REQUEST_METHOD"] != "PUT" or not request["PATH_INFO"].endswith((".parquet", ".warc")):
            return False
        self.passes -= 1
        return self.passes < 0
