"""One live daemon with everything turned on: each schedule and sensor looks, starts its run, and the run succeeds."""

from __future__ import annotations

import functools
import gzip
import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.definitions.run_request import InstigatorType
from programs import call, command, kill_group, variables, wait_until

from llm_assets.crawl.language_docs import list_topics, render_topic
from llm_assets.formats.warc_writer import WarcWriter
from llm_assets.gate import declared_set
from llm_assets.instance import environment
from llm_assets.recipe import override, put_recipe
from llm_assets.recurring import crawls_of
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system
SWITCHES = ("site_recrawls", "common_crawls", "watched_folders", "nightly_checks", "retraining_when_grown")
OFTEN = {
    "LLM_ASSETS_RECURRING_CRON": "* * * * *",
    "LLM_ASSETS_FOLDER_SECONDS": "3",
    "LLM_ASSETS_RETRAINING_SECONDS": "5",
}
RECURRING = ("docs", "web", "inbox")
WARC = "crawl-data/CC-MAIN-2026-42/segments/1.9/warc/CC-MAIN-00000.warc.gz"


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, and a page of links to them."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A site, and an archive of the shape of Common Crawl's, on loopback."""
    folder = tmp_path_factory.mktemp("served")
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/", folder
        running.shutdown()


def pages(first: int, count: int = 4) -> dict[str, bytes]:
    """Long pages of English, others at every call."""
    return {name: render_topic(name).body for name in list_topics()[first : first + count]}


def write_warc(path: Path, first: int) -> Path:
    with WarcWriter(path, "2026-03-01T00:00:00Z", {"software": "a test"}) as writer:
        for name, body in pages(first).items():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            writer.write_exchange(f"http://{path.name}.example/{name}", b"GET / HTTP/1.1\r\n\r\n", head + body)
    return path


def declare(root: DataRoot, url: str, served: Path, inbox: Path) -> None:
    """Something of each kind that recurs, as a person does, and what it finds."""
    for name, body in pages(20).items():
        (served / "site").mkdir(exist_ok=True)
        (served / "site" / f"{name}.html").write_bytes(body)
    write_warc(served / WARC, 40)
    (served / "crawl-data/CC-MAIN-2026-42/warc.paths.gz").write_bytes(gzip.compress(f"{WARC}\n".encode()))
    (served / "collinfo.json").write_text(json.dumps([{"id": "CC-MAIN-2026-42"}, {"id": "CC-MAIN-2026-38"}]))
    inbox.mkdir()
    local = ("--allow-private-addresses", "--delay-seconds", "0", "--max-pages", "8")
    for words in (
        ("docs", "--source", "site", "--seeds", f"{url}site/", "--cron", "0 3 * * sun", *local),
        ("web", "--source", "common_crawl", "--warcs", "0:1", "--base-url", url, "--index-url", url),
        ("inbox", "--source", "warc_files", "--path", str(inbox), "--settle-seconds", "20"),
    ):
        done = call(root, "crawl", "repeat", "add", *words)
        assert done.returncode == 0, done.stdout


def fill(inbox: Path) -> None:
    """Files of a watched folder, the last thing before the daemon starts: a crawl waits for older ones, and a look at the others comes
    each minute alone, so the folder's is to be the youngest."""
    write_warc(inbox / "whole.warc.gz", 60)
    (inbox / "half.warc.gz").write_bytes(write_warc(inbox.parent / "other.warc.gz", 64).read_bytes()[:5_000])


@dataclass(frozen=True)
class Lived:
    """What a daemon has left behind, once everything was done and it was told to end."""

    root: DataRoot
    runs: list[dg.DagsterRun]
    log: str
    status: int
    left: list[psutil.Process]

    def runs_of(self, switch: str) -> list[dg.DagsterRun]:
        return [run for run in self.runs if switch in (run.tags.get("dagster/sensor_name"), run.tags.get("dagster/schedule_name"))]


