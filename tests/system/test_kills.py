"""``kill -9`` of the daemon, its code server, a run and a worker at random moments, while everything runs by itself.

What a supervisor would start again (the daemon) is started again, and nothing else is done. Then everything becomes current, and
equals what an undisturbed `llm-assets run` made. The roots begin as the documentation restores them from a backup.

``LLM_ASSETS_KILLS`` says how many kills (default 3, a root for each 8), ``LLM_ASSETS_KILLS_SEED`` from which random numbers they are.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from programs import OURS, call, variables, wait_until

from llm_assets.instance import environment
from llm_assets.plan import Snapshot, survey
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system

KILLS = int(os.environ.get("LLM_ASSETS_KILLS", "3"))
SEED = int(os.environ.get("LLM_ASSETS_KILLS_SEED", random.randrange(10**6)))
KINDS = ("run", "daemon", "worker", "code server")
KILLS_OF_A_ROOT = 8
OFTEN = {"LLM_ASSETS_DECLARATIONS_SECONDS": "1", "LLM_ASSETS_INCREMENTAL_SECONDS": "1"}
QUICKER = "run_monitoring: {enabled: true, poll_interval_seconds: 2, start_timeout_seconds: 60, cancel_timeout_seconds: 60}\n"
"""Overrides of Dagster's settings: a test does not wait for a quarter of a minute where a night does not matter."""

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
WORKSPACE = ROOT / "workspace.yaml"


class Supervised:
    """A daemon that is started again whenever it is gone."""

    def __init__(self, root: DataRoot, log: Path) -> None:
        self.root, self.log = root, log
        home = root.state / "dagster"
        home.mkdir(parents=True)
        (home / "overrides.yaml").write_text(QUICKER, encoding="utf-8")
        ours = {name: value for name, value in environment(root).items() if name.startswith(OURS) or name not in os.environ}
        self.variables = {**variables(), **ours, "LLM_ASSETS_WORKERS": "2", "LLM_ASSETS_DEVICE": "cpu", **OFTEN}
        self.groups: list[subprocess.Popen[bytes]] = []
        self._call("sensor", "start", "incremental", "-w", str(WORKSPACE))
        self.start()

    def _call(self, *words: str) -> None:
        subprocess.run([BIN / "dagster", *words], env=self.variables, check=True, capture_output=True, timeout=300)

    def start(self) -> None:
        """Starts a daemon; what it says goes to the log."""
        with self.log.open("ab") as log:
            command = [BIN / "dagster-daemon", "run", "-w", str(WORKSPACE)]
            self.daemon = subprocess.Popen(command, env=self.variables, stdout=log, stderr=log, start_new_session=True)
        self.groups.append(self.daemon)

    def find(self, kind: str) -> Iterator[psutil.Process]:
        """Processes of a kind that are there now, be it that an earlier daemon started them."""
        for process in self._processes():
            with contextlib.suppress(psutil.Error):
                words = " ".join(process.cmdline())
                parent = " ".join(process.parent().cmdline()) if process.parent() else ""
                if kind == _name_kind(words, parent):
                    yield process

    def _processes(self) -> list[psutil.Process]:
        groups = {group.pid for group in self.groups}
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(process.pid) in groups:
                    found.append(process)
        return found

    def kill(self, kind: str, draw: random.Random) -> bool:
        """Kills one of a kind, where there is one; a daemon is started again."""
        if kind == "daemon":
            self.daemon.kill()
            self.daemon.wait()
            self.start()
            return True
        there = list(self.find(kind))
        with contextlib.suppress(psutil.NoSuchProcess):
            if there:
                draw.choice(there).kill()
        return bool(there)

    def wait(self) -> None:
        """Until everything is current, and no run is under way."""
        wait_until(lambda: not unsettled(self.root), 1200, "everything to be current", pause=1)
        wait_until(lambda: not list(self.find("run")), 300, "the last run's end")

    def __enter__(self) -> Supervised:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.daemon.wait()


def _name_kind(words: str, parent: str) -> str | None:
    """What a process is, by its command line and that of its parent."""
    if "api grpc" in words or "code-server" in words:
        return "code server"
    if "spawn_main" not in words:
        return None
    return "worker" if "spawn_main" in parent else "run"


def restore(root: DataRoot, folder: Path) -> DataRoot:
    """A root from a backup of another, made and restored by the commands that the documentation tells."""
    shutil.copytree(root.home, folder / "data", ignore=shutil.ignore_patterns(".state"))
    for line in (ROOT / "docs/operating.md").read_text(encoding="utf-8").splitlines():
        if " tar " in f" {line}":
            subprocess.run(["bash", "-ec", line], cwd=folder, check=True)
    assert {path.name for path in (folder / "restored").iterdir()} == {"recipe.toml", "crawls", "raw_crawl", "training_set.toml"}
    return DataRoot.at(folder / "restored", folder / "state")


def unsettled(root: DataRoot) -> list[str]:
    return [f"{each.label}: {each.state} {each.because}" for each in survey(Snapshot(root, read_recipe(root.recipe))) if not each.settled]


def disturb(daemon: Supervised, kinds: Iterator[str], kills: int, draw: random.Random, done: Counter[str]) -> None:
    """Kills one of each kind in turn, at a random moment after it is there, until there were enough or nothing is left to do."""
    kind, since = next(kinds), time.monotonic()
    while sum(done.values()) < kills and unsettled(daemon.root):
        time.sleep(draw.uniform(0, 3))
        if daemon.kill(kind, draw):
            done[kind] += 1
            print(f"  {time.monotonic() - since:5.1f} s: killed a {kind}", flush=True)
            kind = next(kinds)


def test_whatever_is_killed_everything_becomes_current_by_itself_and_equal(undisturbed: DataRoot, tmp_path: Path) -> None:
    print(f"\nseed {SEED}", flush=True)
    draw, kinds, killed = random.Random(SEED), itertools.cycle(KINDS), Counter[str]()
    for number in itertools.count():
        if sum(killed.values()) >= KILLS:
            break
        done = Counter[str]()
        root = restore(undisturbed, tmp_path / str(number))
        began = time.monotonic()
        with Supervised(root, tmp_path / f"{number}/daemon.log") as daemon:
            disturb(daemon, kinds, min(KILLS_OF_A_ROOT, KILLS - sum(killed.values())), draw, done)
            daemon.wait()
        assert not unsettled(root)
        compared = call(root, "verify", "--against", undisturbed.home)
        print(f"root {number}: {dict(done)} in {time.monotonic() - began:.0f} s; {compared.stdout.strip().splitlines()[-1]}", flush=True)
        assert compared.returncode == 0, compared.stdout
        assert list(root.home.glob("**/.partial-*")) == []
        killed += done
    print(f"killed {dict(killed)}", flush=True)
