"""PostgreSQL's address: read once, shown never, and every way it can be wrong says what to do."""

from __future__ import annotations

import importlib.util
import socket

import pytest
from postgres_server import ESCAPED, PASSWORD
from sqlalchemy import make_url

from llm_assets.database import Database, name_schema
from llm_assets.errors import ConfigError
from llm_assets.instance import DAGSTER_DATABASE, environment, explain_failure, instance_settings, tracking_uri
from llm_assets.root import DataRoot

ADDRESS = f"postgresql://ada:{ESCAPED}@db.example:5433/records"


def named(address: str) -> Database:
    found = Database.named_by({"LLM_ASSETS_DATABASE": address})
    assert found is not None
    return found


@pytest.mark.parametrize("variables", [{}, {"LLM_ASSETS_DATABASE": ""}])
def test_without_an_address_there_is_no_database(variables: dict[str, str]) -> None:
    assert Database.named_by(variables) is None
    assert "storage" not in instance_settings(variables)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_an_address_leads_to_a_schema_with_the_driver_that_is_installed(scheme: str) -> None:
    url = make_url(named(ADDRESS.replace("postgresql", scheme)).address("mlflow_corpus_1"))
    assert (url.drivername, url.username, url.password, url.host, url.port, url.database) == (
        ("postgresql+psycopg2", "ada", PASSWORD, "db.example", 5433, "records")
    )
    assert url.query["options"] == "-csearch_path=mlflow_corpus_1"


def test_what_an_address_asks_of_the_connection_is_kept() -> None:
    url = make_url(named(ADDRESS + "?sslmode=require&options=-clock_timeout%3D5s").address("dagster_1"))
    assert url.query == {"sslmode": "require", "options": "-clock_timeout=5s -csearch_path=dagster_1"}


@pytest.mark.parametrize(
    "address", ["mysql://ada:hidden@h/records", "postgresql://ada:hidden@h:port/records", "postgresql://ada:hidden@h", "hidden"]
)
def test_what_is_no_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError, match="an address like postgresql://user:password@host:5432/name is wanted") as told:
        named(address)
    assert "hidden" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_missing_package_is_named_with_the_extra_that_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("llm_assets.database.find_spec", lambda name: None if name == "dagster_postgres" else find(name))
    with pytest.raises(ConfigError, match=r"dagster_postgres is not installed: pip install 'llm-assets\[postgres\]'"):
        named(ADDRESS)


def test_a_database_hides_its_password_when_it_is_printed() -> None:
    database = named(ADDRESS)
    assert not [secret for secret in (PASSWORD, ESCAPED) if secret in f"{database} {database!r} {database.place}"]
    assert database.place == "db.example:5433/records"


def test_a_server_that_does_not_answer_is_told_with_its_place() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"127.0.0.1:{port}/records cannot be used: Connection refused: start the server") as told:
            named(f"postgresql://ada:{ESCAPED}@127.0.0.1:{port}/records").make_schemas("dagster_1")
    assert PASSWORD not in str(told.value)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            'connection to server at "h", port 1 failed: FATAL:  password authentication failed for user "ada"\n',
            "correct user and password",
        ),
        ('FATAL:  role "ada" does not exist', "correct user and password"),
        ('FATAL:  database "records" does not exist', "`createdb -h db.example -p 5433 -O ada records`"),
        ("permission denied for database records\n", "`grant create on database records to ada`"),
        ('could not translate host name "db.example" to address', "correct host and port"),
    ],
)
def test_every_refusal_says_what_to_do(said: str, advice: str) -> None:
    told = named(ADDRESS).explain(said + f" {PASSWORD}")
    assert advice in told
    assert PASSWORD not in told


def test_every_root_has_schemas_of_its_own() -> None:
    names = [
        name_schema(program, home) for program in ("dagster", "mlflow") for home in ("/srv/corpus", "/mnt/corpus", "s3://bucket/Körper/")
    ]
    assert len(set(names)) == 6
    assert all(name.isascii() and name.islower() and len(name) < 63 for name in names)


def test_dagsters_settings_name_a_variable_in_place_of_the_address() -> None:
    settings = instance_settings({"LLM_ASSETS_DATABASE": ADDRESS})
    assert settings["storage"] == {"postgres": {"postgres_url": {"env": DAGSTER_DATABASE}}}


def test_mlflow_follows_the_database_unless_it_has_an_address_of_its_own(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("LLM_ASSETS_DATABASE", ADDRESS)
    assert tracking_uri(root) == named(ADDRESS).address(name_schema("mlflow", str(root.home)))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example")
    assert tracking_uri(root) == "http://mlflow.example"


def test_a_database_that_cannot_be_used_stops_a_program_before_anything_is_written(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_ASSETS_DATABASE", "mysql://h/x")
    with pytest.raises(ConfigError, match="LLM_ASSETS_DATABASE"):
        environment(root)
    assert not (root.state / "dagster").exists()


def test_only_an_error_that_a_database_caused_is_explained_as_one(root: DataRoot) -> None:
    from sqlalchemy.exc import OperationalError

    try:
        raise RuntimeError("too many retries") from OperationalError("select", {}, Exception("database is locked"))
    except RuntimeError as error:
        assert f"a database in {root.state} failed: (builtins.Exception) database is locked; " in str(explain_failure(root, error))
    assert explain_failure(root, RuntimeError("another")) is None
