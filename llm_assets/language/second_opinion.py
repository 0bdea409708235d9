"""py3langid, and where it is unsure the mean of its opinion and langdetect's: the speed of the one, the precision of the other.

py3langid is fast and knows more languages, but wavers between close ones (Croatian and Bosnian, Indonesian and Malay) and on
short or broken text. langdetect tells those apart, but is slow and gives a language it lacks the name of another with
confidence. So it is asked only about texts on which the first is unsure, and heard only on languages that the first holds
possible. The two opinions weigh the same (a linear opinion pool; Stone 1961): a text is named with confidence where both agree.

    py3langid  bs .53, hr .45        langdetect  hr 1.00      →  hr .73
    py3langid  zh .53, yue .46       langdetect  ko 1.00      →  zh .27: one of them errs
    py3langid  en .91                not asked                →  en .91
"""

from __future__ import annotations

import numpy as np
import polars as pl

from llm_assets.language.langdetect import estimate_langdetect
from llm_assets.language.py3langid import estimate_py3langid, labels_py3langid, name_languages

SURE = 0.8
"""Probability at which the first opinion stands alone. Between 0.7 and 0.95 the accuracy hardly moves; the cost triples."""

POSSIBLE = 0.01
"""Probability that the first opinion must give a language for the second to be heard on it."""


def identify_second_opinion(texts: pl.Series) -> pl.DataFrame:
    """Languages by ISO 639-1, where there is one (``zh`` in any script); the score is py3langid's probability or the mean of both.

    Where langdetect sees nothing to go by, the first opinion stands.
    """
    probabilities, labels = estimate_py3langid(texts), labels_py3langid()
    best = probabilities.max(axis=1, initial=0.0)
    for row in np.flatnonzero((best > 0) & (best < SURE)).tolist():
        if opinion := estimate_langdetect(texts[row]):
            first = probabilities[row]
            pooled = first / 2
            for name, probability in opinion.items():
                column = labels.index(name.partition("-")[0])
                if first[column] >= POSSIBLE:
                    pooled[column] += probability / 2
            probabilities[row] = pooled
    return name_languages(probabilities)
