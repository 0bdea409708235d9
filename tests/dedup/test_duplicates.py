"""First seen wins, against the definition written out in plain Python."""

import itertools
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.dedup.config import Dedup, Signatures
from llm_assets.dedup.duplicates import remove_duplicates
from llm_assets.dedup.scheme import describe_scheme
from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.formats.doc import format_doc, make_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import read_table, write_rows, write_table
from llm_assets.formats.tables import DEDUPED, DOCS, DUPLICATES, REJECTIONS, SIGNATURES

SMALL = Signatures(bands=3, rows=2)


def bands_of(values):
    """Hashes that do not tell the band, so that a query that mixes bands up is found out."""
    return [int(values[start : start + SMALL.rows]) for start in range(0, len(values), SMALL.rows)]


def row_of(doc, page):
    """A page is its MinHash values as digits and a letter; pages of one name have one text. None is an empty text."""
    if page is None:
        return {"doc": doc, "exact": b"empty".rjust(16), "signature": None, "bands": None}
    values = page[:-1]
    return {"doc": doc, "exact": page.encode().rjust(16), "signature": list(map(int, values)), "bands": bands_of(values)}


def store(folder, pages, failed=frozenset(), parts=1, config=SMALL):
    """A crawl on disk, as its filtered documents and its signatures."""
    docs = sorted(pages)
    write_rows(folder / "filtered/docs.parquet", [{"doc": doc} for doc in docs if doc not in failed], DOCS)
    for part in range(parts):
        table = pa.Table.from_pylist([row_of(doc, pages[doc]) for doc in docs[part::parts]], schema=SIGNATURES)
        write_table(folder / f"signed/signatures/{part:05}.parquet", [table], SIGNATURES, describe_scheme(config))
    return Artefact.of_folder(folder / "filtered"), Artefact.of_folder(folder / "signed")


def decide(crawls, target, config, workers=1):
    """Runs the last of the stored crawls against the others."""
    *older, (filtered, signed) = crawls
    report = remove_duplicates(filtered, signed, older, target, config, LocalEngine(workers, memory="500MB", spill=target / "spill"))
    return report, Artefact.of_folder(target)


def rows_of(output, name, schema):
    return read_table(output.table(name), schema).to_pylist()


def decide_all(folder, crawls, config, failed=frozenset()):
    """Decides crawl after crawl: rows of duplicates, and the family of each survivor."""
    stored, duplicates, families = [], [], {}
    for number, pages in enumerate(crawls):
        stored.append(store(folder / f"crawl{number}", pages, failed))
        _, output = decide(stored, folder / f"out{number}", config)
        duplicates += rows_of(output, "duplicates", DUPLICATES)
        families |= {row["doc"]: row["family"] for row in rows_of(output, "docs", DEDUPED)}
    return duplicates, families


def decide_plainly(crawls, config, failed=frozenset()):
    """The definition, by brute force."""
    pages = {doc: page for crawl in crawls for doc, page in crawl.items() if doc not in failed}

    def buckets(page):
        found = {("exact", page)} if config.exact else set()
        return found if page is None else found | set(enumerate(bands_of(page[:-1])))

    def similarity(one, two):
        return 1.0 if one == two else sum(a == b for a, b in zip(one[:-1], two[:-1], strict=True)) / SMALL.permutations

    duplicates, chain = [], {}
    for doc, page in sorted(pages.items()):
        candidates = set()
        for bucket in buckets(page):
            sharers = [other for other in pages if other <= doc and bucket in buckets(pages[other])]
            candidates.add(min(sharers))
            if config.scope == "crawl":
                candidates.add(min(other for other in sharers if other >> 48 == doc >> 48))
        count = [elder for elder in sorted(candidates - {doc}) if pages[elder] == page or similarity(page, pages[elder]) >= config.verify]
        in_scope = [elder for elder in count if config.scope == "all" or elder >> 48 == doc >> 48]
        if count:
            elder = chain[doc] = (in_scope or count)[0]
            kind = "exact" if pages[elder] == page else "near"
            duplicates.append(
                {"doc": doc, "elder": elder, "kind": kind, "similarity": similarity(page, pages[elder]), "removed": bool(in_scope)}
            )
    families = {}
    for doc in pages.keys() - {row["doc"] for row in duplicates if row["removed"]}:
        root = doc
        while root in chain:
            root = chain[root]
        families[doc] = root
    return duplicates, families


