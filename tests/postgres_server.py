"""A PostgreSQL server of Debian's package, for as long as it is asked for: in a folder of its own, on loopback, with a password."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, NullPool, create_engine, inspect, text

from llm_assets.database import Database

PASSWORD = "it's 100% s@fe"
"""What an address has to escape, and what must be seen nowhere."""

ESCAPED = "it%27s%20100%25%20s%40fe"


@contextmanager
def open_postgres() -> Iterator[str]:
    """The address of an empty database ``records`` of a user who owns it. Skips where the package is missing."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed: `make system-packages` installs the package postgresql")
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        yield from _serve(programs[-1], Path(folder))


def read_schema(database: Database, schema: str) -> list[str]:
    """Every row of every table of a schema, as text."""
    engine = create_engine(database.address(schema), poolclass=NullPool)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return [str(tuple(row)) for table in tables.sorted_tables for row in connection.execute(table.select())]


def copy_schema(database: Database, origin: str, copy: str) -> None:
    """All tables of a schema, with their rows, in another: what a copied folder is where the records lie in it."""
    database.make_schemas(copy)
    with create_engine(database.url, poolclass=NullPool).begin() as connection:
        known = inspect(connection)
        for table in known.get_table_names(origin):
            stored = ", ".join(f'"{column["name"]}"' for column in known.get_columns(table, origin) if "computed" not in column)
            connection.execute(text(f'CREATE TABLE "{copy}"."{table}" (LIKE "{origin}"."{table}" INCLUDING ALL)'))
            connection.execute(text(f'INSERT INTO "{copy}"."{table}" ({stored}) SELECT {stored} FROM "{origin}"."{table}"'))


def _serve(programs: Path, folder: Path) -> Iterator[str]:
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to be run by root
        shutil.chown(folder, "postgres", "postgres")
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    secret, data = folder / "password", folder / "data"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    words = ["-D", data, "-U", "owner", "--auth", "scram-sha-256", "--pwfile", secret, "--locale", "C.UTF-8", "--no-sync"]
    subprocess.run([programs / "initdb", *words], **user, cwd=folder, check=True, capture_output=True)
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "full_page_writes": "off"}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([programs / "postgres", "-D", data, "-p", str(port), *words], **user, cwd=folder, stdout=log, stderr=log)
    try:
        connect = {"PGPASSWORD": PASSWORD, "PATH": os.environ["PATH"]}
        ask = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "30", "-q"]
        while subprocess.run(ask, check=False).returncode:
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        subprocess.run([programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "owner", "records"], env=connect, check=True)
        yield f"postgresql://owner:{ESCAPED}@127.0.0.1:{port}/records"
    finally:
        server.send_signal(signal.SIGINT)  # ends connections, then itself
        server.wait()
