"""SQLite waits for no disk, in the tests as in every Python program they start: Python imports this where ``PYTHONPATH`` leads to it.

Dagster commits each of its events, twice on the disk. What that guards against is a power cut, which no test is about: what a killed
process has committed, the next one finds.
"""

import sqlite3
from typing import Any

_connect = sqlite3.connect


def connect(*words: Any, **options: Any) -> sqlite3.Connection:
    connection = _connect(*words, **options)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


sqlite3.connect = sqlite3.dbapi2.connect = connect
