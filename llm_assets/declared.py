"""Crawls of a data root: one file each, ``crawls/NAME.toml``, that a command writes and a person may edit.

Whoever asks which crawls there are is told of a file that cannot be followed; who runs them where nobody watches goes on with the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llm_assets.crawl.declaration import (
    Declaration,
    check_name,
    parse_parameters,
    read_declaration,
    salvage_sequence,
    write_declaration,
)
from llm_assets.errors import ConfigError
from llm_assets.formats.doc import MAX_CRAWL
from llm_assets.formats.manifest import read_manifest
from llm_assets.store.home import CRAWLS, Home


@dataclass(frozen=True)
class DeclaredCrawls(Home):
    """A home, and the crawls that are declared there."""

    def declaration_path(self, name: str) -> Path:
        """File of a crawl's declaration. ConfigError where the name could not be a path."""
        return self.home / CRAWLS / f"{check_name(name)}.toml"

    def crawls(self, *, disabled: bool = False, sound: bool = False) -> list[Declaration]:
        """Declared crawls by sequence; the disabled ones only where asked for.

        ConfigError where a declaration cannot be followed; with ``sound``, that crawl is left out.
        """
        found, faults = self._read_crawls()
        if faults and not sound:
            raise next(iter(faults.values()))
        return sorted((each for each in found if disabled or each.enabled), key=lambda each: each.sequence)

    def crawl_faults(self) -> dict[str, ConfigError]:
        """What is wrong with the declarations that cannot be followed, by crawl."""
        return self._read_crawls()[1]

    def _read_crawls(self) -> tuple[list[Declaration], dict[str, ConfigError]]:
        found: dict[str, Declaration] = {}
        faults: dict[str, ConfigError] = {}
        for path in self._declaration_paths():
            try:
                found[path.stem] = self._read_declaration(path)
            except ConfigError as error:
                faults[path.stem] = error
        by_sequence: dict[int, list[str]] = {}
        for each in found.values():
            by_sequence.setdefault(each.sequence, []).append(each.name)
        for sequence, names in by_sequence.items():
            if len(names) > 1:
                faults |= dict.fromkeys(names, self._refuse_twins(sequence, names))
        return [each for each in found.values() if each.name not in faults], faults

    def _refuse_twins(self, sequence: int, names: Sequence[str]) -> ConfigError:
        files = ", ".join(self.address_of(self.declaration_path(name)) for name in names)
        return ConfigError(
            f"sequence {sequence} is given to more than one crawl: remove the copy of {files}; `crawl add` gives each its own"
        )

    def _declaration_paths(self) -> list[Path]:
        return sorted((self.home / CRAWLS).glob("*.toml"))

    def _read_declaration(self, path: Path) -> Declaration:
        try:
            return read_declaration(path)
        except ConfigError as error:  # in a store, what is to be mended is no file of its mirror
            raise ConfigError(str(error).replace(str(path), self.address_of(path))) from error

    def crawl(self, name: str) -> Declaration:
        """A declared crawl. ConfigError names those there are."""
        path = self.declaration_path(name)
        if not path.is_file():
            known = ", ".join(each.name for each in self.crawls(disabled=True)) or "none yet"
            raise ConfigError(f"there is no crawl {name!r}; declared: {known}")
        return self._read_declaration(path)

    def add_crawl(self, name: str, source: str, parameters: Mapping[str, Any], recurring: str | None = None) -> Declaration:
        """Declares a crawl under the next free sequence number. Refused where the name is taken."""
        parsed = parse_parameters(source, parameters)
        path = self.declaration_path(name)
        with self.lock(CRAWLS):  # a schedule may declare one at the same time
            if path.exists():
                said = f"crawl {name!r} exists already: choose another name, or declare this one anew with --replace"
                raise ConfigError(f"{said} ({self.address_of(path)})")
            sequence = max((self._find_sequence(each) for each in self._declaration_paths()), default=-1) + 1
            if sequence > MAX_CRAWL:
                raise ConfigError(f"a root holds at most {MAX_CRAWL + 1:,} crawls")
            declaration = Declaration(name, source, sequence, True, parsed, recurring)
            write_declaration(path, declaration, self.put_text)
        return declaration

    def replace_crawl(self, name: str, source: str, parameters: Mapping[str, Any], *, dry_run: bool = False) -> Declaration:
        """Declares a crawl anew: under its sequence number, enabled or not as it is. What was declared need not be sound.

        What was made of it stays, and is stale where that matters. ConfigError where there is no such crawl, or its files bear numbers
        that those of the new declaration cannot.
        """
        parsed = parse_parameters(source, parameters)
        path = self.declaration_path(name)
        with nullcontext() if dry_run else self.lock(CRAWLS):
            try:
                before = self.crawl(name)
            except ConfigError:
                if not path.is_file():
                    raise
                declaration = Declaration(name, source, self._find_sequence(path), True, parsed)
            else:
                numbered = parsed.numbering not in (None, before.parameters.numbering)
                if numbered and read_manifest(self.home / "raw_crawl" / name) is not None:
                    raise ConfigError(f"the files of crawl {name} are numbered already, otherwise than {source} does: add another crawl")
                declaration = replace(before, source=source, parameters=parsed)
            twins = [each.stem for each in self._declaration_paths() if each != path and salvage_sequence(each) == declaration.sequence]
            if twins:
                raise self._refuse_twins(declaration.sequence, [name, *twins])
            if not dry_run:
                write_declaration(path, declaration, self.put_text)
        return declaration

    def _find_sequence(self, path: Path) -> int:
        """The number of a crawl, whatever else its declaration says. ConfigError where it does not tell it."""
        try:
            return self._read_declaration(path).sequence
        except ConfigError as error:
            sequence = salvage_sequence(path)
            if sequence is None:
                said = f"{self.address_of(path)}: give it its line `sequence = NUMBER` again, since keys of documents bear that number"
                raise ConfigError(said) from error
            return sequence

    def set_enabled(self, name: str, enabled: bool) -> Declaration:
        """Takes a crawl out of what is global, or lets it in again. Its files stay."""
        with self.lock(CRAWLS):
            declaration = replace(self.crawl(name), enabled=enabled)
            write_declaration(self.declaration_path(name), declaration, self.put_text)
        return declaration
