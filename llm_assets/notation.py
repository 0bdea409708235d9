"""Numbers and bounds as people read them."""

from __future__ import annotations

import math

MOST_EXACT = 1 << 53
"""Whole numbers from here on are no longer exact in the JSON of most programs."""


def show_number(value: float) -> str:
    """A number for eyes: whole ones in full, others to four figures.

    >>> show_number(12345.0), show_number(0.123456), show_number(float("nan"))
    ('12,345', '0.1235', 'NaN')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else str(value)
    if value == int(value) and abs(value) < MOST_EXACT:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def show_measured(value: float | None, *bounds: float | None) -> str:
    """A measured value to four figures, or to as many as tell it from its bounds.

    >>> show_measured(0.30001, 0.3), show_measured(None)
    ('0.30001', 'none')
    """
    if value is None:
        return "none"
    shown = show_number(value)
    return repr(value) if any(bound is not None and value != bound and shown == show_number(bound) for bound in bounds) else shown


def show_bounds(low: float | None, high: float | None, low_open: bool = False, high_open: bool = False) -> str:
    """What lies between two bounds, an open one excluded.

    >>> show_bounds(30, 100_000), show_bounds(None, 0.3), show_bounds(0.65, None, low_open=True)
    ('30–100,000', '≤ 0.3', '> 0.65')
    """
    if low is not None and high is not None and not (low_open or high_open):
        return f"{show_number(low)}–{show_number(high)}"
    ends = [
        f"{'>' if low_open else '≥'} {show_number(low)}" if low is not None else "",
        f"{'<' if high_open else '≤'} {show_number(high)}" if high is not None else "",
    ]
    return ", ".join(filter(None, ends))
