"""The recipe: one TOML file, one frozen value, every stage's parameters.

Literals in it are identity: each section has a fingerprint, and a stage is stale when a section it reads has another one.
The order of ``[filters.*]`` is identity too, since the first broken bound is a document's reason. An unknown key is
refused with the names that exist. Paths, devices and worker counts are no business of a recipe.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self, get_args, get_origin

import tomlkit
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, ValidationError, model_validator
from tomlkit.exceptions import TOMLKitError

from llm_assets.dedup.config import Dedup, Signatures
from llm_assets.errors import ConfigError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.opt_out import OptOuts
from llm_assets.extract.prescreen import Prescreen
from llm_assets.formats.manifest import put_text
from llm_assets.model.config import Model
from llm_assets.overlap.config import Contamination, Repetition, Selection
from llm_assets.pii.config import Pii
from llm_assets.quality import FILTERS
from llm_assets.quality.bounds import Filter
from llm_assets.quality.cleaning import Cleaning
from llm_assets.quality.config import Signals
from llm_assets.quality.language import Language
from llm_assets.sampling.config import Sampling
from llm_assets.section import fingerprint
from llm_assets.shards.config import Shards, TrainingSet
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.trace.config import TraceIndex
from llm_assets.training.config import Training

_PACKAGED = Path(__file__).parent / "recipes"
RECIPES = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1] / "recipes"
OFF = "off"
DEFAULT = "default"


def _parse_filters(tables: Any) -> dict[str, Filter]:
    if not isinstance(tables, Mapping):
        raise ValueError("a table of filters is wanted: [filters.gopher_quality] and so on")  # noqa: TRY004  # pydantic wants it
    unknown = [name for name in tables if name not in FILTERS]
    if unknown:
        raise ValueError(f"{unknown[0]} is unknown; {_suggest(unknown[0], FILTERS)}")
    parsed: dict[str, Filter] = {}
    for name, table in tables.items():
        try:
            parsed[name] = table if isinstance(table, Filter) else FILTERS[name].model_validate(table)
        except ValidationError as error:
            raise ValueError(_explain(error, FILTERS[name], f"{name}.")) from error
    return parsed


class Recipe(BaseModel):
    """Every stage's parameters, frozen. A section that a file leaves out has its defaults; a filter that is left out is off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9 ._-]{0,79})?$")
    """What MLflow calls the experiment and the model of this recipe. No section: no output is made from it."""

    url_filter: UrlFilter = UrlFilter()
    opt_outs: OptOuts = OptOuts()
    prescreen: Prescreen = Prescreen()
    extraction: Extraction = Extraction()
    language: Language = Language()
    cleaning: Cleaning = Cleaning()
    signals: Signals = Signals()
    filters: Annotated[dict[str, SerializeAsAny[Filter]], BeforeValidator(_parse_filters)] = {}
    signatures: Signatures = Signatures()
    dedup: Dedup = Dedup()
    contamination: Contamination = Contamination()
    repetition: Repetition = Repetition()
    selection: Selection = Selection()
    pii: Pii = Pii()
    tokenizer: Tokenizer = Tokenizer()
    shards: Shards = Shards()
    training_set: TrainingSet = TrainingSet()
    trace_index: TraceIndex = TraceIndex()
    model: Model = Model()
    training: Training = Training()
    sampling: Sampling = Sampling()

    @model_validator(mode="after")
    def _check_prescreen(self) -> Recipe:
        """A page that the prescreen drops, no filter can keep."""
        kept = {language.partition("-")[0] for each in self.filters.values() for language in getattr(each, "languages", ())}
        if self.prescreen.languages and (lost := sorted(kept - {*self.prescreen.languages})):
            raise ValueError(f"prescreen.languages lacks {', '.join(lost)}, which [filters.language] keeps")
        return self

    @model_validator(mode="after")
    def _check_selection(self) -> Recipe:
        """A bound wants what is measured."""
        if self.selection.max_repeated_line_fraction is not None and not self.repetition.lines:
            raise ValueError("selection.max_repeated_line_fraction is a bound on what repetition.lines = true measures")
        if self.selection.max_repeated_passage_fraction is not None and not self.repetition.passages:
            raise ValueError("selection.max_repeated_passage_fraction is a bound on what repetition.passages = true measures")
        return self

    def fingerprint(self, section: str) -> str:
        """Version of a section, with all its defaults resolved; the order of filters counts."""
        value = self.model_dump(mode="json")[section]
        return fingerprint(list(value.items()) if section == "filters" else value)

    def fingerprints(self) -> dict[str, str]:
        """Version of every section."""
        return {section: self.fingerprint(section) for section in SECTIONS}


