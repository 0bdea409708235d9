"""What runs by itself: after each kind of change exactly what it touches, and the root is then that of a clean run."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import pytest
from planted_pages import write_response, write_sentence
from smallest_recipe import SMALLEST

from dagster_project.automation import report_declarations
from dagster_project.condition import incremental
from dagster_project.definitions import defs
from dagster_project.resources import Pipeline
from llm_assets.instance import environment
from llm_assets.plan import ASSETS, PER_CRAWL, label
from llm_assets.recipe import find_recipe, override, put_recipe
from llm_assets.root import DataRoot
from llm_assets.verify import compare_roots

pytestmark = pytest.mark.system  # some twenty runs and a clean one: minutes

GLOBAL = [name for name in ASSETS if name not in PER_CRAWL]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def write_warc(path: Path, pages: Iterable[int]) -> None:
    """A WARC file of pages, each told by its number. Page 10 is the shortest, and page 16 names a telephone number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(write_page, pages)))


def write_page(number: int) -> bytes:
    draw = random.Random(number)
    text = " ".join(write_sentence(draw) for _ in range(5 if number == 10 else 8 + number % 3))
    text += " Whoever asks is told to call +1 650 253 0000 before noon." if number == 16 else ""
    page = f"<html lang=en><head><title>Page {number}</title></head><body><article><p>{text}</p></article></body></html>".encode()
    return write_response(f"http://site.example/{number}", page)


class Watched:
    """A root that the sensor `incremental` looks after, in this process."""

    def __init__(self, root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self._monkeypatch = monkeypatch
        self.look_after()

    def look_after(self) -> None:
        """This process's Dagster and MLflow are those of the root."""
        for name, value in (environment(self.root) | {"LLM_ASSETS_WORKERS": "1", "LLM_ASSETS_DEVICE": "cpu"}).items():
            self._monkeypatch.setenv(name, value)

    def settle(self) -> list[str]:
        """Ticks, each followed by exactly the runs it asked for, until one asks for none. What ran, in order."""
        ran: list[str] = []
        cursor = None
        with dg.DagsterInstance.get() as instance:
            while True:
                for event in report_declarations(instance, self.root):
                    instance.report_runless_asset_event(event)
                context = dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=defs.get_repository_def())
                tick = incremental.evaluate_tick(context)
                cursor = tick.cursor
                if not tick.run_requests:
                    return ran
                for request in tick.run_requests:
                    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection=set(request.asset_selection or ()))
                    done = job.execute_in_process(
                        instance=instance,
                        partition_key=request.partition_key,
                        tags=request.tags,
                        run_config=QUIET,
                        raise_on_error=False,
                        resources={"pipeline": Pipeline()},
                    )
                    ran += [
                        label(event.asset_key.to_user_string(), event.partition)
                        for event in done.get_asset_materialization_events()
                        if event.asset_key
                    ]


@dataclass(frozen=True)
class Change:
    """One kind of change, and the outputs that are to run after it; each of them once."""

    name: str
    make: Callable[[DataRoot], object]
    runs: Sequence[str]


def of(crawls: str, *assets: str) -> list[str]:
    return [label(asset, crawl) for crawl in crawls for asset in assets]


def change(setting: str) -> Callable[[DataRoot], object]:
    return lambda root: put_recipe(root.recipe, override(root.recipe.read_text(encoding="utf-8"), [setting]))


TRAINED = [*GLOBAL[GLOBAL.index("training_set") :]]
CHANGES = (
    Change("new crawl", lambda root: declare(root, "c"), [*of("c", *PER_CRAWL), *TRAINED]),
    Change("same crawl again", lambda root: root.set_enabled("c", True), []),
    Change("threshold without effect", change("filters.language.languages={en=0.66}"), of("abc", "filtered_docs")),
    Change(
        "threshold with effect",
        change("filters.gopher_quality.min_words=105"),
        [
            *of("abc", "filtered_docs"),
            *of("b", "deduped_docs", "overlap_signals", "selected_docs", "pii_scrubbed_corpus", "token_shards"),
            *of("c", "deduped_docs"),
            *TRAINED,
        ],
    ),
    Change(
        "kind of personal data added",
        change('pii.kinds=["email","ip_address","phone"]'),
        [*of("abc", "pii_scrubbed_corpus"), "token_shards[b]", *TRAINED],
    ),
    Change("tokenizer setting", change("tokenizer.vocabulary=290"), ["tokenizer", *of("abc", "token_shards"), *TRAINED]),
    Change("training setting", change("training.learning_rate=0.0005"), ["trained_model", "evaluation_samples"]),
    Change(
        "WARC removed",
        lambda root: (root.home.parent / "archives" / "a" / "1.warc").unlink(),
        [*of("a", *PER_CRAWL), *of("bc", "deduped_docs", "token_shards"), "tokenizer", *TRAINED],
    ),
    Change(
        "code version raised",
        lambda root: ASSETS.update(filtered_docs=replace(ASSETS["filtered_docs"], code="raised")),
        of("abc", "filtered_docs"),
    ),
)


def declare(root: DataRoot, name: str, archive: str | None = None) -> None:
    root.add_crawl(name, "warc_files", {"path": str(root.home.parent / "archives" / (archive or name))})


def run_clean(root: DataRoot, folder: Path, run_root: Callable[..., tuple[bool, str]]) -> DataRoot:
    """A root of the same declarations, run by `llm-assets run`. Which files a crawl has had is one: a removed one keeps its number."""
    clean = DataRoot.at(folder)
    for name in ("crawls", "raw_crawl"):
        shutil.copytree(root.home / name, clean.home / name)
    for path in (root.recipe, root.training_set):
        shutil.copyfile(path, clean.home / path.name)
    run_root(clean)
    return clean


@pytest.fixture
def watched(tmp_path: Path, in_process: None, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A finished root of two small crawls; between them one that fails every time, and one that is disabled."""
    archives = tmp_path / "archives"
    for file, pages in {"a/0": range(1, 6), "a/1": range(7, 9), "b/0": range(10, 18), "c/0": range(20, 28)}.items():
        write_warc(archives / f"{file}.warc", pages)
    (archives / "damaged.warc.gz").write_bytes(gzip.compress(write_page(30))[:-20])
    root = DataRoot.at(tmp_path / "home")
    put_recipe(root.recipe, override(find_recipe("demo").read_text(encoding="utf-8"), SMALLEST))
    declare(root, "a")
    declare(root, "damaged", "damaged.warc.gz")
    declare(root, "off", "a")
    root.set_enabled("off", False)
    declare(root, "b")
    made = Watched(root, monkeypatch)
    assert sorted(made.settle()) == sorted([*of("ab", *PER_CRAWL), "raw_crawl[damaged]", *GLOBAL])
    return made


def test_after_each_kind_of_change_exactly_what_it_touches_runs_and_the_root_is_that_of_a_clean_run(
    watched: Watched, run_root: Callable[..., tuple[bool, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ASSETS, "filtered_docs", ASSETS["filtered_docs"])  # and goes back afterwards
    for number, each in enumerate(CHANGES):
        each.make(watched.root)
        assert (each.name, sorted(watched.settle())) == (each.name, sorted(each.runs))
        if os.environ.get("LLM_ASSETS_LONG_TRIALS") or each is CHANGES[-1]:
            clean = run_clean(watched.root, tmp_path / f"clean-{number}", run_root)
            compared = list(compare_roots(watched.root, clean))
            assert (each.name, [one for one in compared if not one.equal]) == (each.name, [])
            assert {one.output.split("[")[0] for one in compared} >= set(ASSETS) - {"evaluation_samples"}
            watched.look_after()
