"""Values planted in a page's URL, title and text: who looks for them in what a run leaves behind finds none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from postgres_server import read_schema
from typer.testing import CliRunner

from llm_assets.cli import app
from llm_assets.database import Database, name_schema
from llm_assets.formats.warc_writer import WarcWriter
from llm_assets.root import DataRoot

REPLACED = ("ada.lovelace", "mail7.edu", "93.184.216.77")
"""What the recipe's kinds take out of the corpus."""

SECRETS = (*REPLACED, "4929042515010488", "GB69PMNJ18913943430745", "308-63-0237", "5550187")
"""What nobody is shown: every kind."""

VALUES = "ada.lovelace@mail7.edu, 93.184.216.77, 4929042515010488, GB69PMNJ18913943430745, 308-63-0237 or call 212 5550187"
URL = "http://host.test/letters-{}?to=ada.lovelace%40mail7.edu&card=4929042515010488"
PROSE = """The harbour wakes before the sun does, and the first boats are out of sight when the bakery opens its door. People who
live here know the sound of every engine, and they will tell you whose nets come home full. In the afternoon the wind turns,
and with it the smell of the town. The old pier has been mended so often that no plank of it is the first one. Nobody has
counted the gulls, but everybody has an opinion of them. When the last ferry leaves, the square belongs to the children."""
RAW = ("raw_crawl", "extracted_text")


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory, finished: DataRoot, run_root: Callable[..., tuple[bool, str]]
) -> tuple[DataRoot, str]:
    """A finished root that was run again for a page that is kept and one that is dropped; and what the run said."""
    folder = tmp_path_factory.mktemp("private")
    shutil.copytree(finished.home, folder / "home")
    root = DataRoot.at(folder / "home")
    for name, text in (("kept", f"{PROSE}\n{VALUES} is how to reach her at any time of the day."), ("dropped", VALUES)):
        with WarcWriter(folder / f"{name}.warc.gz", "2026-01-01T00:00:00Z", {"software": "a test"}) as writer:
            lines = "".join(f"<p>{line}</p>" for line in text.split("\n"))
            page = f"<html lang=en><title>Letters of {VALUES}</title><body><article>{lines}</article></body></html>"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            writer.write_exchange(URL.format(name), b"GET / HTTP/1.1\r\n\r\n", head + page.encode())
        root.add_crawl(name, "warc_files", {"path": str(folder / f"{name}.warc.gz")})
    well, said = run_root(root)
    assert well, said
    return root, said


def leaks(text: str, secrets: Sequence[str] = SECRETS) -> list[str]:
    return [secret for secret in secrets if secret in text]


def files(root: DataRoot) -> Iterator[Path]:
    """Whatever a run leaves in the root, but for what was crawled and extracted."""
    for path in root.home.rglob("*"):
        if path.is_file() and path.relative_to(root.home).parts[0] not in RAW:
            yield path


def test_the_values_were_there_to_be_shown(outcome: tuple[DataRoot, str]) -> None:
    (texts,) = outcome[0].artefact("extracted_text", "kept").table("texts")
    (row,) = pq.read_table(texts).to_pylist()
    assert sorted(leaks(json.dumps(row))) == sorted(SECRETS)
    corpus = outcome[0].manifest("pii_scrubbed_corpus", "kept")
    assert corpus is not None
    assert corpus.report["kept"] == 1


def test_tables_after_the_text_hold_none(outcome: tuple[DataRoot, str]) -> None:
    tables = [path for path in files(outcome[0]) if path.suffix == ".parquet"]
    assert tables
    assert not [path for path in tables if leaks(str(pq.read_table(path).to_pylist()), REPLACED)]


def test_manifests_databases_logs_and_samples_hold_none(outcome: tuple[DataRoot, str]) -> None:
    found = [path for path in files(outcome[0]) if path.suffix != ".parquet"]
    assert {"manifest.json", "samples.json"} <= {path.name for path in found}
    assert not [path for path in found if leaks(path.read_bytes().decode("utf-8", "replace"))]
    database = Database.named_by(os.environ)
    if database is None:
        assert {"mlflow.db", "runs.db"} <= {path.name for path in found}
    else:
        rows = [row for program in ("dagster", "mlflow") for row in read_schema(database, name_schema(program, outcome[0].address))]
        assert len(rows) > 100
        assert not [row for row in rows if leaks(row)]


def test_what_a_run_prints_holds_none(outcome: tuple[DataRoot, str]) -> None:
    _, said = outcome
    assert "pii_scrubbed_corpus" in said
    assert not leaks(said)


@pytest.mark.parametrize(
    "words",
    [
        ("explain", URL.format("kept")), ("explain", URL.format("dropped")), ("explain", URL.format("kept"), "--json"),
        ("explain", URL.format("nowhere")), ("funnel",), ("status",), ("plan",), ("what-if", "--set", "filters.gopher_quality.min_words=2"),
        ("what-if", "--set", "filters.gopher_quality.min_words=2", "--json"), ("export", "corpus", "/nowhere/at/all", "--dry-run"),
        ("trace", f"{PROSE[:150]} {VALUES}"), ("trace", f"{PROSE[:150]} {VALUES}", "--least", "2", "--json"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_a_command_shows_holds_none(outcome: tuple[DataRoot, str], words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, ["--home", str(outcome[0].home), *words])
    assert shown.output or shown.exception
    assert not leaks(shown.output)


def test_the_page_of_the_report_holds_none(outcome: tuple[DataRoot, str], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    words = ["--home", str(outcome[0].home), "report", "--out", str(page), "--samples", "1000"]
    assert CliRunner().invoke(app, words).exit_code == 0
    shown = page.read_text(encoding="utf-8")
    assert "letters-kept" in shown
    assert "letters-dropped" in shown
    assert not leaks(shown)


def test_the_exported_dataset_holds_none(outcome: tuple[DataRoot, str], tmp_path: Path) -> None:
    home = ["--home", str(outcome[0].home)]
    assert CliRunner().invoke(app, [*home, "export", "corpus", str(tmp_path / "dataset"), "--crawl", "kept"]).exit_code == 0
    assert not leaks((tmp_path / "dataset/README.md").read_text(encoding="utf-8"))
    assert not leaks(str(pq.read_table(tmp_path / "dataset/data/kept/00000.parquet").to_pylist()), REPLACED)
