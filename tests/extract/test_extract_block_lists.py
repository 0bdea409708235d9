"""Block lists: an index of hashes that finds what a set of the same lines would find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_assets.errors import DataError
from llm_assets.extract.block_lists import BlockLists, Listed, ListFile, spell_domain
from llm_assets.extract.urls import MAX_PARENTS, parent_domains, parent_urls, split_url

Make = Callable[..., BlockLists]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Block lists of files named a, b, …, each of domains, with these bytes."""

    def make_lists(*contents: bytes, of_domains: bool = True) -> BlockLists:
        files = [ListFile(chr(ord("a") + number), tmp_path / str(number), of_domains) for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.path.write_bytes(content)
        return BlockLists(files)

    return make_lists


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example writes the file anew
@given(st.lists(st.from_regex(r"[a-c]{1,2}\.[a-c]", fullmatch=True), max_size=30), st.from_regex(r"[a-c]{1,2}\.[a-c]", fullmatch=True))
def test_a_domain_is_found_where_a_set_has_it(make: Make, entries: list[str], asked: str) -> None:
    found = make("\n".join(entries).encode()).find([asked], True)
    assert found == (Listed("a", asked) if asked in set(entries) else None)


def test_every_entry_of_a_list_of_many_blocks_is_found_and_no_other(make: Make) -> None:
    domains = [f"host-{number}.example" for number in range(20_000)]
    lists = make("\n".join(domains).encode())
    assert all(lists.find([domain], True) for domain in domains)
    assert not any(lists.find([f"x{domain}"], True) for domain in domains)


@pytest.mark.parametrize(
    "content",
    [
        b"bad.example",
        b"bad.example\n",
        b"other.example\r\nbad.example\r\n",
        b"\n\n# a comment\n\tBAD.example. \n",
        b"*.bad.example\n",
        b".bad.example",
        b"http://bad.example:80/path",
        b"\xff\xfe\n\x00\nbad.example\n",
        "ｂａｄ.example".encode(),
        b"b%61d.example",
    ],
)
def test_a_line_names_a_domain_in_any_spelling(make: Make, content: bytes) -> None:
    assert make(content).find(["bad.example"], True) == ("a", "bad.example")


@pytest.mark.parametrize("content", [b"", b"\n", b"#bad.example\n", b"...\n", b"http://\n"])
def test_a_file_that_names_nothing_lists_nothing(make: Make, content: bytes) -> None:
    lists = make(content)
    assert lists.find(["", "bad.example", "#bad.example"], True) is None


def test_an_entry_in_two_files_is_told_of_the_first(make: Make) -> None:
    lists = make(b"x.example\ny.example\n", b"y.example\nz.example\n")
    assert [lists.find([name], True)[0] for name in ("x.example", "y.example", "z.example")] == ["a", "a", "b"]


def test_the_first_that_is_listed_is_told(make: Make) -> None:
    assert make(b"example\nb.example\n").find(["a.b.example", "b.example", "example"], True) == ("a", "b.example")


def test_a_url_is_no_domain_and_a_domain_no_url(make: Make) -> None:
    assert make(b"site.example/a").find(["site.example/a", "site.example/"], False) is None
    urls = make(b"site.example/a", of_domains=False)
    assert urls.find(["site.example/a", "site.example"], True) is None
    assert urls.find(["site.example/"], False) is None
    assert urls.find(["site.example/a"], False) == ("a", "site.example/a")


def test_a_site_with_a_listed_url_is_known(make: Make) -> None:
    assert make(b"https://www.Site.example/a", of_domains=False).has_urls_of("site.example/")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: the block list cannot be read \(No such file"):
        BlockLists([ListFile("a", tmp_path / "nowhere", of_domains=True)])


@given(st.lists(st.sampled_from(["a", "bc", ""]), min_size=1, max_size=30))
def test_parent_domains_are_the_host_and_the_ends_of_few_labels(labels: list[str]) -> None:
    host = ".".join(labels)
    ends = [".".join(labels[start:]) for start in range(1, len(labels)) if len(labels) - start <= MAX_PARENTS]
    assert parent_domains(host) == [host, *ends]


@given(st.lists(st.sampled_from(["a", "bc"]), max_size=30), st.sampled_from(["", "?x=/y"]))
def test_parent_urls_are_the_url_and_the_beginnings_of_few_folders(segments: list[str], query: str) -> None:
    path = "/".join(segments)
    folders = ["/".join(segments[:end]) for end in range(len(segments) - 1, 0, -1) if end <= MAX_PARENTS]
    expected = [path + query, path] if query else [path]
    assert parent_urls(*split_url(f"http://www.s.example//{path}/{query}")) == [f"s.example/{each}" for each in [*expected, *folders]]


@given(st.text())
def test_a_domain_once_spelt_is_spelt_the_same_again(line: str) -> None:
    once = spell_domain(line)
    if once.isascii() and not set(once) & set("%:@/?#\\[*"):
        assert spell_domain(once.strip()) == once.strip()
