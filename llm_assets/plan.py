"""What is missing, what is stale and because of what, and what can run next: over manifests alone.

An output is stale when the versions its manifest recorded differ from today's: of what it read, of the recipe sections
and side inputs it used, of its code; and as long as a check that guards it has not passed. Everyone who wants to know asks
here: the command line, Dagster's jobs, the catalog. No database is consulted, so losing one loses no work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from llm_assets.crawl.declaration import Declaration, declared_version
from llm_assets.formats.failure import Failure, read_failure
from llm_assets.formats.manifest import Manifest, read_checks
from llm_assets.graph import ASSETS, PER_CRAWL, SENIORS_OF, Node, label, list_outputs, read_key, split_label
from llm_assets.recipe import Recipe
from llm_assets.root import DataRoot
from llm_assets.section import fingerprint
from llm_assets.side_inputs import input_versions

__all__ = [
    "ASSETS",
    "PER_CRAWL",
    "SENIORS_OF",
    "Group",
    "Node",
    "Snapshot",
    "Standing",
    "State",
    "label",
    "list_outputs",
    "runnable",
    "split_label",
    "survey",
]

State = Literal["current", "stale", "missing", "failed"]


@dataclass(frozen=True)
class Standing:
    """How one output stands. ``because`` says what changed, ``waits_for`` which of what it reads is not current itself.

    ``failed`` is what would be missing or stale, but its last step raised on the very inputs that another would read now, or a
    check of it failed: another is not worth it until something changes, or a person asks for it. ``seconds`` is how long
    the last step that ended well took, ``made`` when it began, ``failure`` what the last one raised. ``unchecked``: it is what a
    step would make, and all that is missing are checks of it, which a process that was killed, or an older version, did not run.
    """

    asset: str
    crawl: str | None
    state: State
    because: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    seconds: float | None = None
    made: str | None = None
    failure: Failure | None = None
    unchecked: bool = False

    @property
    def label(self) -> str:
        """As in ``extracted_text[demo]``."""
        return label(self.asset, self.crawl)

    @property
    def settled(self) -> bool:
        """True where it is current and stays so."""
        return self.state == "current" and not self.waits_for


@dataclass(frozen=True)
class Group:
    """Outputs of one crawl (or the global ones) that are sure to run, in order, and can run now."""

    crawl: str | None
    assets: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """One look at a root: its declarations, its recipe and its manifests, each read once.

    ``unawaited`` names crawls that nobody waits for, such as failed ones: whatever reads over crawls takes of them what is settled.
    ``sound`` leaves out a crawl whose declaration cannot be followed, where it would be a ConfigError.
    """

    root: DataRoot
    recipe: Recipe
    unawaited: frozenset[str] = frozenset()
    sound: bool = False
    _crawls: dict[str, Declaration] = field(default_factory=dict, repr=False)
    _manifests: dict[str, Manifest | None] = field(default_factory=dict, repr=False)
    _standings: dict[str, Standing] = field(default_factory=dict, repr=False)

    @classmethod
    def at_hand(cls, root: DataRoot, recipe: Recipe, *, sound: bool = False) -> Snapshot:
        """The look of a step, which begins now: it waits for no crawl, whether that failed or was not run yet."""
        return cls(root, recipe, sound=sound).step

    @classmethod
    def unattended(cls, root: DataRoot, recipe: Recipe) -> Snapshot:
        """The look of who starts runs where nobody watches: what failed is left alone, and nobody waits for its crawl. ``sound``."""
        snapshot = cls(root, recipe, sound=True)
        return replace(snapshot, unawaited=snapshot.failed, _standings={})

    @cached_property
    def step(self) -> Snapshot:
        """The look of a step that would begin now, at the same manifests."""
        everyone = frozenset(self.crawls)
        return self if self.unawaited == everyone else replace(self, unawaited=everyone, _standings={})

    @cached_property
    def failed(self) -> frozenset[str]:
        """Crawls with an output that failed on what it would read now."""
        return frozenset(name for name in self.crawls if any(self.step.standing(asset, name).state == "failed" for asset in PER_CRAWL))

    @cached_property
    def crawls(self) -> dict[str, Declaration]:
        """Enabled crawls by name, in order of sequence."""
        if not self._crawls:
            self._crawls.update({each.name: each for each in self.root.crawls(sound=self.sound)})
        return self._crawls

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Version of every recipe section."""
        return self.recipe.fingerprints()

    def manifest(self, asset: str, crawl: str | None = None) -> Manifest | None:
        """The current manifest of an output, read once."""
        key = label(asset, crawl)
        if key not in self._manifests:
            self._manifests[key] = self.root.manifest(asset, crawl)
        return self._manifests[key]

    def version(self, asset: str, crawl: str | None = None) -> str | None:
        """Data version of an output, or None."""
        manifest = self.manifest(asset, crawl)
        return manifest.data_version if manifest else None

    def standing(self, asset: str, crawl: str | None = None) -> Standing:
        """How an output stands, judged once."""
        key = label(asset, crawl)
        if key not in self._standings:
            self._standings[key] = _judge(self, ASSETS[asset], crawl)
        return self._standings[key]

    def settled(self, asset: str, crawl: str | None) -> bool:
        """True where an output can be read as it is: current, and of a crawl that is enabled."""
        return (crawl is None or crawl in self.crawls) and self.standing(asset, crawl).settled

    def counted(self, *assets: str) -> list[str]:
        """Enabled crawls whose outputs of these assets count in what reads over crawls."""
        return [name for name in self.crawls if name not in self.unawaited or all(self.settled(asset, name) for asset in assets)]

    def before(self, crawl: str) -> list[str]:
        """Names of the crawls before one whose deduplication counts for it."""
        sequence = self._declaration(crawl).sequence
        return [name for name in self._seniority if self.crawls[name].sequence < sequence]

    def older(self, crawl: str) -> list[str]:
        """Names of the crawls before one, that have what its deduplication reads."""
        return [name for name in self.before(crawl) if self._seniority[name] is not None]

    def seniors(self, crawl: str) -> str:
        """Version of all that older crawls mean to one: the chained digest of what its deduplication reads of them."""
        links = [link for name in self.before(crawl) if (link := self._seniority[name]) is not None]
        return links[-1] if links else fingerprint([])

    @cached_property
    def _seniority(self) -> dict[str, str | None]:
        """Crawls that count in the deduplication of younger ones, by sequence: the chained digest of each and all before it.

        None where a crawl lacks what deduplication reads: the chain goes on without it.
        """
        digest, chain = fingerprint([]), dict[str, str | None]()
        for name in self.counted(*SENIORS_OF):
            versions = [self.version(asset, name) for asset in SENIORS_OF]
            whole = None not in versions
            digest = fingerprint([digest, self.crawls[name].sequence, *versions]) if whole else digest
            chain[name] = digest if whole else None
        return chain

    @cached_property
    def _pending_seniors(self) -> list[tuple[int, str, str]]:
        """Sequence, asset and crawl of what deduplication of younger crawls reads, and is not settled."""
        each = ((self.crawls[name].sequence, asset, name) for name in self._seniority for asset in SENIORS_OF)
        return [(sequence, asset, name) for sequence, asset, name in each if not self.settled(asset, name)]

    def pending_seniors(self, crawl: str) -> Iterator[tuple[str, str]]:
        """Outputs of older crawls that a crawl's deduplication reads, and that are not settled."""
        own = self._declaration(crawl).sequence
        return ((asset, name) for sequence, asset, name in self._pending_seniors if sequence < own)

    def _declaration(self, crawl: str) -> Declaration:
        return self.crawls[crawl] if crawl in self.crawls else self.root.crawl(crawl)

    def tokenizer_crawls(self) -> list[str]:
        """Crawls the tokenizer is trained and measured on: those its section names, else the oldest whose corpus is not empty."""
        if self.recipe.tokenizer.crawls:
            return list(self.recipe.tokenizer.crawls)
        for name in self.counted("pii_scrubbed_corpus"):
            corpus = self.manifest("pii_scrubbed_corpus", name)
            if corpus is None or corpus.report.get("kept"):
                return [name]
        return []

    def upstream(self, node: Node, crawl: str | None) -> Iterator[tuple[str, str | None]]:
        """Outputs that one reads directly."""
        for name in node.reads:
            if not ASSETS[name].per_crawl:
                yield name, None
            elif node.per_crawl:
                yield name, crawl
            else:
                for each in self.tokenizer_crawls() if node.name == "tokenizer" else self.counted(name):
                    yield name, each

    def inputs(self, asset: str, crawl: str | None) -> dict[str, str | None]:
        """Today's version of everything an output depends on; None where an input is missing."""
        node = ASSETS[asset]
        versions: dict[str, str | None] = {f"recipe/{section}": self.fingerprints[section] for section in node.sections}
        versions |= {label(*each): self.version(*each) for each in self.upstream(node, crawl)}
        if asset == "raw_crawl" and crawl is not None:
            versions[f"crawl/{crawl}"] = declared_version(self._declaration(crawl))
        versions |= input_versions(self.root, self.recipe, asset)
        if asset == "extracted_text" and self.root.sample is not None:
            versions["sample"] = f"{self.root.sample.share:f}"
        if asset == "deduped_docs" and crawl is not None:
            versions[f"seniors[{crawl}]"] = self.seniors(crawl)
        return versions