PAGES = st.none() | st.builds("".join, st.tuples(*[st.sampled_from("1234")] * 6, st.sampled_from("xy")))
CRAWLS = st.lists(st.lists(PAGES, max_size=12), min_size=1, max_size=3).map(
    lambda crawls: [{make_doc(number, 0, record): page for record, page in enumerate(pages)} for number, pages in enumerate(crawls, 1)]
)
CONFIGS = st.builds(Dedup, exact=st.booleans(), verify=st.sampled_from([0.0, 0.5, 4 / 6, 1.0]), scope=st.sampled_from(["crawl", "all"]))


@given(CRAWLS, CONFIGS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_first_seen_wins(crawls, config, random):
    failed = {doc for crawl in crawls for doc in crawl if random.random() < 0.1}
    with tempfile.TemporaryDirectory() as folder:
        assert decide_all(Path(folder), crawls, config, failed) == decide_plainly(crawls, config, failed)


@given(st.lists(PAGES, max_size=16), st.lists(st.integers(0, 16), max_size=2))
@settings(max_examples=8, deadline=None)
def test_with_scope_all_the_split_into_crawls_decides_nothing(pages, cuts):
    borders = [0, *sorted(cuts), len(pages)]
    split = [
        {make_doc(number, 0, record): pages[record] for record in range(start, min(end, len(pages)))}
        for number, (start, end) in enumerate(itertools.pairwise(borders), 1)
    ]
    whole = {make_doc(1, 0, record): page for record, page in enumerate(pages)}
    survivors = []
    for crawls in ([whole], split):
        with tempfile.TemporaryDirectory() as folder:
            _, families = decide_all(Path(folder), crawls, Dedup(scope="all"))
            survivors.append({doc & 0xFFFFFF: root & 0xFFFFFF for doc, root in families.items()})
    assert survivors[0] == survivors[1]


def test_parts_workers_and_order_of_older_crawls_decide_no_byte(tmp_path):
    crawls = [{make_doc(crawl, 0, n): f"{(n * n * 7919 + crawl) % 4**6 + 111111}x" for n in range(60)} for crawl in (1, 2, 3)]
    hashes = set()
    for name, parts, workers, order in (("a", 1, 1, 1), ("b", 4, 2, -1)):
        stored = [store(tmp_path / name / str(number), pages, parts=parts) for number, pages in enumerate(crawls)]
        _, output = decide([*stored[:2][::order], stored[2]], tmp_path / name / "out", Dedup(verify=0.3), workers)
        assert rows_of(output, "duplicates", DUPLICATES)
        hashes.add(tuple(hash_file(output.path(f"{table}.parquet")) for table in ("docs", "duplicates", "rejections")))
    assert len(hashes) == 1


@pytest.mark.parametrize(("scope", "elder", "removed"), [("crawl", make_doc(2, 0, 0), True), ("all", make_doc(1, 0, 0), True)])
def test_a_copy_in_an_older_crawl_shields_nobody(tmp_path, scope, elder, removed):
    crawls = [{make_doc(1, 0, 0): "111111x"}, {make_doc(2, 0, 0): "111111x", make_doc(2, 0, 1): "111111x"}]
    duplicates, families = decide_all(tmp_path, crawls, Dedup(scope=scope))
    assert (duplicates[-1]["elder"], duplicates[-1]["removed"]) == (elder, removed)
    assert set(families.values()) == {make_doc(1, 0, 0)}


def test_with_scope_crawl_a_copy_of_an_older_crawl_stays_and_is_named(tmp_path):
    crawls = [{make_doc(1, 0, 0): "111111x"}, {make_doc(2, 0, 0): "112233y"}]
    duplicates, families = decide_all(tmp_path, crawls, Dedup())
    assert duplicates == [
        {"doc": make_doc(2, 0, 0), "elder": make_doc(1, 0, 0), "kind": "near", "similarity": 2 / 6, "removed": False},
    ]
    assert families == {make_doc(1, 0, 0): make_doc(1, 0, 0), make_doc(2, 0, 0): make_doc(1, 0, 0)}


def test_a_document_the_filters_rejected_is_nobodys_elder(tmp_path):
    pages = {make_doc(1, 0, 0): "111111x", make_doc(1, 0, 1): "111111x"}
    duplicates, families = decide_all(tmp_path, [pages], Dedup(), failed={make_doc(1, 0, 0)})
    assert duplicates == []
    assert list(families) == [make_doc(1, 0, 1)]


def test_a_removed_document_is_an_elder_still(tmp_path):
    """The third shares no bucket with the first, and falls with the second."""
    pages = {make_doc(1, 0, record): page for record, page in enumerate(("112233x", "112244x", "335544x"))}
    duplicates, families = decide_all(tmp_path, [pages], Dedup())
    assert [row["elder"] for row in duplicates] == [make_doc(1, 0, 0), make_doc(1, 0, 1)]
    assert list(families) == [make_doc(1, 0, 0)]


def test_a_family_is_followed_through_a_long_chain(tmp_path):
    """Each crawl's page shares a band with the page before it, and with no other."""
    crawls = [{make_doc(number, 0, 0): f"{number // 2 + 10}{(number + 1) // 2 + 10}{number + 30}x"} for number in range(1, 41)]
    stored = [store(tmp_path / str(number), pages) for number, pages in enumerate(crawls)]
    _, output = decide(stored, tmp_path / "out", Dedup())
    assert rows_of(output, "docs", DEDUPED) == [{"doc": make_doc(40, 0, 0), "family": make_doc(1, 0, 0), "cluster_size": 1}]


def test_verify_asks_more_than_a_shared_bucket_but_never_of_exact_copies(tmp_path):
    pages = {make_doc(1, 0, record): page for record, page in enumerate(("111111x", "111123x", "111111x", "111111y"))}
    duplicates, _ = decide_all(tmp_path, [pages], Dedup(verify=0.9))
    assert [(row["doc"] & 0xFF, row["kind"], row["similarity"]) for row in duplicates] == [(2, "exact", 1.0), (3, "near", 1.0)]


@pytest.mark.parametrize(("exact", "removed"), [(True, 1), (False, 0)])
def test_empty_texts_are_exact_copies_of_each_other(tmp_path, exact, removed):
    stored = store(tmp_path / "crawl", dict.fromkeys((make_doc(1, 0, 0), make_doc(1, 0, 1)), None) | {make_doc(1, 0, 2): "111111x"})
    report, _ = decide([stored], tmp_path / "out", Dedup(exact=exact))
    assert report.rejected == ({"exact": 1} if removed else {})


@pytest.mark.parametrize("strategy", ["first_seen", "cluster"])
@pytest.mark.parametrize("scope", ["crawl", "all"])
def test_a_survivor_stands_for_the_copies_of_its_own_crawl(tmp_path, strategy, scope):
    """Through chains, and without those of another crawl."""
    pages = ("112233x", "112244x", "335544x", "666666x")
    crawls = [{make_doc(crawl, 0, record): page for record, page in enumerate(pages)} for crawl in (1, 2)]
    stored = [store(tmp_path / str(number), crawl) for number, crawl in enumerate(crawls)]
    config = Dedup(scope=scope, strategy=strategy)
    sizes = {}
    for count in (1, 2):
        _, output = decide(stored[:count], tmp_path / f"out{count}", config)
        sizes |= {row["doc"]: row["cluster_size"] for row in rows_of(output, "docs", DEDUPED)}
    assert sizes == {
        make_doc(crawl, 0, record): size for crawl in ((1,) if scope == "all" else (1, 2)) for record, size in ((0, 3), (3, 1))
    }


def test_each_removed_document_has_a_rejection_that_names_its_elder(tmp_path):
    pages = {make_doc(1, 2, record): page for record, page in enumerate(("111111x", "111123x", "111111x", "343434x"))}
    report, output = decide([store(tmp_path / "crawl", pages)], tmp_path / "out", Dedup(verify=0.25))
    told = {"stage": "deduped_docs", "low": 0.25, "high": None, "detail": format_doc(make_doc(1, 2, 0))}
    assert rows_of(output, "rejections", REJECTIONS) == [
        {"doc": make_doc(1, 2, 1), "rule": "near", "value": 4 / 6, **told},
        {"doc": make_doc(1, 2, 2), "rule": "exact", "value": 1.0, **told},
    ]
    assert (report.read, report.kept, report.rejected) == (4, 2, {"exact": 1, "near": 1})


def test_an_empty_crawl_is_whole_and_empty(tmp_path):
    report, output = decide([store(tmp_path / "crawl", {}, parts=0)], tmp_path / "out", Dedup())
    assert (report.read, report.kept) == (0, 0)
    for name, schema in (("docs", DEDUPED), ("duplicates", DUPLICATES), ("rejections", REJECTIONS)):
        assert read_table(output.table(name), schema).num_rows == 0


def cluster_plainly(crawls, config):
    """Which documents clusters leave: neighbours are all that share a bucket, walked from one to the next."""
    survivors, pages = set(), {}
    for crawl in crawls:
        pages = pages | crawl if config.scope == "all" else crawl
        buckets = {
            doc: ({("exact", page)} if config.exact else set()) | (set() if page is None else set(enumerate(bands_of(page[:-1]))))
            for doc, page in pages.items()
        }
        for doc in crawl:
            seen, waiting = {doc}, [doc]
            while waiting:
                here = waiting.pop()
                fresh = {other for other in pages if buckets[other] & buckets[here]} - seen
                seen |= fresh
                waiting += fresh
            if min(seen) == doc:
                survivors.add(doc)
    return survivors


@given(CRAWLS, st.booleans(), st.sampled_from(["crawl", "all"]))
@settings(max_examples=25, deadline=None)
def test_of_a_cluster_the_oldest_stays(crawls, exact, scope):
    config = Dedup(exact=exact, scope=scope, strategy="cluster")
    with tempfile.TemporaryDirectory() as folder:
        _, families = decide_all(Path(folder), crawls, config)
    assert set(families) == cluster_plainly(crawls, config)


def test_a_cluster_takes_what_no_older_document_is_like(tmp_path):
    """The second is like the third alone, which is like the first."""
    pages = {make_doc(1, 0, record): page for record, page in enumerate(("112233x", "445566x", "114466x"))}
    kept = {strategy: list(decide_all(tmp_path / strategy, [pages], Dedup(strategy=strategy))[1]) for strategy in ("first_seen", "cluster")}
    assert kept == {"first_seen": [make_doc(1, 0, 0), make_doc(1, 0, 1)], "cluster": [make_doc(1, 0, 0)]}


def test_signatures_of_two_schemes_are_refused(tmp_path):
    stored = [
        store(tmp_path / str(seed), {make_doc(seed, 0, 0): "111111x"}, config=Signatures(bands=3, rows=2, seed=seed)) for seed in (1, 2)
    ]
    with pytest.raises(DataError, match="made with seed '2' do not mix"):
        decide(stored, tmp_path / "out", Dedup())


def test_a_document_that_passed_without_a_signature_is_an_error(tmp_path):
    filtered, signed = store(tmp_path / "crawl", {make_doc(1, 0, 0): "111111x"})
    write_rows(tmp_path / "crawl/filtered/docs.parquet", [{"doc": make_doc(1, 0, record)} for record in range(3)], DOCS)
    with pytest.raises(DataError, match="2 documents that passed the filters have no signature, 1-0-1 the first"):
        decide([(filtered, signed)], tmp_path / "out", Dedup())
