"""langdetect: letter trigrams of 55 languages, by a Monte Carlo of seven trials. Slow, and the more precise on short text.

It calls languages it lacks by the name of some other, with confidence. Its random numbers are seeded anew for each document.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

SEED = 0


@cache
def _factory() -> Any:
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    # By name: the library takes a folder's own order, and sums of floats follow it.
    profiles = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if path.is_file() and not path.name.startswith("."))
    factory.load_json_profile([path.read_text(encoding="utf-8") for path in profiles])
    factory.set_seed(SEED)
    return factory


def estimate_langdetect(text: str) -> dict[str, float]:
    """Probabilities of the languages above 0.1 as langdetect names them (``zh-cn``), the likeliest first: means over the trials."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _factory().create()
    detector.append(text)
    try:
        return {found.lang: min(found.prob, 1.0) for found in detector.get_probabilities()}
    except LangDetectException:  # it has no letter to go by
        return {}


def identify_langdetect(texts: pl.Series) -> pl.DataFrame:
    """Languages as langdetect names them (``zh-cn``); the score is their probability."""
    found = [next(iter(estimate_langdetect(text).items()), ("und", 0.0)) for text in texts]
    return pl.DataFrame(found, schema={"language": pl.String, "language_score": pl.Float64}, orient="row")