def survey(snapshot: Snapshot) -> list[Standing]:
    """How every output stands, in topological order, crawls by sequence."""
    return [snapshot.standing(asset, crawl) for asset, crawl in list_outputs(snapshot.crawls)]


def _judge(snapshot: Snapshot, node: Node, crawl: str | None) -> Standing:
    waits = list(snapshot.upstream(node, crawl))
    pending = tuple(label(*each) for each in waits if not snapshot.settled(*each))
    if node.name == "deduped_docs" and crawl is not None:
        pending += tuple(label(*each) for each in snapshot.pending_seniors(crawl))
    over_crawls = not node.per_crawl and any(ASSETS[name].per_crawl for name in node.reads)
    if over_crawls and not pending and all(each is None for _, each in waits):
        pending = ("a crawl with documents",)
    manifest = snapshot.manifest(node.name, crawl)
    failure = _find_failure(snapshot, node, crawl)
    said = (f"failed: {failure.error}",) if failure else ()
    if manifest is None:
        return Standing(node.name, crawl, "failed" if failure else "missing", said or ("never materialized",), pending, failure=failure)
    checked = read_checks(snapshot.root.place(node.name, crawl), manifest.folder)
    changed = tuple(_differences(manifest, node, snapshot.inputs(node.name, crawl)))
    failing = tuple(f"check {name} failed" for name in node.checks if checked.get(name) is False)
    unasked = tuple(f"check {name} has not run" for name in node.checks if name not in checked)
    known = (*said, *changed, *failing)
    because = (*known, *unasked)
    state: State = "failed" if failure or (failing and not changed) else "stale" if because else "current"
    unchecked = bool(unasked) and not known
    return Standing(node.name, crawl, state, because, pending, manifest.seconds, manifest.created, failure, unchecked)


