"""One materialization: what surrounds a stage so that its output is whole, locked, versioned, and never half there.

A stage writes into a folder under way (see :mod:`llm_assets.engine.journal`), which becomes an output once it is whole. What
a killed or failed run had finished there, a later one of the same inputs goes on with.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from llm_assets.crawl.declaration import Declaration
from llm_assets.engine import Engine, ResumingEngine, open_journal
from llm_assets.errors import ConfigError, DataError, LLMAssetsError, LockedError, UnreachableError
from llm_assets.formats.failure import FAILURE, record_failure
from llm_assets.formats.manifest import MANIFEST, Artefact, Manifest, describe_output, read_checks, with_figures
from llm_assets.graph import read_key
from llm_assets.pii.redact import redact_for_display, redact_values
from llm_assets.plan import ASSETS, Snapshot, label
from llm_assets.recipe import Recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.side_inputs import check_inputs
from llm_assets.store.layout import OUTPUT_FOLDER
from llm_assets.store.lock import hold


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
        return self.root.open(manifest)

    def source_place(self) -> Path:
        """Folder of the crawl's outputs; what the crawl refers to of an earlier one lies beside it, from wherever the root does."""
        earlier = self.declaration.parameters.earlier_crawl
        manifest = self.snapshot.manifest(self.asset, earlier) if earlier else None
        if manifest is not None:
            self.root.open(manifest).whole()
        return self.root.place(self.asset, self.crawl)

    def read_previous(self) -> Artefact | None:
        """The output this step is about to replace; None where there is none, or its files are gone or damaged."""
        try:
            return self.root.open_whole(self.previous) if self.previous else None
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
        LockedError: another run is writing this output, or has taken it over from this one.
        ConfigError: an input is missing; says what to materialize first.
    """
    place, name, node = root.place(asset, crawl), label(asset, crawl), ASSETS[asset]
    with lock_output(root, asset, crawl) as still_held:
        snapshot = Snapshot.at_hand(root, recipe, sound=crawl is not None)  # what is of all crawls wants to know which they are
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
                _put_output(root, journal.output, manifest, still_held)
                step.manifest = manifest
        except OSError as error:
            _note_failure(root, place, key, error)
            raise DataError(f"{name} stopped: {error.strerror or error}", error.filename or place) from error
        except (LockedError, UnreachableError):
            raise  # the output is another run's now; or time alone may mend it
        except Exception as error:
            _note_failure(root, place, key, error)
            raise
        if (place / FAILURE).exists():
            root.remove(place / FAILURE)
        _remove_others(root, place, {folder, previous.folder if previous else folder})


def reopen_step(root: DataRoot, recipe: Recipe, engine: Engine, asset: str, crawl: str | None = None) -> Step | None:
    """The ended step of an output that is today's in all but its checks, so that they run without it; None where there is work to do."""
    manifest = root.manifest(asset, crawl)
    if manifest is None or {*ASSETS[asset].checks} <= read_checks(root.place(asset, crawl), manifest.folder).keys():
        return None  # nearly always; what follows judges all that the output was made from
    snapshot = Snapshot.at_hand(root, recipe, sound=crawl is not None)
    if not snapshot.standing(asset, crawl).unchecked:
        return None
    try:
        folder = root.open_whole(manifest).folder
    except DataError:
        return None
    told = dict(manifest.report)
    links, warnings = told.pop("links", {}), tuple(told.pop("warnings", ()))
    return Step(snapshot, asset, crawl, folder, engine, None, Report(**told, warnings=warnings), links, manifest)


def _note_failure(root: DataRoot, place: Path, key: str, error: Exception) -> None:
    """For the planner and a person; where even that finds no room, the error itself says enough."""
    said = str(error) if isinstance(error, LLMAssetsError) else f"{type(error).__name__}: {error}"
    with suppress(OSError, LLMAssetsError):
        record_failure(place, key, redact_for_display(said), root.put_text)


def _put_output(root: DataRoot, output: Path, manifest: Manifest, still_held: Callable[[], None]) -> None:
    """Makes a folder the current output of its place, or, where its files or the manifest find no room, leaves it where it is.

    In a store, files come first and the manifest last, in one write, once the lock was found to be held still.
    """
    place = root.place(manifest.asset, manifest.crawl)
    folder = place / manifest.folder
    output.rename(folder)
    try:
        root.push_folder(folder)
        still_held()
        root.put_text(place / MANIFEST, manifest.to_json())
    except BaseException:
        folder.rename(output)
        raise


def _fixed_inputs(snapshot: Snapshot, asset: str, crawl: str | None) -> dict[str, str]:
    inputs = snapshot.inputs(asset, crawl)
    missing = sorted(name for name, version in inputs.items() if version is None)
    if missing:
        raise ConfigError(f"{label(asset, crawl)} reads {', '.join(missing)}, not materialized yet: do that first, or `llm-assets run`")
    return {name: version for name, version in sorted(inputs.items()) if version is not None}


@contextmanager
def lock_output(root: DataRoot, asset: str, crawl: str | None) -> Iterator[Callable[[], None]]:
    """The lock of an output, or LockedError. What it gives raises LockedError where the lock was lost meanwhile.

    Held beside the output, so that runs which keep their state apart meet too. It ends with its process, however that ends; in a store,
    where other machines see it, at the latest when that has been silent for a while. There, what they have written is looked at.
    """
    place, name = root.place(asset, crawl), label(asset, crawl)
    path = place / ".lock"
    place.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            if root.mirror is None:
                yield lambda: None
            else:
                with hold(root.mirror, asset if crawl is None else f"{asset}/{crawl}", name) as held:
                    root.refresh()
                    yield held.check
    except Timeout as error:
        raise LockedError(f"another run is writing {name}; wait for it, or end it (lock: {path})") from error


def _remove_others(root: DataRoot, place: Path, keep: set[str]) -> None:
    """Removes folders nobody needs: the output before the last one, and what a killed process left."""
    for path in root.list_folders(place):
        if path.name not in keep and OUTPUT_FOLDER.fullmatch(path.name):
            with suppress(OSError):  # what a reader holds open on some disks goes the next time
                root.remove(path)
