"""What recurs becomes crawls: once each time it is due, however often one asks."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_server import ArchiveServer, cut, refuse

from llm_assets.crawl.newest import find_newest
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.recurrence import Recurrence
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact, describe_output, put_manifest
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.formats.warc_writer import WarcWriter
from llm_assets.recurring import (
    add_recurrence,
    crawls_of,
    declare_all,
    declare_next,
    find_recurrence,
    list_recurrences,
    recurrence_path,
    remove_recurrence,
)
from llm_assets.root import DataRoot

NIGHT = datetime(2026, 11, 29, 3, tzinfo=UTC)
SITE = {"source": "site", "parameters": {"seeds": ["https://docs.example.org/"], "max_pages": 7}}


def materialize(root: DataRoot, crawl: str) -> None:
    """As far as a later crawl needs it: a manifest of an output."""
    place = root.place("raw_crawl", crawl)
    folder = place / "20260101T000000-00000000"
    folder.mkdir(parents=True)
    put_manifest(place, describe_output("raw_crawl", crawl, folder, [], "1", {}))


def recur(root: DataRoot, name: str, **values: Any) -> Recurrence:
    return add_recurrence(root, name, values)


def test_what_is_written_is_read_again_as_it_was(root: DataRoot) -> None:
    made = recur(root, "docs", **SITE, cron="30 4 * * mon", timezone="Europe/Berlin", name_pattern="d-{week}")
    assert list_recurrences(root) == [made]
    assert find_recurrence(root, "docs").when == "30 4 * * mon"
    assert "max_depth" not in recurrence_path(root, "docs").read_text()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"source": "jsonl", "parameters": {"path": "x"}}, "'jsonl' cannot recur"),
        ({"source": "site"}, "seeds"),
        ({**SITE, "cron": "0 3 * *"}, "five fields"),
        ({**SITE, "cron": "0 3 * * *; true"}, "five fields"),
        ({**SITE, "timezone": "Mars/Olympus"}, "time zone"),
        ({**SITE, "timezone": "../../etc/passwd"}, "time zone"),
        ({**SITE, "name_pattern": "docs"}, "name_pattern"),
        ({**SITE, "name_pattern": "../{date}"}, "cannot be a crawl's name"),
        ({**SITE, "name_pattern": "{id}"}, "name_pattern"),
        ({**SITE, "every": "week"}, "every"),
        ({"source": "common_crawl", "parameters": {"crawl": "CC-MAIN-2026-01", "warcs": ":"}}, "given by the listing"),
        ({"source": "common_crawl", "parameters": {}}, "either warcs"),
        ({"source": "warc_files", "parameters": {"path": "/in"}, "cron": "0 3 * * *"}, "no cron"),
        ({"source": "warc_files", "parameters": {"path": "/in"}, "settle_seconds": 0}, "settle_seconds"),
        ({"source": "warc_files"}, "path"),
    ],
)
def test_what_cannot_recur_is_refused_and_says_why(root: DataRoot, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        recur(root, "x", **values)
    assert list_recurrences(root) == []


def test_a_name_that_is_taken_is_refused_and_one_removed_leaves_its_crawls(root: DataRoot) -> None:
    declare_next(root, recur(root, "docs", **SITE), NIGHT)
    with pytest.raises(ConfigError, match="recurs already"):
        recur(root, "docs", **SITE)
    remove_recurrence(root, "docs")
    assert [each.name for each in root.crawls()] == ["docs-2026-11-29"]
    with pytest.raises(ConfigError, match="nothing recurring named 'docs'; there is: none yet"):
        find_recurrence(root, "docs")


@pytest.mark.parametrize(
    ("pattern", "name"), [("", "docs-2026-11-29"), ("d.{week}", "d.2026-W48"), ("{month}-docs", "2026-11-docs"), ("{date}", "2026-11-29")]
)
def test_a_crawl_is_named_for_the_time_it_is_due(root: DataRoot, pattern: str, name: str) -> None:
    declare_next(root, recur(root, "docs", **SITE, name_pattern=pattern), NIGHT)
    assert [each.name for each in root.crawls()] == [name]


def test_its_date_is_that_of_its_own_time_zone(root: DataRoot) -> None:
    late = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    declare_next(root, recur(root, "docs", **SITE, timezone="Asia/Tokyo"), late)
    assert [each.name for each in root.crawls()] == ["docs-2026-11-30"]


def test_asked_twice_on_a_day_there_is_one_crawl(root: DataRoot) -> None:
    docs = recur(root, "docs", **SITE)
    first, second = (declare_next(root, docs, NIGHT + timedelta(minutes=minutes)) for minutes in (0, 5))
    assert first.crawl is not None
    assert second.crawl is None
    assert second.told == "docs: docs-2026-11-29 is declared already"
    assert len(root.crawls()) == 1


def test_a_recrawl_has_the_same_parameters_and_refers_to_the_last_crawl_that_holds_pages(root: DataRoot) -> None:
    docs = recur(root, "docs", **SITE)
    for week in range(4):
        made = declare_next(root, docs, NIGHT + timedelta(weeks=week)).crawl
        assert made is not None
        if week != 2:
            materialize(root, made.name)  # the third one failed
    crawls = crawls_of(root, "docs")
    assert [each.parameters.earlier_crawl for each in crawls] == [None, "docs-2026-11-29", "docs-2026-12-06", "docs-2026-12-06"]
    assert {each.parameters.max_pages for each in crawls} == {7}  # type: ignore[attr-defined]  # a site's
    assert [each.sequence for each in crawls] == [0, 1, 2, 3]


def test_a_disabled_crawl_is_not_referred_to(root: DataRoot) -> None:
    docs = recur(root, "docs", **SITE)
    declare_next(root, docs, NIGHT)
    materialize(root, "docs-2026-11-29")
    root.set_enabled("docs-2026-11-29", False)
    made = declare_next(root, docs, NIGHT + timedelta(weeks=1)).crawl
    assert made is not None
    assert made.parameters.earlier_crawl is None
    assert root.crawl("docs-2026-11-29").recurring == "docs"


def test_another_crawl_of_the_name_is_told_and_left_as_it_is(root: DataRoot) -> None:
    root.add_crawl("docs-2026-11-29", "python_docs", {})
    with pytest.raises(ConfigError, match="declared by hand: change name_pattern"):
        declare_next(root, recur(root, "docs", **SITE), NIGHT)


def listing(*names: str) -> bytes:
    return json.dumps([{"id": name, "name": "An index", "cdx-api": "https://index.example/"} for name in names]).encode()


def common_crawl(root: DataRoot, server: ArchiveServer) -> Recurrence:
    return recur(root, "web", source="common_crawl", parameters={"warcs": "0:2", "index_url": server.url, "base_url": server.url})


def test_the_newest_crawl_of_common_crawl_is_declared_once(root: DataRoot) -> None:
    files = {"collinfo.json": listing("CC-MAIN-2026-38", "CC-MAIN-2026-42", "CC-MAIN-2025-51", "CC-MAIN-2009-2010")}
    with ArchiveServer(files) as server:
        web = common_crawl(root, server)
        assert declare_next(root, web, NIGHT).crawl == root.crawl("web-CC-MAIN-2026-42")
        assert declare_next(root, web, NIGHT).told == "web: the listing was asked at 2026-11-29T03:00+00:00"
        assert declare_next(root, web, NIGHT + timedelta(days=1)).told == "web: web-CC-MAIN-2026-42 is declared already"
        assert len(server.asked) == 2
        files["collinfo.json"] = listing("CC-MAIN-2026-47", "CC-MAIN-2026-42")
        declare_next(root, web, NIGHT + timedelta(days=2))
    assert [each.parameters.crawl for each in crawls_of(root, "web")] == ["CC-MAIN-2026-42", "CC-MAIN-2026-47"]  # type: ignore[attr-defined]


def test_a_listing_that_does_not_come_is_told_and_asked_for_again(root: DataRoot) -> None:
    files: dict[str, bytes] = {}
    with ArchiveServer(files) as server:
        web = common_crawl(root, server)
        with pytest.raises(DataError, match="no such file"):
            declare_next(root, web, NIGHT)
        files["collinfo.json"] = listing("CC-MAIN-2026-42")
        assert declare_next(root, web, NIGHT).crawl is not None


def test_a_listing_that_comes_at_the_second_attempt_is_read(root: DataRoot) -> None:
    with ArchiveServer({"collinfo.json": listing("CC-MAIN-2026-42")}, {"collinfo.json": [cut(5), refuse(503, Retry_After="0")]}) as server:
        assert find_newest(server.url) == "CC-MAIN-2026-42"


@pytest.mark.parametrize("content", [b"", b"<html>Sorry</html>", b"[]", b'{"id": "CC-MAIN-2026-42"}', b'[{"id": "../../x"}, 3, null]'])
def test_a_listing_that_is_none_is_told_and_nothing_is_declared(root: DataRoot, content: bytes) -> None:
    with ArchiveServer({"collinfo.json": content}) as server, pytest.raises(DataError, match=r"collinfo\.json"):
        find_newest(server.url, Patience(Patience().retry.new(total=0), delay_seconds=0))
    assert root.crawls() == []


def write_warc(path: Path, url: str) -> None:
    with WarcWriter(path, "2026-01-01T00:00:00Z", {"software": "a test"}) as writer:
        writer.write_exchange(url, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nA page.")


def test_files_that_arrive_together_become_one_crawl_and_later_ones_the_next(root: DataRoot, tmp_path: Path) -> None:
    inbox = recur(root, "inbox", source="warc_files", parameters={"path": str(tmp_path / "in")}, settle_seconds=1)
    for name in ("b", "a"):
        write_warc(tmp_path / f"in/{name}.warc.gz", f"http://{name}.example/")
    now = datetime.now(UTC)
    assert declare_next(root, inbox, now).told == "inbox: 2 files still grow"
    later = datetime.now(UTC) + timedelta(seconds=2)
    assert declare_next(root, inbox, later).crawl is not None
    assert declare_next(root, inbox, later).told == "inbox: nothing new"
    time.sleep(0.01)
    write_warc(tmp_path / "in/c.warc.gz", "http://c.example/")
    declare_next(root, inbox, datetime.now(UTC) + timedelta(seconds=2))
    first, second = (each.parameters.model_dump()["path"] for each in crawls_of(root, "inbox"))
    assert first == (str(tmp_path / "in/a.warc.gz"), str(tmp_path / "in/b.warc.gz"))
    assert second == (str(tmp_path / "in/c.warc.gz"),)
    assert [each.name for each in root.crawls()] == [f"inbox-{later:%Y-%m-%d}", f"inbox-{later:%Y-%m-%d}-2"]


def test_a_file_of_a_crawl_that_goes_keeps_its_number_and_is_not_taken_again_when_it_comes_back(root: DataRoot, tmp_path: Path) -> None:
    inbox = recur(root, "inbox", source="warc_files", parameters={"path": str(tmp_path / "in")}, settle_seconds=1)
    for name in ("a", "b"):
        write_warc(tmp_path / f"in/{name}.warc.gz", f"http://{name}.example/")
    later = datetime.now(UTC) + timedelta(seconds=2)
    crawl = declare_next(root, inbox, later).crawl
    assert crawl is not None
    collect_files(crawl, None, tmp_path / "one", tmp_path, LocalEngine())
    (tmp_path / "in/a.warc.gz").rename(tmp_path / "a.warc.gz")
    report = collect_files(crawl, Artefact.of_folder(tmp_path / "one"), tmp_path / "two", tmp_path, LocalEngine())
    rows = read_table([tmp_path / "two/files.parquet"], FILES).to_pylist()
    assert [(row["file"], row["removed"]) for row in rows] == [(0, True), (1, False)]
    assert report.warnings == (f"{tmp_path / 'in/a.warc.gz'} is gone",)
    (tmp_path / "a.warc.gz").rename(tmp_path / "in/a.warc.gz")
    assert declare_next(root, inbox, later).told == "inbox: nothing new"


def test_a_file_that_a_crawl_declared_by_hand_reads_is_not_taken(root: DataRoot, tmp_path: Path) -> None:
    write_warc(tmp_path / "in/a.warc.gz", "http://a.example/")
    root.add_crawl("mine", "warc_files", {"path": str(tmp_path / "in")})
    inbox = recur(root, "inbox", source="warc_files", parameters={"path": str(tmp_path / "in")}, settle_seconds=1)
    assert declare_next(root, inbox, datetime.now(UTC) + timedelta(seconds=2)).told == "inbox: nothing new"


def test_one_that_fails_holds_up_none_of_the_others(root: DataRoot) -> None:
    for name in ("a", "b", "off"):
        recur(root, name, **SITE, enabled=name != "off")
    path = recurrence_path(root, "a")
    path.write_text(path.read_text().replace("0 3 * * sun", "0 3 * * someday"))
    outcomes, errors = declare_all(root, "site", lambda each: NIGHT)
    assert [each.crawl.name for each in outcomes if each.crawl] == ["b-2026-11-29"]
    assert [str(path) in str(error) for error in errors] == [True]


def test_crawls_that_are_declared_at_the_same_time_get_numbers_of_their_own(root: DataRoot) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: root.add_crawl(f"c{number}", "python_docs", {}), range(24)))
    assert sorted(each.sequence for each in made) == list(range(24))