def _find_failure(snapshot: Snapshot, node: Node, crawl: str | None) -> Failure | None:
    """How the last step failed, where one that began now would read the very same."""
    failure = read_failure(snapshot.root.place(node.name, crawl))
    same = failure is not None and failure.inputs == read_key(node.name, snapshot.step.inputs(node.name, crawl))
    return failure if same else None


def _differences(manifest: Manifest, node: Node, today: Mapping[str, str | None]) -> Iterator[str]:
    if manifest.code_version != node.code:
        yield f"code {manifest.code_version} → {node.code}"
    for name in sorted({*manifest.inputs, *today}):
        if name not in today:
            yield f"{name} is no longer read"
        elif name not in manifest.inputs:
            yield f"{name} is new"
        elif manifest.inputs[name] != today[name]:
            yield f"{name} changed"


def runnable(standings: Iterable[Standing], *, again: bool = True) -> list[Group]:
    """Groups that can run now: what is missing or stale itself, and reads only what is current or in its own group.

    What merely reads something stale is not sure to run: its input may come out identical. Ask again after each group.
    ``again``: what failed on these very inputs is tried again.
    """
    groups: dict[str | None, list[str]] = {}
    for standing in standings:
        if standing.state == "current" or (standing.state == "failed" and not again):
            continue
        own = {label(asset, standing.crawl) for asset in groups.get(standing.crawl, ())}
        if all(each in own for each in standing.waits_for):
            groups.setdefault(standing.crawl, []).append(standing.asset)
    return [Group(crawl, tuple(assets)) for crawl, assets in groups.items()]
