"""A crawl's declaration: ``crawls/NAME.toml`` in the data root.

    source = "warc_files"
    sequence = 3
    enabled = true

    [parameters]
    path = "/archives/2026-11/*.warc.gz"

``sequence`` is given once, when the crawl is added, and is part of every document's key. A disabled crawl is listed and left
out of what is global. ``recurring`` names what the crawl is one of many of, where it was not declared by hand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError

from llm_assets.crawl import SOURCES
from llm_assets.crawl.source import Source
from llm_assets.errors import ConfigError
from llm_assets.formats.doc import MAX_CRAWL
from llm_assets.formats.manifest import put_text
from llm_assets.section import fingerprint

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_KEYS = ("source", "sequence", "enabled", "recurring", "parameters")


@dataclass(frozen=True)
class Declaration:
    """One crawl. ``parameters`` are of the class that ``SOURCES[source]`` names. ConfigError where a field cannot be."""

    name: str
    source: str
    sequence: int
    enabled: bool
    parameters: Source
    recurring: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        known = find_source(self.source)
        if not isinstance(self.parameters, known):
            raise ConfigError(f"crawl {self.name}: source {self.source!r} has parameters of {known.__name__}")
        if isinstance(self.sequence, bool) or not isinstance(self.sequence, int) or not 0 <= self.sequence <= MAX_CRAWL:
            raise ConfigError(f"sequence is {self.sequence!r}, it must be a whole number in 0..{MAX_CRAWL:,}", "sequence")
        if not isinstance(self.enabled, bool):
            raise ConfigError(f"enabled is {self.enabled!r}, it must be true or false", "enabled")
        if self.recurring is not None and not isinstance(self.recurring, str):
            raise ConfigError(f"recurring is {self.recurring!r}, it must be a name in quotes", "recurring")


def check_name(name: str) -> str:
    """The name itself, where it can be a file's and a partition's; ConfigError otherwise.

    >>> check_name("CC-MAIN-2026-42")
    'CC-MAIN-2026-42'
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise ConfigError(f"{name!r} cannot be a crawl's name: 1 to 80 letters, digits, '.', '_' or '-', a letter or digit first, no '..'")
    return name


def find_source(name: object) -> type[Source]:
    """The parameters' class of a source; ConfigError that names those there are."""
    if not isinstance(name, str) or name not in SOURCES:
        raise ConfigError(f"there is no crawl source {name!r}; there are: {', '.join(SOURCES)}", "source")
    return SOURCES[name]


def parse_parameters(source: str, values: Mapping[str, Any]) -> Source:
    """Parameters of a source from plain values; ConfigError names the key, what it got and what it could be."""
    known = find_source(source)
    try:
        return known.model_validate(dict(values))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']} (got {fault['input']!r})" for fault in error.errors())
        names = ", ".join(known.model_fields)
        key = next((str(place) for fault in error.errors() for place in fault["loc"][:1]), None)
        raise ConfigError(f"source {source!r}: {faults}. Its parameters are: {names}", key) from error


def read_toml(path: Path, missing: str) -> dict[str, Any]:
    """What a file that people write says. ConfigError where it is no TOML, or not there, in the words of ``missing``."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(missing) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def read_declaration(path: Path) -> Declaration:
    """The declaration in a file, which bears the crawl's name. ConfigError names file, line and what to do where it cannot be followed."""
    name = check_name(path.name.removesuffix(".toml"))
    if not path.is_file():
        raise ConfigError(f"there is no crawl {name}: {path} is missing")
    remedy = f"mend it, or declare the crawl anew: `llm-assets crawl add {name} --source SOURCE … --replace`"
    try:
        values = read_toml(path, str(path))
    except ConfigError as error:
        raise ConfigError(f"{error}; {remedy}") from error
    try:
        return _parse_declaration(name, values)
    except ConfigError as error:
        line = None if error.key is None else _find_line(path, error.key)
        raise ConfigError(f"{path}{'' if line is None else f', line {line}'}: {str(error).rstrip('.')}; {remedy}") from error


def _parse_declaration(name: str, values: Mapping[str, Any]) -> Declaration:
    if unknown := [key for key in values if key not in _KEYS]:
        raise ConfigError(f"unknown key {', '.join(unknown)}; there are: {', '.join(_KEYS)}", unknown[0])
    if missing := [key for key in ("source", "sequence") if key not in values]:
        raise ConfigError(f"{', '.join(missing)} is missing")
    given = values.get("parameters", {})
    if not isinstance(given, dict):
        raise ConfigError(f"parameters is {given!r}, it must be a table", "parameters")
    parameters = parse_parameters(values["source"], given)
    return Declaration(name, values["source"], values["sequence"], values.get("enabled", True), parameters, values.get("recurring"))


def _find_line(path: Path, key: str) -> int | None:
    """Number of the line that gives a key its value, or opens its table."""
    opens = re.compile(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[]=]""")
    return next((number for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if opens.match(line)), None)


def salvage_sequence(path: Path) -> int | None:
    """The sequence number in a declaration's file of which the rest need not be TOML; None where no line gives one."""
    found = re.search(rb"^[ \t]*sequence[ \t]*=[ \t]*([0-9]{1,5})[ \t\r]*(#.*)?$", path.read_bytes(), re.MULTILINE)
    return int(found[1]) if found and int(found[1]) <= MAX_CRAWL else None


def write_declaration(path: Path, declaration: Declaration, put: Callable[[Path, str], None] = put_text) -> None:
    """Writes ``NAME.toml`` whole or not at all, with every default written out. ConfigError where the file is not the crawl's.

    ``put`` is how the root writes.
    """
    if path.name != f"{declaration.name}.toml":
        raise ConfigError(f"crawl {declaration.name} is declared in {declaration.name}.toml, not in {path.name}")
    document = tomlkit.document()
    document.add("source", tomlkit.item(declaration.source))
    document.add("sequence", tomlkit.item(declaration.sequence))
    document.add("enabled", tomlkit.item(declaration.enabled))
    if declaration.recurring is not None:
        document.add("recurring", tomlkit.item(declaration.recurring))
    document.add("parameters", tomlkit.item(declaration.parameters.model_dump(mode="json")))
    put(path, tomlkit.dumps(document))


def find_referring(declarations: Iterable[Declaration], crawl: str) -> list[str]:
    """Crawls, by sequence, whose revisit records may point to pages of one: directly, or by a crawl between."""
    found: list[str] = []
    for each in sorted(declarations, key=lambda declaration: declaration.sequence):
        if each.parameters.earlier_crawl in (crawl, *found):
            found.append(each.name)
    return found


def declared_version(declaration: Declaration) -> str:
    """Digest of what decides the crawl's files: source, parameters, sequence, and what the source shows now.

    Whether the crawl is enabled, what it is called, and what it is one of many of, are no part of it.
    """
    return fingerprint(
        {
            "source": declaration.source,
            "parameters": declaration.parameters.model_dump(mode="json"),
            "sequence": declaration.sequence,
            "listing": declaration.parameters.describe_listing(),
        }
    )
