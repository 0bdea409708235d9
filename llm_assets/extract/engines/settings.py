"""What every engine is told, and what each may refuse."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from llm_assets.section import Section


class EngineSettings(Section):
    """What an engine is told. One that cannot follow a wish says so in its docstring."""

    favour: Literal["precision", "balanced", "recall"] = "precision"
    """Less text but the right one, or more text with some of the page around it. FineWeb's choice is precision."""

    fast: bool = False
    """Leave out the slower second opinions. In a trial: .012 less F1 on pages of all kinds at a seventh more speed."""

    max_depth: int = Field(default=256, ge=1, le=1_000)
    """Elements nested in each other. Engines take time by the square of it, and browsers stop at 512; of 1,641 pages in a trial,
    none had more than 50."""


class TooDeepError(Exception):
    """The page's elements nest deeper than ``max_depth``. ``depth`` is how deep, the root counted as 1."""

    def __init__(self, depth: int) -> None:
        super().__init__(f"elements nest {depth} deep")
        self.depth = depth
