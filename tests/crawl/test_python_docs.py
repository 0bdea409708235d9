import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.files import resolve_location
from llm_assets.crawl.labelled import FOLDER, read_labels
from llm_assets.crawl.package_docs import list_packages
from llm_assets.crawl.python_site import spread_evenly
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.formats.warc import read_records

trafilatura = pytest.importorskip("trafilatura")

PAGES = 12
AGAIN = f"""
import sys
from pathlib import Path
from llm_assets.crawl.python_docs import PythonDocs
from llm_assets.engine import no_progress
PythonDocs(max_pages={PAGES}).collect(Path(sys.argv[1]), Path(sys.argv[1]), no_progress)
"""


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    target = tmp_path_factory.mktemp("crawl")
    declaration = Declaration("demo", "python_docs", 0, True, parse_parameters("python_docs", {"max_pages": PAGES}))
    collect_files(declaration, None, target, target.parent, LocalEngine())
    return target


@pytest.fixture(scope="module")
def records(crawl):
    rows = read_table(Artefact.of_folder(crawl).table("files"), FILES).to_pylist()
    return [record for row in rows for record in read_records(resolve_location(crawl, row["location"]))]


@pytest.fixture(scope="module")
def responses(records):
    return {record.url: record for record in records if record.type == "response"}


def extract(record):
    return trafilatura.extract(record.payload.decode(), favor_precision=True, include_comments=False) or ""


def test_another_process_with_other_hash_seeds_writes_the_same_bytes(crawl, tmp_path):
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path)], check=True, env=environment)
    for folder, _, names in os.walk(crawl / "warc"):
        for name in names:
            assert (Path(folder) / name).read_bytes() == (tmp_path / "warc" / name).read_bytes()


def test_locations_are_relative_to_the_output(crawl):
    rows = read_table(Artefact.of_folder(crawl).table("files"), FILES).to_pylist()
    assert rows[0]["location"] == "warc/00000.warc.gz"


def test_pages_are_spread_evenly_over_all_parts(responses):
    hosts = {url.split("/")[2].split(".")[0] for url, record in responses.items() if record.status == 200 and url.count("/") > 3}
    assert {"language", "library", "packages", "labelled"} <= hosts


def test_as_many_pages_are_chosen_as_told():
    assert [len(spread_evenly(range(10), count)) for count in (0, 1, 3, 9, 10, 11)] == [0, 1, 3, 9, 10, 10]
    assert spread_evenly(range(10), 5) == [0, 2, 4, 6, 8]


def test_no_path_of_the_machine_is_in_a_page(records):
    places = {str(Path.home()), sys.prefix, sys.base_prefix, str(Path(__file__).parents[2])} - {"/"}
    for record in records:
        assert not [place for place in places if (place + os.sep).encode() in record.payload]


def test_pages_of_every_part_are_extracted_as_prose(responses):
    for host in ("language", "library", "packages"):
        pages = [record for url, record in responses.items() if f"//{host}." in url and record.status == 200 and url.count("/") > 3]
        texts = [extract(record) for record in pages if record.mime == "text/html"]
        assert max(map(len, texts)) > 500


def test_no_package_is_listed_twice_and_this_project_is_left_out():
    names = [package.name for package in list_packages()]
    assert names == sorted(set(names))
    assert "llm-assets" not in names


def test_the_listing_tells_python_and_packages():
    listing = parse_parameters("python_docs", {}).describe_listing()
    assert json.loads(json.dumps(listing)) == listing
    assert [name for name, _ in listing["packages"] if name == "requests"] == ["requests"]


@pytest.mark.parametrize("label", read_labels(), ids=lambda label: label.path)
def test_the_labelled_site_is_served_in_full(label, responses):
    record = responses[label.url]
    assert record.status == label.status
    if label.file.endswith(".html"):
        assert record.mime == "text/html"
        assert f'<html lang="{label.language}">'.encode() in record.payload
    elif label.file:
        assert record.payload == (FOLDER / label.file).read_bytes()
        assert record.mime != "text/html"


@pytest.mark.parametrize("label", [label for label in read_labels() if label.file.endswith(".html")], ids=lambda label: label.path)
def test_the_text_of_a_labelled_page_comes_out_unless_it_is_to_be_empty(label, responses):
    assert bool(extract(responses[label.url])) != ("extraction.empty" in label.rule)


def test_every_file_of_the_labelled_site_is_used():
    served = {label.file for label in read_labels()} - {""}
    assert served == {path.name for path in FOLDER.iterdir()} - {"labels.toml"}


def test_copies_come_after_their_elders_in_the_crawl(records):
    order = [record.url for record in records if record.type == "response"]
    labels = read_labels()
    for copy in (label for label in labels if label.stage == "deduped_docs"):
        elder = next(label for label in labels if label.file == copy.file)
        assert order.index(elder.url) < order.index(copy.url)


def test_the_near_copy_differs_in_few_words_and_the_exact_copy_in_none(responses):
    labels = read_labels()
    for copy in (label for label in labels if label.stage == "deduped_docs"):
        elder = next(label for label in labels if label.file == copy.file)
        one, two = (extract(responses[label.url]).split() for label in (elder, copy))
        different = sum(a != b for a, b in zip(one, two, strict=True))
        assert different == len(copy.swap)
        assert (different == 0) == ("exact" in copy.rule)


def test_every_label_says_how_its_page_ends():
    for label in read_labels():
        assert label.stage in {"extracted_text", "filtered_docs", "deduped_docs", "kept"}
        assert bool(label.rule) == (label.stage != "kept")
