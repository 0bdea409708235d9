"""An ablation drawn: each training as a dot, each variant's mean, and the interval of its difference from the baseline."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from llm_assets.ablation.comparison import CONFIDENCE, Row
from llm_assets.ablation.trial import Trial
from llm_assets.display import for_plain_text

BASE, OTHER, DOT = "#57606a", "#0969da", "#8c959f"
LABEL_LETTERS = 34


def draw_comparison(rows: Sequence[Row], trials: Sequence[Trial], title: str) -> bytes:
    """A PNG; the same trials give the same bytes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 1.3 + 0.55 * len(rows)), layout="constrained")
    axes = figure.subplots()
    base = rows[0].mean
    for place, row in enumerate(rows):
        dots = [trial.bits_per_byte for trial in trials if trial.variant == row.variant]
        axes.plot(dots, [place] * len(dots), "o", color=DOT, markersize=5, zorder=2)
        error = None
        if row.low is not None and row.high is not None:
            error = [[row.mean - (base + row.low)], [base + row.high - row.mean]]
        colour = OTHER if place else BASE
        axes.errorbar([row.mean], [place], xerr=error, fmt="D", color=colour, ecolor=colour, capsize=4, markersize=6, zorder=3)
    axes.axvline(base, color=BASE, linewidth=1, linestyle=":")
    labels = [textwrap.fill(for_plain_text(row.variant), LABEL_LETTERS) for row in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=8, parse_math=False)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(f"bits per byte on the held-out text, lower is better; bars: {CONFIDENCE:.0%} interval of the difference", fontsize=8)
    axes.set_title(for_plain_text(title), loc="left", fontsize=9, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    png = io.BytesIO()
    figure.savefig(png, dpi=110, metadata={"Software": None})
    return png.getvalue()
