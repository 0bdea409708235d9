"""Metadata in PostgreSQL: one database for as many roots as one likes, in it two schemas a root, ``dagster_…`` and ``mlflow_…``.

The address comes from the environment and stays there: what leaves this module, but for :meth:`Database.address`, holds no password.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

VARIABLE = "LLM_ASSETS_DATABASE"
_WANTED = f"{VARIABLE}: an address like postgresql://user:password@host:5432/name is wanted (a % or @ in a password as %25, %40)"
_PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database that holds metadata of data roots. Its text form hides the password."""

    url: URL

    @classmethod
    def named_by(cls, variables: Mapping[str, str]) -> Database | None:
        """The one that the environment names. ConfigError where that is no address, or the driver is not installed."""
        said = variables.get(VARIABLE)
        if not said:
            return None
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(re.sub(r"^postgres(ql)?(\+psycopg2)?://", "postgresql+psycopg2://", said.strip()))
        except (ArgumentError, ValueError):
            raise ConfigError(_WANTED) from None  # the cause would hold what stands where the port should
        if url.drivername != "postgresql+psycopg2" or not url.database:
            raise ConfigError(_WANTED)
        if missing := [name for name in ("dagster_postgres", "psycopg2") if find_spec(name) is None]:
            raise ConfigError(f"{VARIABLE} is set, but {missing[0]} is not installed: pip install 'llm-assets[postgres]'")
        return cls(url)

    @property
    def place(self) -> str:
        """Host, port and name."""
        return f"{self.url.host or 'the local socket'}:{self.url.port or 5432}/{self.url.database}"

    def address(self, schema: str) -> str:
        """SQLAlchemy's URL, password and all, of a connection whose tables are those of a schema."""
        given = self.url.query.get("options", "")
        options = " ".join([*([given] if isinstance(given, str) else given), f"-csearch_path={schema}"]).strip()
        return self.url.update_query_dict({"options": options}).render_as_string(hide_password=False)

    def make_schemas(self, *schemas: str) -> None:
        """Makes the schemas that are not there yet. ConfigError says why the database cannot be used, and what to do."""
        from sqlalchemy import inspect
        from sqlalchemy.schema import CreateSchema

        with self.locked(schemas[0]) as connection:
            there = set(inspect(connection).get_schema_names())
            for schema in schemas:
                if schema not in there:  # who made them for this user need not have let it make any
                    connection.execute(CreateSchema(schema))

    @contextmanager
    def locked(self, name: str) -> Iterator[Connection]:
        """A transaction during which nobody else, on whatever machine, is in one of the same name."""
        from sqlalchemy import NullPool, create_engine, func, select
        from sqlalchemy.exc import DBAPIError

        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"connect_timeout": _PATIENCE_SECONDS})
        try:
            with engine.begin() as connection:
                connection.execute(select(func.pg_advisory_xact_lock(number)))
                yield connection
        except DBAPIError as error:
            raise ConfigError(self.explain(str(error.orig))) from None

    def explain(self, said: str) -> str:
        """What went wrong and what to do, from what the server or its client says."""
        first = next(iter(said.strip().splitlines()), "no reason given")
        reason = re.sub("^(connection to server at .* failed: )?((FATAL|ERROR): *)?", "", first)
        if self.url.password:
            reason = reason.replace(str(self.url.password), "***")
        user, name = self.url.username or "you", self.url.database
        server = " ".join(f"-{letter} {value}" for letter, value in (("h", self.url.host), ("p", self.url.port)) if value)
        advice = {
            'role "': f"correct user and password in {VARIABLE}",
            "password": f"correct user and password in {VARIABLE}",
            "does not exist": f"`createdb {server} -O {user} {name}`, as one who may, makes it",
            "permission denied": f"`grant create on database {name} to {user}` lets this program make its schemas",
            "": f"start the server, or correct host and port in {VARIABLE}",
        }
        doing = next(text for word, text in advice.items() if word in reason)
        return f"the database {self.place} cannot be used: {reason.strip()}: {doing}"


def name_schema(program: str, home: str) -> str:
    """The schema of ``dagster`` or ``mlflow`` for the root at a home: readable, and another for every home.

    >>> name_schema("dagster", "/srv/Web corpus")
    'dagster_web_corpus_23d48894'
    """
    name = re.sub(r"\W+", "_", home.rstrip("/").rpartition("/")[2].lower(), flags=re.ASCII).strip("_")[:30]
    return "_".join(part for part in (program, name, hashlib.sha256(home.encode()).hexdigest()[:8]) if part)