def turn_on(root: DataRoot) -> datetime:
    """Turns everything on, as though a minute ago. Returns the full minute since, so that nobody has to wait for the next one."""
    turned = call(root, "automation", "on", *SWITCHES)
    assert turned.returncode == 0, turned.stdout
    since = 0.0
    with dg.DagsterInstance.from_config(environment(root)["DAGSTER_HOME"]) as instance:
        for state in instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE):
            since = state.instigator_data.start_timestamp - 60
            instance.update_instigator_state(state.with_data(state.instigator_data._replace(start_timestamp=since)))
    return datetime.fromtimestamp(since, UTC).replace(second=0) + timedelta(minutes=1)


def start_daemon(root: DataRoot, log: Path, begun: datetime) -> subprocess.Popen[bytes]:
    """A daemon that looks often, in a night that has begun."""
    night = {"LLM_ASSETS_NIGHTLY_CRON": f"{begun.minute} {begun.hour} * * *"}
    with log.open("wb") as file:
        return subprocess.Popen(command(root, "daemon"), env=variables() | OFTEN | night, stdout=file, stderr=file, start_new_session=True)


def is_trained_on_the_choice(root: DataRoot) -> bool:
    """The model is of the training set as it is now."""
    model, chosen = root.manifest("trained_model"), root.manifest("training_set")
    return model is not None and chosen is not None and model.inputs["training_set"] == chosen.data_version


def is_done(root: DataRoot, instance: dg.DagsterInstance) -> bool:
    """The model is of all that came in, every file was inspected, and nothing is under way."""
    runs = instance.get_runs()
    return (
        {each.name for name in RECURRING for each in crawls_of(root, name)} <= set(declared_set(root))
        and any(run.job_name == "nightly" for run in runs)
        and any("evaluation_samples" in str(run.asset_selection) for run in runs)
        and is_trained_on_the_choice(root)
        and all(run.is_finished for run in runs)
    )


@pytest.fixture(scope="module")
def lived(undisturbed: DataRoot, server: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory, in_process: None) -> Iterator[Lived]:
    """A day in the life of a root, in a minute."""
    folder = tmp_path_factory.mktemp("daemon")
    shutil.copytree(undisturbed.home, folder / "home", ignore=shutil.ignore_patterns(".state", ".lock"))
    root = DataRoot.at(folder / "home")
    put_recipe(root.recipe, override(root.recipe.read_text(encoding="utf-8"), ["training_set.growth=0.01", "training.steps=6"]))
    declare(root, *server, folder / "inbox")
    begun = turn_on(root)
    fill(folder / "inbox")
    daemon = start_daemon(root, folder / "log", begun)
    children: list[psutil.Process] = []
    try:
        with dg.DagsterInstance.from_config(environment(root)["DAGSTER_HOME"]) as instance:
            wait_until(lambda: is_done(root, instance) or daemon.poll() is not None, 600, "all runs")
            children = psutil.Process(daemon.pid).children(recursive=True)
            runs = list(instance.get_runs())
        daemon.send_signal(signal.SIGTERM)
        status = daemon.wait(30)
        _, left = psutil.wait_procs(children, 2)
        yield Lived(root, runs, (folder / "log").read_text(), status, left)
    finally:
        if daemon.poll() is None:
            kill_group(daemon)


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_schedule_and_sensor_starts_a_run_that_succeeds(lived: Lived, switch: str) -> None:
    runs = lived.runs_of(switch)
    assert runs, lived.log
    assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}


@pytest.mark.parametrize("name", RECURRING)
def test_what_recurs_became_one_crawl_however_often_it_was_looked_after(lived: Lived, name: str) -> None:
    (crawl,) = crawls_of(lived.root, name)
    corpus = lived.root.manifest("pii_scrubbed_corpus", crawl.name)
    assert corpus is not None
    assert corpus.report["kept"] > 0


def test_a_file_that_was_half_copied_is_in_no_crawl(lived: Lived) -> None:
    (crawl,) = crawls_of(lived.root, "inbox")
    assert [Path(path).name for path in crawl.parameters.model_dump()["path"]] == ["whole.warc.gz"]


def test_the_model_was_trained_anew_on_all_that_came_in(lived: Lived) -> None:
    assert is_trained_on_the_choice(lived.root)
    assert len(declared_set(lived.root)) == 1 + len(RECURRING)


def test_told_to_end_it_ends_well_and_leaves_no_process(lived: Lived) -> None:
    assert lived.status == 0, lived.log
    assert not [process.cmdline() for process in lived.left]
