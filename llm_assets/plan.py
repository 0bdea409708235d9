"""What is missing, what is stale and because of what, and what can run next: over manifests alone.

An output is stale when the versions its manifest recorded differ from today's: of what it read, of the recipe sections
and side inputs it used, of its code; and as long as a check that guards it has not passed. Everyone who wants to know asks
here: the command line, Dagster's jobs, the catalog. No database is consulted, so losing one loses no work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from llm_assets.crawl.declaration import Declaration, declared_version
from llm_assets.formats.manifest import Manifest, read_checks
from llm_assets.recipe import Recipe
from llm_assets.root import DataRoot
from llm_assets.section import fingerprint
from llm_assets.side_inputs import name_inputs


@dataclass(frozen=True)
class Node:
    """An asset of the graph, as far as versions are concerned.

    ``reads`` names assets (of the same crawl, where both have crawls), ``sections`` the recipe's, ``kept`` the tables and
    files that the data version covers, ``checks`` those an output must have passed before anything may read it. ``code`` is
    raised by hand when the same inputs give other bytes.
    """

    name: str
    reads: tuple[str, ...]
    sections: tuple[str, ...]
    kept: tuple[str, ...]
    per_crawl: bool = True
    checks: tuple[str, ...] = ()
    code: str = "1"


ASSETS = {
    node.name: node
    for node in (
        Node("raw_crawl", (), (), ("files",)),
        Node("extracted_text", ("raw_crawl",), ("url_filter", "opt_outs", "prescreen", "extraction"), ("texts",), code="5"),
        Node("quality_signals", ("extracted_text",), ("cleaning", "language", "signals"), ("signals",), code="2"),
        Node("filtered_docs", ("quality_signals",), ("filters",), ("docs",), checks=("nothing_lost",)),
        Node("minhash_signatures", ("extracted_text",), ("cleaning", "signatures"), ("signatures",), code="3"),
        Node("deduped_docs", ("filtered_docs", "minhash_signatures"), ("dedup",), ("docs",), code="2", checks=("survivors_passed",)),
        Node(
            "overlap_signals",
            ("extracted_text", "deduped_docs"),
            ("cleaning", "contamination", "repetition"),
            ("evaluations", "contamination", "repetition"),
            code="2",
        ),
        Node("selected_docs", ("extracted_text", "minhash_signatures", "deduped_docs", "overlap_signals"), ("selection",), ("docs",)),
        Node(
            "pii_scrubbed_corpus",
            ("raw_crawl", "extracted_text", "quality_signals", "selected_docs"),
            ("cleaning", "pii"),
            ("corpus",),
            checks=("keys_unique", "no_pii_left"),
            code="3",
        ),
        Node("tokenizer", ("pii_scrubbed_corpus",), ("tokenizer",), ("tokenizer.json",), per_crawl=False, code="2"),
        Node(
            "token_shards",
            ("pii_scrubbed_corpus", "deduped_docs", "tokenizer"),
            ("shards",),
            ("documents", "*.tokens"),
            checks=("splits_disjoint", "shards_complete"),
        ),
        Node("training_set", ("token_shards", "tokenizer"), ("training_set",), ("training_set.json",), per_crawl=False),
        Node("trace_index", ("training_set",), ("trace_index",), ("parts.json", "*.npy"), per_crawl=False),
        Node(
            "trained_model",
            ("training_set", "tokenizer"),
            ("model", "training"),
            ("model.safetensors", "config.json"),
            per_crawl=False,
            code="2",
        ),
        Node(
            "evaluation_samples",
            ("trained_model", "training_set", "trace_index"),
            ("sampling",),
            ("samples.json", "next_tokens.json", "traces.json"),
            per_crawl=False,
            code="3",
        ),
    )
}
"""The graph in topological order. Beside it, ``deduped_docs`` reads ``seniors``: see :meth:`Snapshot.seniors`."""

SENIORS_OF = ("filtered_docs", "minhash_signatures")
"""What a crawl's deduplication reads of every older crawl."""

State = Literal["current", "stale", "missing"]


def label(asset: str, crawl: str | None) -> str:
    """How an output is written: ``extracted_text[demo]``, ``tokenizer``."""
    return asset if crawl is None else f"{asset}[{crawl}]"


