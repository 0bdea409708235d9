"""Records in a real PostgreSQL server, started for these tests: the same tests pass, two at once get on, refusals are told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from planted_pages import write_planted_pages
from postgres_server import ESCAPED, PASSWORD, open_postgres
from programs import call, variables

from llm_assets.database import Database
from llm_assets.errors import ConfigError
from llm_assets.instance import tracking_uri
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system
TESTS = Path(__file__).parents[1]

SAME = (
    "dagster_project/test_tracking.py",
    "dagster_project/test_runs.py::test_every_asset_is_current_after_a_run",
    "dagster_project/test_runs.py::test_a_second_run_runs_nothing",
    "dagster_project/test_runs.py::test_dagster_knows_the_versions_of_the_manifests",
    "dagster_project/test_runs.py::test_every_materialization_and_its_mlflow_run_name_each_other",
    "dagster_project/test_runs.py::test_the_training_run_has_parameters_a_curve_and_its_shards_as_dataset",
)
"""What asks Dagster's and MLflow's records the most. ``pytest --postgres`` runs any of the tests so."""

RUN = """
import os, sys
from dagster_project.run import main
from llm_assets.instance import environment
from llm_assets.root import DataRoot

os.environ.update(environment(DataRoot.at(sys.argv.pop())))
print("ready", flush=True)
sys.stdin.readline()
main()
"""
"""``llm-assets run`` in one process, which waits for a line before it asks the database for anything but its schemas."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with open_postgres() as address, pytest.MonkeyPatch.context() as environment:
        environment.setenv("LLM_ASSETS_DATABASE", address)
        environment.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield address


def test_the_same_tests_pass_with_the_records_in_postgresql(tmp_path: Path) -> None:
    chosen = [str(TESTS / each) for each in SAME]
    words = [sys.executable, "-m", "pytest", "--postgres", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "same"), *chosen]
    done = subprocess.run(words, cwd=TESTS.parent, env=variables(), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
    assert not list((tmp_path / "same").rglob("mlflow.db")), "records went to SQLite"
    said = [
        path for path in (tmp_path / "same").rglob("*") if path.is_file() and not path.is_symlink() and _holds_secret(path.read_bytes())
    ]
    assert said == [], "the password stands in a file"


def test_two_first_runs_at_once_share_the_tables_that_one_makes_and_the_work(
    address: str, tmp_path: Path, make_root: Callable[..., DataRoot]
) -> None:
    root = make_root(tmp_path / "home")
    root.set_enabled("demo", False)
    write_planted_pages(tmp_path / "warc/pages.warc")
    for crawl in ("a", "b"):
        root.add_crawl(crawl, "warc_files", {"path": str(tmp_path / "warc")})
    words = [sys.executable, "-c", RUN, "--until", "raw_crawl", "--workers", "1", str(root.home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    both = [subprocess.Popen(words, **pipes) for _ in range(2)]
    for each in both:
        assert each.stdout.readline() == "ready\n", each.communicate()
    for each in both:
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate(timeout=400)[0] for each in both]
    failures = [line for text in said for line in text.splitlines() if "✗" in line]
    assert all("another run is writing raw_crawl[" in line for line in failures), said
    assert "Traceback" not in "".join(said)
    assert all(root.manifest("raw_crawl", crawl) for crawl in ("a", "b")), said
    made = [each for each in MlflowClient(tracking_uri(root)).search_experiments() if each.name != "Default"]
    assert made
    assert all(each.artifact_location.startswith((root.state / "mlflow_artifacts").as_uri()) for each in made)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("/records", "/nothing", 'database "nothing" does not exist: `createdb -h 127.0.0.1 -p .* -O owner nothing`'),
        ("127.0.0.1", "nowhere.invalid", "could not translate host name .*: start the server, or correct host and port"),
        ("owner", "stranger", 'password authentication failed for user "stranger": correct user and password'),
    ],
    ids=["database", "host", "user"],
)
def test_what_is_wrong_of_an_address_is_told(address: str, old: str, new: str, said: str) -> None:
    database = Database.named_by({"LLM_ASSETS_DATABASE": address.replace(old, new)})
    assert database is not None
    with pytest.raises(ConfigError, match=said):
        database.make_schemas("dagster_1")


def test_a_wrong_password_ends_a_run_with_one_line_that_does_not_repeat_it(
    address: str, root: DataRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_ASSETS_DATABASE", address.replace(ESCAPED, "mistyped"))
    done = call(root, "run")
    assert (done.returncode, done.stdout.count("\n")) == (1, 1), done.stdout
    assert 'password authentication failed for user "owner": correct user and password in LLM_ASSETS_DATABASE' in done.stdout
    assert "mistyped" not in done.stdout


def test_a_user_who_may_not_make_schemas_needs_them_made(address: str) -> None:
    database = Database.named_by(os.environ)
    assert database is not None
    with database.locked("a test") as connection:
        connection.exec_driver_sql("create role reader login password 'reads'")
        connection.exec_driver_sql("create schema theirs")
    reader = Database.named_by({"LLM_ASSETS_DATABASE": address.replace(f"owner:{ESCAPED}", "reader:reads")})
    assert reader is not None
    reader.make_schemas("theirs")
    with pytest.raises(ConfigError, match="permission denied for database records: `grant create on database records to reader`"):
        reader.make_schemas("theirs", "ours")


def _holds_secret(content: bytes) -> bool:
    return PASSWORD.encode() in content or ESCAPED.encode() in content
