"""A person who only ever opens the pages: crawls are there, a run is a click, figures and links are shown, Ctrl-C ends it all."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from dagster_page import DagsterPage, metadata_row
from playwright.sync_api import Browser, Page, expect
from programs import kill_group, start, wait_until

from llm_assets.instance import LOOPBACK
from llm_assets.plan import ASSETS
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system
GROUPS = ("crawl", "text", "judgement", "duplicates", "overlap", "corpus", "tokens", "model")


@dataclass(frozen=True)
class Interfaces:
    """``llm-assets ui`` on a root of which nothing is materialized."""

    root: DataRoot
    process: subprocess.Popen[bytes]
    log: Path
    ports: tuple[int, int]

    @property
    def dagster(self) -> DagsterPage:
        return DagsterPage(f"http://{LOOPBACK}:{self.ports[0]}")

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Launched:
    """A run of the job `everything`, launched by the page's buttons."""

    run_id: str
    status: str
    events: list[dict[str, object]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex((LOOPBACK, port)) == 0


@pytest.fixture(scope="module")
def interfaces(tmp_path_factory: pytest.TempPathFactory, new_root: Callable[[Path], DataRoot]) -> Iterator[Interfaces]:
    folder = tmp_path_factory.mktemp("interfaces")
    root, ports = new_root(folder / "home"), (free_port(), free_port())
    process = start(root, folder / "log", "ui", "--port", ports[0], "--mlflow-port", ports[1])
    started = Interfaces(root, process, folder / "log", ports)
    children: list[psutil.Process] = []
    try:
        wait_until(lambda: "Ctrl-C ends both" in started.said() or process.poll() is not None, 180, "both servers")
        assert process.poll() is None, started.said()
        children = psutil.Process(process.pid).children(recursive=True)
        yield started
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                kill_group(process)
        for child in children:
            if child.is_running():
                child.kill()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab, as wide as a person's."""
    with browser.new_context(viewport={"width": 1600, "height": 1200}) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def launched(interfaces: Interfaces, browser: Browser) -> Launched:
    page = interfaces.dagster
    wait_until(lambda: page.partitions("raw_crawl") == ["demo"], 60, "the partition")
    run_id = page.materialize(browser, "everything")
    return Launched(run_id, page.status(run_id), page.events(run_id))


def test_the_graph_loads_without_errors(interfaces: Interfaces) -> None:
    entry = {"name": "llm_assets", "loadStatus": "LOADED", "locationOrLoadError": {"__typename": "RepositoryLocation"}}
    assert interfaces.dagster.locations() == [entry]


def test_a_declared_crawl_becomes_a_partition_without_anything_being_turned_on(interfaces: Interfaces) -> None:
    wait_until(lambda: interfaces.dagster.partitions("raw_crawl") == ["demo"], 60, "the partition")


def test_a_run_launched_on_the_page_makes_every_asset(interfaces: Interfaces, launched: Launched) -> None:
    assert launched.status == "SUCCESS", [event for event in launched.events if "error" in event]
    for name, node in ASSETS.items():
        manifest = interfaces.root.manifest(name, "demo" if node.per_crawl else None)
        assert manifest is not None
        assert manifest.report["links"]["dagster_run_id"] == launched.run_id


def test_the_run_is_one_process_and_logs_no_warning(launched: Launched) -> None:
    assert any(str(event["message"]).startswith("Executing steps in process") for event in launched.events)
    assert [event for event in launched.events if event["level"] in ("WARNING", "ERROR", "CRITICAL")] == []


def test_every_check_is_run_and_passes(launched: Launched) -> None:
    from dagster_project.checks import CHECKS

    passed = {event["evaluation"]["checkName"]: event["evaluation"]["success"] for event in launched.events if "evaluation" in event}  # type: ignore[index]  # JSON
    assert passed == {key.name: True for check in CHECKS for key in check.check_keys}


def test_what_the_servers_print_holds_no_error_and_no_deprecation(interfaces: Interfaces, launched: Launched) -> None:
    assert re.findall(r".*(?:Traceback|Warning:| ERROR |[Dd]eprecated|[Ss]uperseded).*", interfaces.said()) == []


def test_the_address_of_a_database_is_no_argument_that_other_users_see(interfaces: Interfaces) -> None:
    children = psutil.Process(interfaces.process.pid).children(recursive=True)
    arguments = [" ".join(child.cmdline()) for child in children]
    assert any("mlflow server" in words for words in arguments)
    assert not [words for words in arguments if "mlflow.db" in words or "postgresql" in words]


def test_a_runs_config_sets_the_recipe(interfaces: Interfaces, launched: Launched) -> None:
    config = {"resources": {"pipeline": {"config": {"set": ["filters.gopher_quality.min_words=31"]}}}}
    before = interfaces.root.manifest("filtered_docs", "demo")
    run_id = interfaces.dagster.launch("crawl_to_corpus", "demo", config, ["filtered_docs"])
    assert interfaces.dagster.status(run_id) == "SUCCESS"
    after, recipe = interfaces.root.manifest("filtered_docs", "demo"), read_recipe(interfaces.root.recipe)
    assert before is not None
    assert after is not None
    assert recipe.filters["gopher_quality"].model_dump()["min_words"] == 31
    assert before.inputs["recipe/filters"] != after.inputs["recipe/filters"] == recipe.fingerprint("filters")


def test_the_graph_is_drawn_with_every_asset(interfaces: Interfaces, launched: Launched, page: Page) -> None:
    expanded = ",".join(f"global@global:{group}" for group in GROUPS)
    page.goto(f'{interfaces.dagster.address}/asset-groups~not group:"recipe"?expanded={expanded}')
    for name in (*ASSETS, "seniors"):
        expect(page.get_by_text(re.compile(rf"^{name}$|^{name[:10]}…")).first).to_be_visible()


def test_the_page_of_a_partition_shows_counts_and_plots_and_leads_to_mlflow(interfaces: Interfaces, launched: Launched, page: Page) -> None:
    manifest = interfaces.root.manifest("filtered_docs", "demo")
    assert manifest is not None
    page.goto(f"{interfaces.dagster.address}/assets/filtered_docs?view=partitions&partition=demo")
    for figure in ("read", "kept"):
        expect(metadata_row(page, figure)).to_have_text(f"{figure}{manifest.report[figure]}")
    expect(metadata_row(page, "funnel")).to_contain_text("█")
    metadata_row(page, "histograms").get_by_text("[Show Markdown]").click()
    plots = page.get_by_role("dialog")
    for measured in ("words", "mean_word_length", "top_2_gram_character_fraction"):
        expect(plots.get_by_role("row", name=re.compile(rf"^{measured} .*[▁▂▃▄▅▆▇█]"))).to_be_visible()
    plots.get_by_role("button", name="Close").click()
    with page.context.expect_page() as opened:
        metadata_row(page, "mlflow_run").get_by_role("link").first.click()
    assert opened.value.url == manifest.report["links"]["mlflow"]
    expect(opened.value.get_by_role("heading", name="filtered_docs[demo]")).to_be_visible()
    expect(opened.value.get_by_role("status", name="dagster.run_id")).to_contain_text(manifest.report["links"]["dagster_run_id"])


def test_the_linked_page_of_mlflow_shows_the_training(interfaces: Interfaces, launched: Launched, page: Page) -> None:
    manifest = interfaces.root.manifest("trained_model")
    assert manifest is not None
    link = manifest.report["links"]["mlflow"]
    assert link.startswith(f"http://{LOOPBACK}:{interfaces.ports[1]}/")
    page.goto(link)
    expect(page.get_by_role("heading", name="trained_model")).to_be_visible()
    expect(page.get_by_text("training_loss").first).to_be_visible()


def test_one_interrupt_ends_both_servers_and_all_their_children(interfaces: Interfaces) -> None:
    children = psutil.Process(interfaces.process.pid).children(recursive=True)
    assert len(children) >= 4
    os.kill(interfaces.process.pid, signal.SIGINT)
    assert interfaces.process.wait(20) == 0, interfaces.said()
    _, alive = psutil.wait_procs(children, timeout=1)
    assert alive == []
    assert not any(is_listening(port) for port in interfaces.ports)
    assert "Traceback" not in interfaces.said()
