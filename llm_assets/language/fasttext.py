"""fastText: a linear model over words and character n-grams, read from a file. Joulin et al. 2016, arXiv:1607.01759.

The file is any supervised model whose labels are languages, such as ``lid.176.ftz`` (176 languages; FineWeb's identifier). It
wants the extra ``fasttext``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from llm_assets.errors import ConfigError, DataError

LABEL_PREFIX = "__label__"


_MAGIC = (0x2F4F16BA).to_bytes(4, "little")


def find_model(folder: Path) -> Path | None:
    """The model in the folder of a side input: its one file, where it begins as fastText's do."""
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        return None
    with files[0].open("rb") as file:
        return files[0] if file.read(len(_MAGIC)) == _MAGIC else None


@cache
def load_model(path: Path) -> Any:
    """The library's model. ConfigError where the library is missing, DataError where the file is no model with labels."""
    try:
        import fasttext
    except ImportError as error:
        raise ConfigError("identifier fasttext wants the extra of that name: pip install 'llm-assets[fasttext]'") from error
    try:
        model = fasttext.load_model(str(path))
        model.predict("")
    except (ValueError, RuntimeError, MemoryError) as error:
        raise DataError(f"this is no fastText model with labels: {error}", path) from error
    return model


def name_labels(path: Path) -> list[str]:
    """The languages that a model knows, by name. Errors are those of :func:`load_model`."""
    return sorted(label.removeprefix(LABEL_PREFIX) for label in load_model(path).get_labels())


def identify_fasttext(texts: pl.Series, folder: Path) -> pl.DataFrame:
    """Languages as the model in ``folder`` labels them; the score is its probability.

    A text is ``und`` where it has no letter, or no word or n-gram of the model.

    ConfigError where the library is missing, DataError where the folder does not hold one model.
    """
    # The library reads one line, and has a language for an empty one as well.
    model = load_model(_find_file(folder))
    labels, scores = model.predict(texts.str.replace_all(r"[\r\n]", " ").to_list(), k=1) if len(texts) else ([], [])
    found = pl.DataFrame(
        {
            "language": pl.Series([next(iter(label), "und").removeprefix(LABEL_PREFIX) for label in labels], dtype=pl.String),
            "language_score": pl.Series([min(float(next(iter(score), 0.0)), 1.0) for score in scores], dtype=pl.Float64),
        }
    )
    seen = texts.str.contains(r"\p{L}")
    return found.select(
        language=pl.when(seen).then("language").otherwise(pl.lit("und")),
        language_score=pl.when(seen).then("language_score").otherwise(0.0),
    )


def _find_file(folder: Path) -> Path:
    files = sorted(folder.iterdir())
    if len(files) != 1:
        raise DataError(f"one model file is wanted, here are {len(files)}", folder)
    return files[0]
