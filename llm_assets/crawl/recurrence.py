"""What is crawled again and again, declared: ``recurring/NAME.toml`` in the data root.

    source = "site"
    name_pattern = "docs-{date}"
    cron = "0 3 * * sun"
    timezone = "Europe/Berlin"
    enabled = true

    [parameters]
    seeds = ["https://docs.example.org/"]

``parameters`` are the source's, but for what each time decides: the crawl of ``common_crawl``, the files of ``warc_files``, whose
``path`` is the folder that is watched, and ``since`` of ``site`` after the first time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import tomlkit
from pydantic import Field, ValidationError, field_validator, model_validator

from llm_assets.crawl.declaration import check_name, parse_parameters, read_toml
from llm_assets.crawl.source import Source
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import put_text
from llm_assets.section import Section

SITE, COMMON_CRAWL, FOLDER = "site", "common_crawl", "warc_files"
PATTERNS = {SITE: "{date}", COMMON_CRAWL: "{id}", FOLDER: "{date}"}
"""Sources that recur, and what tells one crawl of them from the next."""

CRONS = {SITE: "0 3 * * sun", COMMON_CRAWL: "0 6 * * *", FOLDER: ""}
"""Weekly; every morning, since a new crawl of Common Crawl comes about monthly and on no fixed day; whenever something is there."""

_SOME_CRAWL = "CC-MAIN-2026-01"
_PLACEHOLDER = re.compile(r"\{(date|week|month|id)\}")
_VALUE = r"([0-9]{1,2}|[a-z]{3})"
_CRON_FIELD = re.compile(rf"(\*|{_VALUE}(-{_VALUE})?)(/[1-9][0-9]?)?(,{_VALUE}(-{_VALUE})?(/[1-9][0-9]?)?)*")


class Recurrence(Section):
    """What recurs, and when."""

    name: str
    """The file's name; no key in it."""

    source: str
    """``site``, ``common_crawl`` or ``warc_files``."""

    name_pattern: str = ""
    """Name of each crawl: ``{date}``, ``{week}`` or ``{month}`` of the time it was due, ``{id}`` of a crawl of Common Crawl."""

    cron: str = ""
    """When it is due: minute, hour, day, month, day of the week. A folder has none, it is looked at all the time."""

    timezone: str = "UTC"
    """Time zone of ``cron`` and of the dates in names."""

    enabled: bool = True
    """False leaves it alone."""

    settle_seconds: int = Field(default=300, ge=1)
    """Of a watched folder: a file is taken once it has not changed for that long, and is whole."""

    parameters: Mapping[str, Any] = Field(default_factory=dict)
    """The source's parameters, but for what each time decides."""

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str) -> str:
        fields = cron.lower().split()
        if cron and (len(fields) != 5 or not all(_CRON_FIELD.fullmatch(field) for field in fields)):
            raise ValueError('five fields are wanted, such as "0 3 * * sun" for Sundays at three')
        return " ".join(fields)

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, timezone: str) -> str:
        try:
            return ZoneInfo(timezone).key
        except (OSError, ValueError, LookupError) as error:
            raise ValueError("a time zone is wanted, such as UTC or Europe/Berlin") from error

    @model_validator(mode="after")
    def _fits_source(self) -> Self:
        if self.source not in PATTERNS:
            raise ValueError(f"source {self.source!r} cannot recur; what can: {', '.join(PATTERNS)}")
        if self.source == COMMON_CRAWL and "crawl" in self.parameters:
            raise ValueError("crawl is given by the listing of Common Crawl, each time the newest")
        if self.source == FOLDER and self.cron:
            raise ValueError("a folder has no cron: it is looked at all the time")
        if self.source == FOLDER and not isinstance(self.parameters.get("path"), str):
            raise ValueError("path of the folder is wanted")
        asked = "id" if self.source == COMMON_CRAWL else "date|week|month"
        if self.name_pattern and not re.search(rf"\{{({asked})\}}", self.name_pattern):
            raise ValueError(
                f"name_pattern {self.name_pattern!r} holds none of {{{asked.replace('|', '}, {')}}}: each crawl wants its own name"
            )
        self.name_at(datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")), _SOME_CRAWL)
        self.parse()
        return self

    @property
    def when(self) -> str:
        """Its cron expression, or the source's own."""
        return self.cron or CRONS[self.source]

    def parse(self, **more: Any) -> Source:
        """The parameters of one crawl. ConfigError names the key that is at fault."""
        given = {**({"crawl": _SOME_CRAWL} if self.source == COMMON_CRAWL else {}), **self.parameters, **more}
        return parse_parameters(self.source, given)

    def name_at(self, when: datetime, crawl_id: str = "") -> str:
        """Name of the crawl that is due at a time, or of a crawl of Common Crawl.

        >>> docs = Recurrence(name="docs", source="site", parameters={"seeds": "https://example.org/"})
        >>> docs.name_at(datetime(2026, 11, 29, tzinfo=ZoneInfo("UTC")))
        'docs-2026-11-29'
        """
        local = when.astimezone(ZoneInfo(self.timezone))
        parts = {"date": f"{local:%Y-%m-%d}", "week": f"{local:%G-W%V}", "month": f"{local:%Y-%m}", "id": crawl_id}
        pattern = self.name_pattern or f"{self.name}-{PATTERNS[self.source]}"
        return check_name(_PLACEHOLDER.sub(lambda match: parts[match[1]], pattern))


def make_recurrence(name: str, values: Mapping[str, Any]) -> Recurrence:
    """What recurs, from plain values. ConfigError names the key, what it got and what it could be."""
    if "name" in values:
        raise ConfigError(f"recurring {name}: unknown key name; name_pattern names its crawls")
    try:
        return Recurrence.model_validate({"name": check_name(name), **values})
    except ValidationError as error:
        faults = "; ".join(": ".join([*map(str, fault["loc"]), fault["msg"].removeprefix("Value error, ")]) for fault in error.errors())
        keys = ", ".join(key for key in Recurrence.model_fields if key != "name")
        raise ConfigError(f"recurring {name}: {faults}. Its keys are: {keys}") from error


def read_recurrence(path: Path) -> Recurrence:
    """What a file declares, which bears its name. ConfigError where it cannot be followed."""
    values = read_toml(path, f"there is nothing recurring at {path}")
    try:
        return make_recurrence(path.name.removesuffix(".toml"), values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def write_recurrence(path: Path, recurrence: Recurrence, put: Callable[[Path, str], None] = put_text) -> None:
    """Writes the file whole or not at all, for a person to edit: what is the source's default stays out of ``parameters``.

    ``put`` is how the root writes.
    """
    document = tomlkit.document()
    document.add("source", tomlkit.item(recurrence.source))
    document.add("name_pattern", tomlkit.item(recurrence.name_pattern or f"{recurrence.name}-{PATTERNS[recurrence.source]}"))
    if recurrence.when:
        document.add("cron", tomlkit.item(recurrence.when))
    document.add("timezone", tomlkit.item(recurrence.timezone))
    document.add("enabled", tomlkit.item(recurrence.enabled))
    if recurrence.source == FOLDER:
        document.add("settle_seconds", tomlkit.item(recurrence.settle_seconds))
    given = recurrence.parse().model_dump(mode="json", exclude_unset=True)
    document.add("parameters", tomlkit.item({key: value for key, value in given.items() if key in recurrence.parameters}))
    put(path, tomlkit.dumps(document))
