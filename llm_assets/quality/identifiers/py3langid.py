"""py3langid: naive Bayes over byte n-grams, 139 languages.

The library walks bytes in Python and multiplies in float32; here a kernel walks its model, and sums in float64 in the order
of first visit, so that neither the batch nor the BLAS at hand decides a bit of the score.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from llm_assets.quality.spans import Utf8


class Model(NamedTuple):
    """An automaton over bytes and what its states say of each class.

    ``step[row[state] * 256 + byte]`` is the next state; ``feature[state]`` the feature seen there or -1; ``weights``
    [features, classes] and ``prior`` [classes] are logarithms.
    """

    step: NDArray[np.uint32]
    row: NDArray[np.int64]
    feature: NDArray[np.int32]
    weights: NDArray[np.float32]
    prior: NDArray[np.float64]
    labels: tuple[str, ...]
    merged: NDArray[np.int64]


@cache
def _model() -> Model:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    labels = tuple(model.nb_classes)
    return Model(
        np.asarray(model.tk_nextmove, np.uint32),
        np.asarray(model.tk_row, np.int64),
        np.asarray(model.tk_output, np.int32),
        np.asarray(model.nb_ptc, np.float32),
        np.asarray(model.nb_pc, np.float64),
        labels,
        np.array([labels.index(label) for label in labels]),
    )


def identify_py3langid(texts: pl.Series) -> pl.DataFrame:
    """Languages by ISO 639-1, where there is one; the score is the model's probability, tempered by length as in the library."""
    model = _model()
    # As the library does: capitals alone say little, and a letter has one form.
    shouted = (texts == texts.str.to_uppercase()) & (texts != texts.str.to_lowercase())
    read = texts.zip_with(~shouted, texts.str.to_lowercase()).str.normalize("NFC")
    utf8 = Utf8.of(read)
    best, scores = _classify(utf8.data, utf8.offsets, model.step, model.row, model.feature, model.weights, model.prior, model.merged)
    labels = pl.Series([*model.labels, "und"])
    return pl.DataFrame({"language": labels.gather(pl.Series(best)), "language_score": scores})


@numba.njit(cache=True)
def _classify(
    data: NDArray[np.uint8],
    texts: NDArray[np.int64],
    step: NDArray[np.uint32],
    row: NDArray[np.int64],
    feature: NDArray[np.int32],
    weights: NDArray[np.float32],
    prior: NDArray[np.float64],
    merged: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Best class of each text (their number where no feature was seen) and its probability."""
    classes = len(prior)
    best, scores = np.full(len(texts) - 1, classes, np.int64), np.zeros(len(texts) - 1, np.float64)
    counts, visited = np.zeros(len(weights), np.int64), np.empty(len(weights), np.int64)
    for doc in range(len(best)):
        seen, state = 0, np.int64(0)
        for place in range(texts[doc], texts[doc + 1]):
            state = np.int64(step[row[state] * 256 + data[place]])
            found = feature[state]
            if found >= 0:
                if counts[found] == 0:
                    visited[seen] = found
                    seen += 1
                counts[found] += 1
        if seen == 0:
            continue
        logs = prior.copy()
        for number in range(seen):
            found = visited[number]
            weight = np.log1p(np.float64(counts[found]))
            counts[found] = 0
            for label in range(classes):
                logs[label] += weight * weights[found, label]
        logs /= np.sqrt(np.float64(texts[doc + 1] - texts[doc]))
        odds = np.exp(logs - logs.max())
        total = odds.sum()
        for label in range(classes):
            if merged[label] != label:
                odds[merged[label]] += odds[label]
                odds[label] = 0.0
        best[doc] = odds.argmax()
        scores[doc] = min(odds[best[doc]] / total, 1.0)
    return best, scores
