"""py3langid: naive Bayes over byte n-grams, 139 languages.

The library walks bytes in Python and multiplies in float32; here a kernel walks its model, and sums in float64 in the order
of first visit, so that neither the batch nor the BLAS at hand decides a bit of the score.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from llm_assets.utf8 import Utf8


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


def labels_py3langid() -> tuple[str, ...]:
    """ISO 639 codes of the classes. A language has several, ``sr`` for one; its probability stands at the first."""
    return _model().labels


def estimate_py3langid(texts: pl.Series) -> NDArray[np.float64]:
    """Probabilities [texts, classes] of the classes in :func:`labels_py3langid`; all 0 where a text has nothing to go by."""
    # As the library does: capitals alone say little, and a letter has one form.
    shouted = (texts == texts.str.to_uppercase()) & (texts != texts.str.to_lowercase())
    return _estimate_utf8(Utf8.of(texts.zip_with(~shouted, texts.str.to_lowercase()).str.normalize("NFC")))


def estimate_few_py3langid(texts: Sequence[str]) -> NDArray[np.float64]:
    """As :func:`estimate_py3langid`, for so few texts that making a Series of them would take longer than reading them."""
    read = [text.lower() if text == text.upper() and text != text.lower() else text for text in texts]
    raw = [unicodedata.normalize("NFC", text).encode("utf-8", "replace") for text in read]
    offsets = np.cumsum([0, *map(len, raw)], dtype=np.int64)
    return _estimate_utf8(Utf8(np.frombuffer(b"".join(raw), np.uint8), offsets))


def _estimate_utf8(utf8: Utf8) -> NDArray[np.float64]:
    model = _model()
    return _estimate(utf8.data, utf8.offsets, model.step, model.row, model.feature, model.weights, model.prior, model.merged)


def name_languages(probabilities: NDArray[np.float64]) -> pl.DataFrame:
    """The likeliest class of each row of [texts, classes] and its probability; ``und`` and 0 where all are 0."""
    labels = labels_py3langid()
    scores = probabilities.max(axis=1, initial=0.0)
    best = np.where(scores > 0, probabilities.argmax(axis=1), len(labels))
    return pl.DataFrame({"language": pl.Series([*labels, "und"]).gather(pl.Series(best)), "language_score": scores})


def identify_py3langid(texts: pl.Series) -> pl.DataFrame:
    """Languages by ISO 639-1, where there is one; the score is the model's probability, tempered by length as in the library."""
    return name_languages(estimate_py3langid(texts))


@numba.njit(cache=True)
def _estimate(
    data: NDArray[np.uint8],
    texts: NDArray[np.int64],
    step: NDArray[np.uint32],
    row: NDArray[np.int64],
    feature: NDArray[np.int32],
    weights: NDArray[np.float32],
    prior: NDArray[np.float64],
    merged: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Probabilities [texts, classes]; those of merged classes are at the class they are merged into."""
    classes = len(prior)
    probabilities = np.zeros((len(texts) - 1, classes), np.float64)
    counts, visited = np.zeros(len(weights), np.int64), np.empty(len(weights), np.int64)
    for doc in range(len(probabilities)):
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
        probabilities[doc] = np.minimum(odds / total, 1.0)
    return probabilities
