"""A data root: where everything of one corpus lies, and the only place that knows how its folders are named.

HOME/
    recipe.toml             the one recipe of this root
    training_set.toml       which crawls the model is trained on
    crawls/NAME.toml        a crawl, declared
    recurring/NAME.toml     what crawls are declared again and again: see llm_assets/recurring.py
    samples/0.01/           a root of its own for a share of the documents; in it, sample.toml tells so
    ablations/<hash>/       a root of its own for a variant of the recipe, down to its shards, with models trained on them
    inputs/NAME/<sha256>/   a side input (block list …); inputs/NAME/current names the one in use; inputs/forgotten: takedowns
    takedowns.jsonl         what each takedown hit, and which model had seen it: a record, no input
    ASSET/[CRAWL/]          outputs, each with its manifest.json
    catalog.duckdb          views over all of it, disposable
    .state/                 databases, locks, spill, checkpoints: outside every promise of equal bytes

A home may be a URL: an object store through fsspec. Then the same files lie there, ``home`` is the mirror of it below the state, and
whatever writes or removes a file of the root does so by a method of :class:`DataRoot`, in the store first.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from llm_assets.crawl.declaration import check_name
from llm_assets.declared import DeclaredCrawls
from llm_assets.errors import ConfigError, DataError
from llm_assets.extract.sample import Sample, parse_share
from llm_assets.formats.manifest import Artefact, Manifest, hash_file, open_output, read_manifest
from llm_assets.section import fingerprint
from llm_assets.store.home import CRAWLS, INPUTS, STATE, open_home
from llm_assets.store.layout import ROOTS_BELOW

NO_SUCH_INPUT = "missing"
SAMPLE = "sample.toml"
FORGOTTEN = "forgotten"
"""Name of the side input that lists what is taken down; no other may bear it."""
SAMPLES, ABLATIONS = ROOTS_BELOW


@dataclass(frozen=True)
class DataRoot(DeclaredCrawls):
    """Paths below a home, and the small files a person or a schedule edits there."""

    @classmethod
    def at(cls, home: str | Path, state: str | Path | None = None, *, make: bool = True) -> DataRoot:
        """The root at a folder, made where it does not exist yet (unless ``make`` is False, for who only reads).

        Or the one at a URL such as ``s3://bucket/corpus``, whose ``state`` is a folder of this machine that the caller names.
        """
        opened = open_home(home, state)
        try:
            for each in (opened.home, opened.state) if make else ():
                each.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the data root {opened.home} cannot be made: {error.strerror}") from error
        return cls(opened.home, opened.state, opened.mirror)

    @property
    def exists(self) -> bool:
        """Whether there is a root: a folder, or in a store at least a recipe or a declaration."""
        return self.home.is_dir() if self.mirror is None else self.recipe.is_file() or any((self.home / CRAWLS).glob("*.toml"))

    @property
    def recipe(self) -> Path:
        """The recipe's file."""
        return self.home / "recipe.toml"

    @property
    def catalog(self) -> Path:
        """The DuckDB file of views."""
        return self.home / "catalog.duckdb"

    @property
    def training_set(self) -> Path:
        """Which crawls the model is trained on, as last chosen."""
        return self.home / "training_set.toml"

    def place(self, asset: str, crawl: str | None = None) -> Path:
        """Where an asset's outputs and manifest lie."""
        return self.home / asset if crawl is None else self.home / asset / check_name(crawl)

    def manifest(self, asset: str, crawl: str | None = None) -> Manifest | None:
        """The current manifest of an output, or None."""
        return read_manifest(self.place(asset, crawl))

    def artefact(self, asset: str, crawl: str | None = None) -> Artefact:
        """The current output. DataError where there is none."""
        manifest = self.manifest(asset, crawl)
        if manifest is None:
            raise DataError("nothing has been materialized here yet: `llm-assets run` does it", self.place(asset, crawl))
        return self.open(manifest)

    def open(self, manifest: Manifest) -> Artefact:
        """The output that one of the root's manifests names. DataError where a file of it is missing or of another size."""
        return open_output(self.place(manifest.asset, manifest.crawl), manifest, self.mirror)

    def open_whole(self, manifest: Manifest) -> Artefact:
        """As :meth:`open`, with a look into the store too, where the root lies in one."""
        if self.mirror is not None:
            folder = self.place(manifest.asset, manifest.crawl) / manifest.folder
            stored = self.mirror.list(folder)
            for entry in manifest.files:
                if entry.path not in stored or stored[entry.path].bytes != entry.bytes:
                    raise DataError("the file is missing, or of another size; run the asset again", self.address_of(folder / entry.path))
        return self.open(manifest)

    # -- samples -----------------------------------------------------------------------------------------------

    @cached_property
    def sample(self) -> Sample | None:
        """The share of all documents that this root is for; None where it is for all of them."""
        path = self.home / SAMPLE
        try:
            return Sample(parse_share(tomllib.loads(path.read_text(encoding="utf-8"))["share"]))
        except FileNotFoundError:
            return None
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise ConfigError(f'{path}: `share = "1%"` is wanted ({error})') from error

    @property
    def main(self) -> DataRoot | None:
        """The root that this one is a sample of."""
        if self.sample is None:
            return None
        if self.mirror is None:
            return DataRoot.at(self.home.parents[1], make=False)
        return DataRoot.at(self.mirror.url.rsplit("/", 2)[0], self.state.parents[1])

    def make_sample(self, sample: Sample) -> DataRoot:
        """The root for a share of this one's documents, made where it does not exist yet. ConfigError where this is such a root."""
        if self.sample is not None:
            raise ConfigError(f"{self.address} is a sample itself: draw another from the root two folders above it")
        made = self._below(SAMPLES, f"{sample.share:f}", make=True)
        made.put_text(made.home / SAMPLE, f'share = "{sample.share * 100:f}%"\n')
        return made

    def _below(self, folder: str, name: str, *, make: bool) -> DataRoot:
        apart = None if self.state == self.home / STATE else self.state / folder / name
        return DataRoot.at(self.home / folder / name if self.mirror is None else f"{self.mirror.url}/{folder}/{name}", apart, make=make)

    # -- ablations ---------------------------------------------------------------------------------------------

    def ablation(self, name: str, *, make: bool = False) -> DataRoot:
        """The root of a variant of the recipe, wherever it is made."""
        self.require_folder()
        return self._below(ABLATIONS, name, make=make)

    def require_folder(self) -> None:
        """ConfigError where the root lies in a store, and ablations have no place beside it."""
        if self.mirror is not None:
            raise ConfigError(f"ablations write beside the root, which must be a folder: copy {self.address} to one, `--home` names it")

    def make_ablation(self, name: str) -> DataRoot:
        """The root for a variant of the recipe, made where it does not exist yet. It reads what this one has."""
        made = self.ablation(name, make=True)
        if self.sample is not None:
            made.put_text(made.home / SAMPLE, (self.home / SAMPLE).read_text(encoding="utf-8"))
        return made

    # -- side inputs -------------------------------------------------------------------------------------------

    def inputs(self) -> dict[str, str]:
        """Side inputs by name, with the digest in use."""
        return {path.parent.name: path.read_text(encoding="utf-8").strip() for path in sorted((self.home / INPUTS).glob("*/current"))}

    def input_version(self, name: str) -> str:
        """Digest of a side input, or ``missing``."""
        return self.inputs().get(name, NO_SUCH_INPUT)

    @property
    def forgotten(self) -> Path | None:
        """Folder of the list of what is taken down; None where nothing ever was."""
        return self.input_path(FORGOTTEN) if FORGOTTEN in self.inputs() else None

    def input_path(self, name: str) -> Path:
        """Folder of a side input in use. ConfigError where there is none of that name."""
        folder = self.home / INPUTS / name / self._require_input(name)
        if self.mirror is not None and not folder.is_dir():
            self._bring_input(folder)
        return folder

    def add_input(self, name: str, source: Path) -> str:
        """Copies a file or folder in under its digest, and puts it in use. Returns the digest (sha256, hex)."""
        check_name(name)
        if not source.exists():
            raise ConfigError(f"there is nothing at {source}")
        files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
        if not files:
            raise ConfigError(f"{source} holds no files")
        base = source.parent if source.is_file() else source
        digest = _digest_files(base, files)
        target = self.home / INPUTS / name / digest
        with self.lock(INPUTS):
            if not target.exists():
                waiting = target.with_name(f".{digest}")
                shutil.rmtree(waiting, ignore_errors=True)
                for path in files:
                    copy = waiting / path.relative_to(base)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, copy)
                waiting.rename(target)
            self.push_folder(target)
            self.put_text(target.parent / "current", digest + "\n")
        return digest

    def _require_input(self, name: str) -> str:
        known = self.inputs()
        if name not in known:
            raise ConfigError(f"there is no side input {name!r}; there are: {', '.join(known) or 'none'}")
        return known[name]

    def _bring_input(self, folder: Path) -> None:
        """Fetches a version of a side input, which is what its name, the digest, says."""
        assert self.mirror is not None
        waiting = folder.with_name(f".{folder.name}.{os.getpid()}")
        try:
            self.mirror.fetch_folder(folder, waiting)
            if _digest_files(waiting, sorted(path for path in waiting.rglob("*") if path.is_file())) != folder.name:
                raise DataError("the side input is damaged: add it again", self.address_of(folder))
            with suppress(FileExistsError):  # another process has brought it meanwhile
                waiting.rename(folder)
        finally:
            shutil.rmtree(waiting, ignore_errors=True)

    def remove_input(self, name: str) -> None:
        """Deletes a side input, with every version of it. ConfigError where there is none of that name."""
        with self.lock(INPUTS):
            self._require_input(name)
            self.remove(self.home / INPUTS / name)


def _digest_files(base: Path, files: Sequence[Path]) -> str:
    return fingerprint({path.relative_to(base).as_posix(): hash_file(path) for path in files})