@dataclass(frozen=True)
class Standing:
    """How one output stands. ``because`` says what changed, ``waits_for`` which of what it reads is not current itself."""

    asset: str
    crawl: str | None
    state: State
    because: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    seconds: float | None = None

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

    ``unawaited`` names crawls that nobody waits for: those that failed, while it is asked what else can run. Whatever reads over
    crawls takes of them what is settled, and leaves out the rest.
    """

    root: DataRoot
    recipe: Recipe
    unawaited: frozenset[str] = frozenset()
    _manifests: dict[str, Manifest | None] = field(default_factory=dict, repr=False)
    _standings: dict[str, Standing] = field(default_factory=dict, repr=False)

    @classmethod
    def at_hand(cls, root: DataRoot, recipe: Recipe) -> Snapshot:
        """The look of a step, which begins now: it waits for no crawl, whether that failed or was not run yet."""
        return cls(root, recipe, frozenset(each.name for each in root.crawls()))

    @cached_property
    def crawls(self) -> dict[str, Declaration]:
        """Enabled crawls by name, in order of sequence."""
        return {each.name: each for each in self.root.crawls()}

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
        sequence = self.root.crawl(crawl).sequence
        return [name for name in self.counted(*SENIORS_OF) if self.crawls[name].sequence < sequence]

    def older(self, crawl: str) -> list[str]:
        """Names of the crawls before one, that have what its deduplication reads."""
        return [name for name in self.before(crawl) if all(self.manifest(asset, name) for asset in SENIORS_OF)]

    def seniors(self, crawl: str) -> str:
        """Version of all that older crawls mean to one: the chained digest of what its deduplication reads of them."""
        digest = fingerprint([])
        for name in self.older(crawl):
            digest = fingerprint([digest, self.crawls[name].sequence, *(self.version(asset, name) for asset in SENIORS_OF)])
        return digest

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
            versions[f"crawl/{crawl}"] = declared_version(self.root.crawl(crawl))
        versions |= {f"input/{name}": self.root.input_version(name) for name in name_inputs(self.root, self.recipe, asset)}
        if asset == "extracted_text" and self.root.sample is not None:
            versions["sample"] = f"{self.root.sample.share:f}"
        if asset == "deduped_docs" and crawl is not None:
            versions[f"seniors[{crawl}]"] = self.seniors(crawl)
        return versions


def survey(snapshot: Snapshot) -> list[Standing]:
    """How every output stands, in topological order, crawls by sequence."""
    return [
        snapshot.standing(node.name, crawl) for node in ASSETS.values() for crawl in (list(snapshot.crawls) if node.per_crawl else [None])
    ]


def _judge(snapshot: Snapshot, node: Node, crawl: str | None) -> Standing:
    waits = list(snapshot.upstream(node, crawl))
    if node.name == "deduped_docs" and crawl is not None:
        waits += [(asset, older) for older in snapshot.before(crawl) for asset in SENIORS_OF]
    pending = tuple(label(*each) for each in waits if not snapshot.settled(*each))
    over_crawls = not node.per_crawl and any(ASSETS[name].per_crawl for name in node.reads)
    if over_crawls and not pending and all(each is None for _, each in waits):
        pending = ("a crawl with documents",)
    manifest = snapshot.manifest(node.name, crawl)
    if manifest is None:
        return Standing(node.name, crawl, "missing", ("never materialized",), pending)
    checked = read_checks(snapshot.root.place(node.name, crawl), manifest.folder)
    because = (
        *_differences(manifest, node, snapshot.inputs(node.name, crawl)),
        *(f"check {name} {'failed' if name in checked else 'has not run'}" for name in node.checks if not checked.get(name)),
    )
    return Standing(node.name, crawl, "stale" if because else "current", because, pending, manifest.seconds)


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


def runnable(standings: Iterable[Standing]) -> list[Group]:
    """Groups that can run now: what is missing or stale itself, and reads only what is current or in its own group.

    What merely reads something stale is not sure to run: its input may come out identical. Ask again after each group.
    """
    groups: dict[str | None, list[str]] = {}
    chosen: set[str] = set()
    current: set[str] = set()
    for standing in standings:
        if standing.settled:
            current.add(standing.label)
            continue
        own = {label(asset, standing.crawl) for asset in groups.get(standing.crawl, ())}
        if standing.state != "current" and all(each in own for each in standing.waits_for):
            groups.setdefault(standing.crawl, []).append(standing.asset)
            chosen.add(standing.label)
    return [Group(crawl, tuple(assets)) for crawl, assets in groups.items()]
