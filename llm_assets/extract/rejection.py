"""Why a record gave no text."""

from __future__ import annotations

from typing import NamedTuple


class Rejection(NamedTuple):
    """The rule a page broke, what was measured and the bounds it should have kept; one row of ``rejections``.

    ``detail`` names an entry of a list, a MIME type or the class of an exception: never a stretch of the page.
    """

    rule: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    detail: str | None = None
