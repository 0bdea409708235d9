"""Data roots: crawls and side inputs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import Manifest, put_manifest
from llm_assets.root import DataRoot


def test_crawls_get_the_next_sequence_number(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    for name in ("b", "a", "c"):
        add_crawl(name)
    assert [(crawl.name, crawl.sequence) for crawl in root.crawls()] == [("b", 0), ("a", 1), ("c", 2)]


def test_a_disabled_crawl_keeps_its_number_and_is_listed_where_asked_for(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    root.set_enabled("a", False)
    add_crawl("b")
    assert [crawl.name for crawl in root.crawls()] == ["b"]
    assert [(crawl.name, crawl.sequence) for crawl in root.crawls(disabled=True)] == [("a", 0), ("b", 1)]


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "a..b", "x" * 81, "a\nb"])
def test_a_name_that_could_leave_the_root_is_refused(root: DataRoot, name: str) -> None:
    with pytest.raises(ConfigError, match="name"):
        root.add_crawl(name, "python_docs", {})
    assert not list(root.home.parent.rglob("evil*"))


def test_a_name_is_taken_once(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    with pytest.raises(ConfigError, match="exists already"):
        root.add_crawl("a", "python_docs", {})


def test_a_crawl_declared_anew_keeps_its_number_and_whether_it_is_enabled(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    for name in ("a", "b"):
        add_crawl(name)
    root.set_enabled("b", False)
    declared = root.replace_crawl("b", "python_docs", {"max_pages": 3})
    assert (declared.sequence, declared.enabled, declared.source) == (1, False, "python_docs")
    assert root.crawl("b") == declared


def test_what_is_no_crawl_is_not_declared_anew(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    with pytest.raises(ConfigError, match="there is no crawl 'b'; declared: a"):
        root.replace_crawl("b", "python_docs", {})


def test_files_that_have_numbers_are_not_replaced_by_some_that_bring_their_own(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    march, april = ({"crawl": f"CC-MAIN-2026-{week}", "warcs": "0:8"} for week in (12, 17))
    add_crawl("a")
    root.replace_crawl("a", "common_crawl", march)
    put_manifest(root.place("raw_crawl", "a"), Manifest("raw_crawl", "a", "1", (), "", "1", {}))
    root.replace_crawl("a", "common_crawl", {**march, "warcs": "0:16"})
    for other in (april, {**march, "stream": True}):
        with pytest.raises(ConfigError, match="add another crawl"):
            root.replace_crawl("a", "common_crawl", other)
    root.replace_crawl("a", "python_docs", {})
    with pytest.raises(ConfigError, match="add another crawl"):
        root.replace_crawl("a", "common_crawl", march)


@pytest.mark.parametrize("damage", ["[open\n", 'colour = "red"\n'])
def test_a_declaration_that_cannot_be_followed_holds_up_no_other_crawl(
    root: DataRoot, add_crawl: Callable[[str], None], damage: str
) -> None:
    for name in ("a", "b", "c"):
        add_crawl(name)
    root.set_enabled("c", False)
    path = root.declaration_path("b")
    path.write_text(damage + path.read_text())
    with pytest.raises(ConfigError, match=str(path)):
        root.crawls()
    assert [each.name for each in root.crawls(sound=True)] == ["a"]
    assert list(root.crawl_faults()) == ["b"]
    assert root.add_crawl("d", "python_docs", {}).sequence == 3
    assert root.replace_crawl("b", "python_docs", {}).sequence == 1
    assert [each.name for each in root.crawls()] == ["a", "b", "d"]


def test_a_crawl_whose_number_is_lost_is_not_declared_anew(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    root.declaration_path("a").write_text("source = [\n")
    for declare in (lambda: root.replace_crawl("a", "python_docs", {}), lambda: root.add_crawl("b", "python_docs", {})):
        with pytest.raises(ConfigError, match=r"a\.toml: give it its line `sequence = NUMBER` again"):
            declare()


def test_a_declaration_that_was_copied_by_hand_is_refused_with_its_twin(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    for name in ("a", "b"):
        add_crawl(name)
    root.declaration_path("copy").write_text(root.declaration_path("a").read_text())
    with pytest.raises(ConfigError, match=r"sequence 0 is given to more than one crawl.*a\.toml.*copy\.toml"):
        root.crawls()
    assert [each.name for each in root.crawls(sound=True)] == ["b"]
    with pytest.raises(ConfigError, match="sequence 0 is given to more than one crawl"):
        root.replace_crawl("copy", "python_docs", {})


def test_an_unknown_crawl_is_refused_with_the_known_ones(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    with pytest.raises(ConfigError, match="declared: a"):
        root.crawl("b")


def test_a_side_input_is_known_by_its_content(root: DataRoot, tmp_path: Path) -> None:
    folder = tmp_path / "lists/adult"
    folder.mkdir(parents=True)
    (folder / "domains").write_text("bad.example\n")
    first = root.add_input("ut1", tmp_path / "lists")
    assert root.add_input("ut1", tmp_path / "lists") == first
    assert (root.input_path("ut1") / "adult/domains").read_text() == "bad.example\n"
    (folder / "domains").write_text("worse.example\n")
    second = root.add_input("ut1", tmp_path / "lists")
    assert root.inputs() == {"ut1": second}
    assert first != second


def test_a_missing_side_input_is_named(root: DataRoot) -> None:
    with pytest.raises(ConfigError, match="there is no side input 'ut1'; there are: none"):
        root.input_path("ut1")


def test_a_url_that_has_lost_a_slash_is_no_folder() -> None:
    with pytest.raises(ConfigError, match="a URL with two slashes"):
        DataRoot.at(Path("s3://bucket/home"))


def test_an_object_store_wants_a_folder_for_what_cannot_lie_in_it() -> None:
    with pytest.raises(ConfigError, match="LLM_ASSETS_STATE"):
        DataRoot.at("s3://bucket/home")


def test_databases_do_not_lie_in_an_object_store() -> None:
    with pytest.raises(ConfigError, match="a folder of this machine is wanted"):
        DataRoot.at("s3://bucket/home", "s3://bucket/state")