SECTIONS = tuple(name for name in Recipe.model_fields if name != "name")


def find_recipe(name: str) -> Path:
    """File of a recipe given as a path, or by the name of one that ships (``demo``, ``fineweb``)."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = RECIPES / f"{path.stem}.toml"
    if os.sep not in name and shipped.is_file():
        return shipped
    known = ", ".join(sorted(each.stem for each in RECIPES.glob("*.toml")))
    raise ConfigError(f"there is no recipe at {name}; by name there are: {known}")


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file. ConfigError names file and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"recipe {path}: {error.strerror}") from error
    return parse_recipe(text, str(path))


def parse_recipe(text: str, name: str = "recipe") -> Recipe:
    """The recipe in a TOML text."""
    try:
        return Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{name}: {_explain(error, Recipe)}") from error


def override(text: str, settings: Iterable[str]) -> str:
    r"""A recipe's text with ``section.key=value`` settings applied, comments kept.

    Values are TOML; a bare word is a string. ``section.key=default`` takes a key out, so that its default holds. ``filters.NAME=off``
    takes a filter out, and setting a key of one that is off puts it last.

    >>> override("[pii]\nkinds = []", ["pii.replacement=tags", "pii.kinds=default"])
    '[pii]\nreplacement = "tags"\n'
    """
    document = tomlkit.parse(text)
    for setting in settings:
        key, equals, value = setting.partition("=")
        path = key.strip().split(".")
        if not equals or len(path) < 2 or not all(path):
            raise ConfigError(f"setting {setting!r}: section.key=value is wanted, such as filters.gopher_quality.min_words=20")
        table: Any = document
        for name in path[:-1]:
            if name not in table:
                table[name] = tomlkit.table()
            table = table[name]
            if not isinstance(table, dict):
                raise ConfigError(f"setting {setting!r}: {name} is a value, not a section")
        if value.strip() == (OFF if path[0] == "filters" and len(path) == 2 else DEFAULT):
            table.pop(path[-1], None)
            continue
        try:
            table[path[-1]] = tomlkit.value(value.strip())
        except TOMLKitError:
            table[path[-1]] = value.strip()
    rendered = tomlkit.dumps(document)
    return rendered if rendered.endswith("\n") else rendered + "\n"


def put_recipe(path: Path, text: str, put: Callable[[Path, str], None] = put_text) -> Recipe:
    """Makes a text the recipe at ``path``, after it was read without complaint. ``put`` is how the root writes."""
    recipe = parse_recipe(text)
    put(path, text)
    return recipe


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, 1)
    return (f"did you mean {close[0]!r}? " if close else "") + f"there are: {', '.join(names)}"


def _explain(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """What is wrong at which key, for a person."""
    lines = []
    for each in error.errors():
        place = [str(part) for part in each["loc"]]
        key = (prefix + ".".join(place)).removesuffix(".")
        if each["type"] == "extra_forbidden":
            lines.append(f"{key} is unknown; {_suggest(place[-1], _fields_at(model, place[:-1]))}")
        elif each["type"] == "value_error":
            lines.append(f"{key}{'.' if key == 'filters' else ': ' if key else ''}{each['ctx']['error']}")
        else:
            lines.append(f"{key}: {each['msg'].lower()}, got {each['input']!r}")
    return "; ".join(lines)


def _fields_at(model: type[BaseModel], place: list[str]) -> list[str]:
    names = iter(place)
    for name in names:
        annotation = model.model_fields[name].annotation if name in model.model_fields else None
        if get_origin(annotation) is Mapping:  # a table of such sections by name, say by language
            next(names, None)
            annotation = model if get_args(annotation)[1] is Self else get_args(annotation)[1]
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
