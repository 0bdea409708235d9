"""Numbers as shapes: bars of an SVG picture, and bars of letters where no picture can be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_assets.report_page.histograms import BINS, Histogram

WIDTH, HEIGHT = 336, 96
"""Units of a histogram's picture; its page scales it."""

BLOCKS = "\N{NO-BREAK SPACE}▁▂▃▄▅▆▇█"
LETTERS = 24
"""Letters of a histogram in letters."""


@dataclass(frozen=True)
class Bar:
    """A bin: a bar for its documents, in it one for those that passed. Units of the picture, from its top left."""

    x: float
    width: float
    height: float
    passed_height: float
    label: str


def draw_bars(histogram: Histogram) -> Iterator[Bar]:
    """The bins that hold documents. Heights go by the square root, so that a tail is seen beside a peak."""
    tallest = max(histogram.documents, default=0)
    for number, (documents, passed) in enumerate(zip(histogram.documents, histogram.passed, strict=True)):
        if documents:
            height, passed_height = (round(HEIGHT * math.sqrt(count / tallest), 1) for count in (documents, passed))
            yield Bar(number * WIDTH / BINS, WIDTH / BINS - 1, height, passed_height, histogram.describe_bin(number))


def place_cuts(histogram: Histogram) -> list[tuple[float, float]]:
    """Each end of a bound, and its place from the left, in units of the picture."""
    return [(end, round(place * WIDTH / BINS, 1)) for end, place in histogram.cuts()]


def shade_outside(histogram: Histogram) -> list[tuple[float, float]]:
    """Stretches that no language's bound includes, from and to, in units of the picture."""
    highs = [bound.high for _, bound in histogram.rules]
    lows = [bound.low for _, bound in histogram.rules]
    places = dict(place_cuts(histogram))
    stretches = []
    if lows and None not in lows:
        stretches.append((0.0, places[min(low for low in lows if low is not None)]))
    if highs and None not in highs:
        stretches.append((places[max(high for high in highs if high is not None)], float(WIDTH)))
    return stretches


def spell_histogram(histogram: Histogram) -> str:
    """The histogram in letters, ``│`` where a bound's end lies."""
    step = BINS // LETTERS
    counts = [sum(histogram.documents[start : start + step]) for start in range(0, BINS, step)]
    letters = _spell_counts(counts)
    for _, bins in reversed(histogram.cuts()):
        place = round(bins / step)
        letters = letters[:place] + "│" + letters[place:]
    return letters


def _spell_counts(counts: Sequence[int]) -> str:
    tallest = max(counts, default=0) or 1
    return "".join(BLOCKS[math.ceil(math.sqrt(count / tallest) * (len(BLOCKS) - 1))] for count in counts)
