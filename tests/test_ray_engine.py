"""A cluster gives what one machine gives, whatever becomes of its nodes. Nodes here are those that Ray's own tests use: processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cluster import NOTICE
from llm_assets.engine import RayEngine, ResumingEngine, advance, open_journal
from llm_assets.errors import ConfigError, DataError
from llm_assets.report import Report

Told = list[tuple[str, int, int | None, str, str]]

pytest.importorskip("ray", reason="wants the extra ray")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A node of two cores, the head."""
    from llm_assets.engine.ray_cluster import QUIET

    with pytest.MonkeyPatch.context() as environment:
        for name, value in (QUIET | NOTICE).items():
            environment.setenv(name, value)
        environment.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
        import ray
        from ray.cluster_utils import Cluster

        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "object_store_memory": 100 << 20, "include_dashboard": False})
        yield made
        ray.shutdown()
        made.shutdown()


@pytest.fixture
def engine(cluster: Any) -> RayEngine:
    return RayEngine(cluster.address)


def square(number: int) -> int:
    time.sleep(0.05 * (3 - number % 3))
    return number * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise DataError("three", "file", 3)
    return number


def give_a_function(number: int) -> Callable[[], int]:
    return lambda: number


def die(path: Path) -> Path:
    os.kill(os.getpid(), signal.SIGKILL)
    return path


def count_ten(number: int) -> int:
    for each in range(10):
        advance(1, (each + 1) / 10)
    return number


def write_slowly(number: int, folder: Path) -> Report:
    for each in range(10):
        time.sleep(0.05)
        advance(1, (each + 1) / 10)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.txt").write_text(f"{number}\n")
    return Report("numbers", 10, 10)


def outputs_of(folder: Path, numbers: range) -> list[list[Path]]:
    return [[folder / f"{number}.txt"] for number in numbers]


def test_results_come_in_order(engine: RayEngine) -> None:
    assert engine.workers == 2
    assert list(engine.map(square, range(7), "squares")) == [n * n for n in range(7)]


def test_an_error_of_an_item_is_raised_here_as_it_was_and_tells_where(engine: RayEngine) -> None:
    with pytest.raises(DataError, match="file at byte 3: three") as raised:
        list(engine.map(fail_at_three, range(5), "numbers"))
    assert "in fail_at_three" in str(raised.value.__cause__)


def test_a_result_that_cannot_travel_is_an_error(engine: RayEngine) -> None:
    with pytest.raises(Exception, match="pickle"):
        list(engine.map(give_a_function, range(2), "functions"))


def test_documents_are_counted_wherever_they_are_read(cluster: Any) -> None:
    told: Told = []
    list(RayEngine(cluster.address, progress=lambda *each: told.append(each)).map(count_ten, range(3), "documents"))
    assert told[-1] == ("documents", 30, 30, "documents", "3 of 3 files")


def test_a_node_that_has_not_the_folder_says_so(cluster: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a node of the cluster sees no folder"):
        list(RayEngine(cluster.address, home=tmp_path / "elsewhere").map(square, range(1), "squares"))


def test_a_node_with_other_software_is_refused(engine: RayEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.engine.ray_engine.describe_software", lambda: '{"pyarrow": "1.0"}')
    with pytest.raises(ConfigError, match=r"pyarrow \d+.* instead of 1\.0"):
        list(engine.map(square, range(1), "squares"))


def test_files_of_finished_items_outlive_an_interrupted_map(engine: RayEngine, tmp_path: Path) -> None:
    numbers = range(4)
    with pytest.raises(KeyboardInterrupt), open_journal(tmp_path, "0" * 16) as journal:
        work = partial(write_slowly, folder=journal.output)
        reports = ResumingEngine(engine, journal).write_parts(work, numbers, "numbers", outputs_of(journal.output, numbers))
        next(reports)
        raise KeyboardInterrupt
    with open_journal(tmp_path, "0" * 16) as journal:
        left = sorted(path.name for path in journal.output.rglob("*") if path.is_file())
        assert left and "0.txt" in left
        before = {name: (journal.output / name).stat().st_mtime_ns for name in left}
        work = partial(write_slowly, folder=journal.output)
        reports = ResumingEngine(engine, journal).write_parts(work, numbers, "numbers", outputs_of(journal.output, numbers))
        assert [report.read for report in reports] == [10] * 4
        assert {name: (journal.output / name).stat().st_mtime_ns for name in left} == before
        assert sorted(path.name for path in journal.folder.rglob("*.txt")) == [f"{number}.txt" for number in numbers]
        assert list((journal.folder / "tries").iterdir()) == []


def test_items_of_a_node_that_is_lost_are_done_elsewhere(cluster: Any, tmp_path: Path) -> None:
    nodes = [cluster.add_node(num_cpus=2, object_store_memory=100 << 20)]

    def kill(label: str, done: int, total: int | None, unit: str = "files", detail: str = "", /) -> None:
        if nodes and unit == "documents" and done >= 15:
            cluster.remove_node(nodes.pop(), allow_graceful=False)

    numbers = range(8)
    with open_journal(tmp_path, "0" * 16) as journal:
        work = partial(write_slowly, folder=journal.output)
        engine = ResumingEngine(RayEngine(cluster.address, progress=kill), journal)
        reports = engine.write_parts(work, numbers, "numbers", outputs_of(journal.output, numbers))
        assert sum(report.read for report in reports) == 80
        assert nodes == []
        assert [(journal.output / f"{number}.txt").read_text() for number in numbers] == [f"{number}\n" for number in numbers]


def test_a_map_left_early_leaves_nothing_running(engine: RayEngine) -> None:
    slow = engine.map(time.sleep, [0, 600, 600, 600], "sleeping")
    next(slow)
    slow.close()  # type: ignore[attr-defined]  # a generator
    assert list(engine.map(square, range(2), "squares")) == [0, 1]  # both cores are free again


def test_an_item_whose_processes_die_is_a_data_error_that_names_its_file(engine: RayEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.engine.ray_map.ATTEMPTS", 2)
    with pytest.raises(DataError, match=r"^first: 2 processes or nodes were lost while dying \(WorkerCrashedError\)"):
        list(engine.map(die, [Path("first")], "dying"))


def test_ray_is_not_imported_unless_it_is_chosen() -> None:
    program = "import sys, llm_assets.engine as engine; engine.RayEngine(); sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_no_cluster_at_an_address_is_told() -> None:
    program = "from llm_assets.engine import RayEngine\nRayEngine('127.0.0.1:1').workers"
    told = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert "ConfigError: no Ray cluster answers at 127.0.0.1:1" in told.stderr
