"""One materialization: what surrounds a stage so that its output is whole, locked, versioned, and never half there.

A stage writes into a folder under way (see :mod:`llm_assets.engine.journal`), which becomes an output once it is whole. What
a killed or failed run had finished there, a later one of the same inputs goes on with.
"""

from __future__ import annotations

import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from llm_assets.crawl.declaration import Declaration
from llm_assets.engine import Engine, ResumingEngine, open_journal
from llm_assets.errors import ConfigError, DataError, LLMAssetsError, LockedError
from llm_assets.formats.failure import forget_failure, record_failure
from llm_assets.formats.manifest import Artefact, Manifest, describe_output, open_output, put_manifest, with_figures
from llm_assets.pii.redact import redact_for_display, redact_values
from llm_assets.plan import ASSETS, Snapshot, label, read_key
from llm_assets.recipe import Recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.side_inputs import check_inputs

FOLDER = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")
"""Name of an output's folder: when it was begun, and a draw that keeps two of the same second apart."""


@dataclass
class Step:
    """What a stage gets while it runs: its inputs as they stood when it began, a folder to write to, an engine.

    The folder is empty, or holds the parts that a run of the same inputs had finished before it ended early.

    ``report`` is set by whoever calls the stage; ``links`` says where else the work is recorded (an MLflow run);
    ``manifest`` is there once the step has ended well.
    """

    snapshot: Snapshot
    asset: str
    crawl: str | None
    folder: Path
    engine: Engine
    previous: Manifest | None
    report: Report | None = None
    links: dict[str, str] = field(default_factory=dict)
    manifest: Manifest | None = None

    @property
    def root(self) -> DataRoot:
        """The data root."""
        return self.snapshot.root

    @property
    def recipe(self) -> Recipe:
        """The recipe as it was when the step began."""
        return self.snapshot.recipe

    @property
    def name(self) -> str:
        """As in ``extracted_text[demo]``."""
        return label(self.asset, self.crawl)

    @property
    def declaration(self) -> Declaration:
        """The crawl the step is about."""
        if self.crawl is None:
            raise AssertionError(f"{self.name} is about no single crawl")
        return self.root.crawl(self.crawl)

    @property
    def older(self) -> list[str]:
        """Crawls before the step's own."""
        return self.snapshot.older(self.declaration.name)

    def read(self, asset: str, crawl: str | None = None) -> Artefact:
        """An input: of the step's own crawl, unless another is named."""
        where = crawl if crawl is not None else self.crawl if ASSETS[asset].per_crawl else None
        manifest = self.snapshot.manifest(asset, where)
        if manifest is None:
            raise DataError(f"{self.name} reads {label(asset, where)}, which was never materialized", self.root.place(asset, where))
        return open_output(self.root.place(asset, where), manifest)

    def read_previous(self) -> Artefact | None:
        """The output this step is about to replace; None where there is none, or its files are gone or damaged."""
        try:
            return open_output(self.root.place(self.asset, self.crawl), self.previous) if self.previous else None
        except DataError:
            return None  # the step that replaces a broken output must not fail because it is broken

    def read_reusable(self, *inputs: str) -> Artefact | None:
        """The output this step is about to replace, where it was made by today's code from today's versions of these inputs.

        A stage may take over what is still the same.
        """
        if self.previous is None or self.previous.code_version != ASSETS[self.asset].code:
            return None
        today = self.snapshot.inputs(self.asset, self.crawl)
        return self.read_previous() if all(self.previous.inputs.get(name) == today[name] for name in inputs) else None


@contextmanager
def begin_step(root: DataRoot, recipe: Recipe, engine: Engine, asset: str, crawl: str | None = None) -> Iterator[Step]:
    """Locks an output, fixes its inputs, and makes what the body wrote into ``step.folder`` the current output.

    Where the body raises, the old output stays, and of the new one only the parts that are finished; the error is noted beside it, for
    the planner. A process that is killed leaves a folder no manifest names; the next step of the same output goes on with it, or
    removes it.

    Raises:
        LockedError: another run is writing this output.
        ConfigError: an input is missing; says what to materialize first.
    """
    place, name, node = root.place(asset, crawl), label(asset, crawl), ASSETS[asset]
    with lock_output(place, name):
        snapshot = Snapshot.at_hand(root, recipe)
        check_inputs(root, recipe, asset)
        inputs = _fixed_inputs(snapshot, asset, crawl)
        previous, key = snapshot.manifest(asset, crawl), read_key(asset, inputs)
        began, clock = datetime.now(UTC), time.monotonic()
        try:
            with open_journal(place, key) as journal:
                step = Step(snapshot, asset, crawl, journal.output, ResumingEngine(engine, journal), previous)
                yield step
                if step.report is None:
                    raise AssertionError(f"{step.name} ended without a report")
                folder = f"{began:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
                manifest = describe_output(asset, crawl, journal.output, node.kept, node.code, inputs)
                figures = redact_values(asdict(step.report)) | {"links": step.links}
                manifest = with_figures(
                    replace(manifest, folder=folder), figures, began.isoformat(timespec="seconds"), time.monotonic() - clock
                )
                _put_output(place, journal.output, manifest)
                step.manifest = manifest
        except OSError as error:
            _note_failure(place, key, error)
            raise DataError(f"{name} stopped: {error.strerror or error}", error.filename or place) from error
        except Exception as error:
            _note_failure(place, key, error)
            raise
        forget_failure(place)
        _remove_others(place, {folder, previous.folder if previous else folder})


def _note_failure(place: Path, key: str, error: Exception) -> None:
    """For the planner and a person; where even that finds no room, the error itself says enough."""
    said = str(error) if isinstance(error, LLMAssetsError) else f"{type(error).__name__}: {error}"
    with suppress(OSError):
        record_failure(place, key, redact_for_display(said))


def _put_output(place: Path, output: Path, manifest: Manifest) -> None:
    """Makes a folder the current output of a place, or, where the manifest finds no room, leaves it where it is."""
    folder = place / manifest.folder
    output.rename(folder)
    try:
        put_manifest(place, manifest)
    except OSError:
        folder.rename(output)
        raise


def _fixed_inputs(snapshot: Snapshot, asset: str, crawl: str | None) -> dict[str, str]:
    inputs = snapshot.inputs(asset, crawl)
    missing = sorted(name for name, version in inputs.items() if version is None)
    if missing:
        raise ConfigError(f"{label(asset, crawl)} reads {', '.join(missing)}, not materialized yet: do that first, or `llm-assets run`")
    return {name: version for name, version in sorted(inputs.items()) if version is not None}


@contextmanager
def lock_output(place: Path, name: str) -> Iterator[None]:
    """The lock of an output, or LockedError.

    Held beside the output, so that runs which keep their state apart meet too. It ends with its process, however that ends.
    """
    path = place / ".lock"
    place.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        raise LockedError(f"another run is writing {name}; wait for it, or end it (lock: {path})") from error


def _remove_others(place: Path, keep: set[str]) -> None:
    """Removes folders nobody needs: the output before the last one, and what a killed process left."""
    for path in place.iterdir():
        if path.is_dir() and path.name not in keep and FOLDER.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)
