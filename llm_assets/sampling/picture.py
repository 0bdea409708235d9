"""Predictions drawn as every introduction to language models draws them: the window, and a bar for each next token.

Text of a model is shown redacted, spaces and line ends made visible, never as matplotlib's own markup. The same predictions
give the same bytes.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llm_assets.display import for_plain_text
from llm_assets.sampling.prediction import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CORRECT, OTHER = "#1a7f37", "#8c959f"
WINDOW_LETTERS, TOKEN_LETTERS = 92, 24
INCHES_A_BAR, INCHES_A_HEAD, WIDTH = 0.2, 0.95, 7.2


def draw_predictions(predictions: Sequence[Prediction]) -> bytes:
    """A PNG of the predictions, one below the other; the bar of the correct token is green."""
    from matplotlib.figure import Figure

    heights = [INCHES_A_HEAD + INCHES_A_BAR * len(prediction.bars) for prediction in predictions]
    figure = Figure(figsize=(WIDTH, max(1.0, sum(heights))), layout="constrained")
    rows = figure.subplots(max(1, len(heights)), 1, squeeze=False, gridspec_kw={"height_ratios": heights or [1]})[:, 0]
    for axes, prediction in zip(rows, predictions, strict=False):
        _draw(axes, prediction)
    if not predictions:
        rows[0].set_axis_off()
    png = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")  # a box stands for the letter
        figure.savefig(png, dpi=110, metadata={"Software": None})
    return png.getvalue()


def _draw(axes: Axes, prediction: Prediction) -> None:
    bars = prediction.bars
    labels = [f"{show_token(bar.text, TOKEN_LETTERS)}  " for bar in bars]
    colours = [CORRECT if prediction.correct and bar.token == prediction.correct.token else OTHER for bar in bars]
    drawn = axes.barh(range(len(bars)), [bar.probability for bar in bars], color=colours, height=0.75)
    axes.bar_label(drawn, [f" {bar.probability:.1%}" for bar in bars], fontsize=8)
    axes.set_yticks(range(len(bars)), labels, fontsize=8, family="monospace", parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * max((bar.probability for bar in bars), default=1.0))
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    window = "".join(show_token(token) for token in prediction.window)[-2 * WINDOW_LETTERS :]
    title = textwrap.fill(window + " ▸ ?", WINDOW_LETTERS)
    axes.set_title(title, loc="left", fontsize=8, family="monospace", parse_math=False)


def show_token(text: str, limit: int | None = None) -> str:
    """A token's text with its spaces, tabs and line ends made visible, redacted and free of control characters."""
    return for_plain_text(text, limit).replace(" ", "·").replace("\n", "⏎").replace("\t", "⇥")
