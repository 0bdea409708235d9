"""Kind ``presidio``: names of people, as Microsoft Presidio finds them with a spaCy pipeline. Off unless a recipe asks for it.

It wants the extra ``presidio`` and a spaCy pipeline installed as a package; nothing is ever downloaded. A statistical model
judges a name by all the words around it: it misses some, takes some words for names, and may judge again once a text is
redacted. So a text is asked once, and the check for what is left does not ask it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

from llm_assets.errors import ConfigError
from llm_assets.pii.kinds import WALL, Kind

NAME = "presidio"
PIECE_CHARACTERS = 20_000
"""Texts go through the model in pieces of about so many characters, since its memory grows with their length."""

_PIECE = re.compile(rf"(?s).{{1,{PIECE_CHARACTERS}}}(?!\S)|.{{1,{PIECE_CHARACTERS}}}")


@cache
def name_kind(model: str) -> Kind:
    """The kind that asks the spaCy package ``model``. ConfigError where it, or the extra, is not installed."""
    if find_spec("presidio_analyzer") is None:
        raise ConfigError(f"pii.kinds: {NAME} wants the extra of that name: pip install 'llm-assets[{NAME}]'")
    import spacy

    if not spacy.util.is_package(model):
        raise ConfigError(f"pii.model: there is no spaCy package {model!r} installed, and none is downloaded: pip install it")
    return Kind(
        name=NAME,
        find=partial(find_names, model=model),
        hint=r"\w",
        stand_ins=("Jane Doe", "John Doe", "Richard Roe"),
        label="person",
        steady=False,
    )


def find_names(text: str, model: str) -> Iterator[tuple[int, int]]:
    """Places of people's names, as the spaCy package ``model`` sees them."""
    analyzer, language = _load(model)
    for piece in _PIECE.finditer(text):
        found = analyzer.analyze(piece[0].replace(WALL, " "), language, entities=["PERSON"])
        end = 0
        for start, stop in sorted((each.start, each.end) for each in found):
            if start >= end and WALL not in piece[0][max(start - 1, 0) : stop + 1]:
                end = stop
                yield piece.start() + start, piece.start() + stop


@cache
def _load(model: str) -> tuple[Any, str]:
    """Presidio with that pipeline and nothing else: its own choice of recognizers would fetch a list of domains."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    language = str(spacy.info(model)["lang"])
    names = SpacyRecognizer(supported_language=language, supported_entities=["PERSON"])
    registry = RecognizerRegistry(recognizers=[names], supported_languages=[language])
    engine = SpacyNlpEngine(models=[{"lang_code": language, "model_name": model}])
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language]), language
