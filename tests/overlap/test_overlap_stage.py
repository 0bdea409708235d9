"""From texts to verdicts: what is found, who is rejected, and that neither order nor workers matter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.engine import LocalEngine
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import CONTAMINATION, DOCS, EVALUATIONS, REJECTIONS, REPETITION, TEXTS
from llm_assets.overlap.config import Contamination, Repetition, Selection
from llm_assets.overlap.evaluation_set import gather_set
from llm_assets.overlap.selection import select_documents
from llm_assets.overlap.stage import measure_overlaps
from llm_assets.quality.cleaning import Cleaning

QUESTION = "Which of the two ships that left the harbour in May came back before the end of the year?"
STORY = "He took the lantern from the hook beside the door and went down to the water without a word."
PAGES = ["Nothing of it is here.", f"A quiz asks: {QUESTION.upper()} Who knows?", "Plain prose.", STORY, f"{STORY} {QUESTION}"]


class Room(NamedTuple):
    """Texts and survivors in a folder, and two evaluation sets."""

    texts: Artefact
    deduped: Artefact
    sets: dict[str, Path]


def make_room(folder: Path, parts: Sequence[Sequence[str]], lost: Sequence[int] = ()) -> Room:
    docs = []
    for file, pages in enumerate(parts):
        rows = [{"doc": make_doc(3, file, record), "url": "https://a.example", "text": text} for record, text in enumerate(pages)]
        write_rows(folder / f"texts/texts/{file:05}.parquet", rows, TEXTS)
        docs += [row["doc"] for row in rows]
    left = [{"doc": doc, "family": doc, "cluster_size": 1} for doc in docs if doc not in lost]
    write_rows(folder / "deduped/docs.parquet", left, DOCS)
    sets = {}
    for name, items in (("quiz", [{"question": "Short?"}, {"question": QUESTION}]), ("tales", [{"text": STORY}])):
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(item) + "\n" for item in items))
        gather_set(path, folder / name)
        sets[name] = folder / name
    return Room(Artefact.of_folder(folder / "texts"), Artefact.of_folder(folder / "deduped"), sets)


def run(
    room: Room,
    target: Path,
    names: Sequence[str] = ("quiz", "tales"),
    selection: Selection | None = None,
    workers: int = 1,
    lines: bool = False,
    passages: bool = False,
):
    contamination, engine = Contamination(evaluation_sets=tuple(names)), LocalEngine(workers=workers)
    repetition = Repetition(lines=lines, passages=passages, passage_bytes=20)
    measured = measure_overlaps(room.texts, room.deduped, target / "overlaps", 3, Cleaning(), contamination, repetition, room.sets, engine)
    overlaps = Artefact.of_folder(target / "overlaps")
    return measured, select_documents(room.deduped, overlaps, target / "selected", selection or Selection(), engine), overlaps


def rows_of(artefact: Artefact, table: str, schema) -> list[dict[str, object]]:
    return read_table(artefact.table(table), schema).to_pylist()


def test_every_item_in_a_document_is_a_row(tmp_path: Path) -> None:
    measured, _, overlaps = run(make_room(tmp_path, [PAGES]), tmp_path)
    found = [(row["doc"] & 0xFF, row["evaluation"], row["item"]) for row in rows_of(overlaps, "contamination", CONTAMINATION)]
    assert found == [(1, "quiz", 1), (3, "tales", 0), (4, "quiz", 1), (4, "tales", 0)]
    assert measured.figures == {"documents sharing with quiz": 2, "documents sharing with tales": 2}
    assert rows_of(overlaps, "evaluations", EVALUATIONS) == [
        {"sequence": 3, "evaluation": "quiz", "items": 2, "not_sought": 1},
        {"sequence": 3, "evaluation": "tales", "items": 1, "not_sought": 0},
    ]


def test_what_is_only_reported_is_kept(tmp_path: Path) -> None:
    report = run(make_room(tmp_path, [PAGES]), tmp_path)[1]
    assert (report.read, report.kept, dict(report.rejected), report.figures["contaminated"]) == (5, 5, {}, 3)


def test_a_rejection_names_the_item_the_count_and_the_bound(tmp_path: Path) -> None:
    report = run(make_room(tmp_path, [PAGES]), tmp_path, selection=Selection(contamination="reject"))[1]
    assert (report.kept, dict(report.rejected)) == (2, {"contamination": 3})
    selected = Artefact.of_folder(tmp_path / "selected")
    assert [row["doc"] & 0xFF for row in rows_of(selected, "docs", DOCS)] == [0, 2]
    places = len(STORY.split()) - 13 + 1
    told = {"stage": "selected_docs", "rule": "contamination", "value": places, "low": None, "high": 0.0, "detail": "tales, item 0"}
    assert rows_of(selected, "rejections", REJECTIONS)[1] == {"doc": make_doc(3, 0, 3), **told}


@pytest.mark.parametrize(("most", "kept"), [(0, 2), (6, 2), (7, 5)])
def test_the_bound_says_how_many_shared_n_grams_are_let_through(tmp_path: Path, most: int, kept: int) -> None:
    selection = Selection(contamination="reject", max_shared_ngrams=most)
    assert run(make_room(tmp_path, [PAGES]), tmp_path, selection=selection)[1].kept == kept


def test_only_documents_that_are_left_are_compared(tmp_path: Path) -> None:
    room = make_room(tmp_path, [PAGES[:3], PAGES[3:]], lost=[make_doc(3, 0, 1), make_doc(3, 1, 0)])
    measured, report, _ = run(room, tmp_path)
    assert (measured.read, report.read, report.figures["contaminated"]) == (3, 3, 1)


def test_without_a_set_no_text_is_read(tmp_path: Path) -> None:
    room = make_room(tmp_path, [PAGES])
    room.texts.table("texts")[0].write_bytes(b"damaged")
    measured, report, overlaps = run(room, tmp_path, names=())
    assert (measured.read, report.kept) == (5, 5)
    assert overlaps.table("contamination") == []


def test_a_crawl_without_documents_is_whole(tmp_path: Path) -> None:
    measured, report, _ = run(make_room(tmp_path, [[]]), tmp_path)
    assert (measured.read, report.read) == (0, 0)


def test_workers_change_no_byte(tmp_path: Path) -> None:
    room = make_room(tmp_path, [PAGES[:2], PAGES[2:]])
    outputs = []
    for workers in (1, 2):
        run(room, tmp_path / str(workers), selection=Selection(contamination="reject"), workers=workers, lines=True, passages=True)
        folders = [tmp_path / str(workers) / name for name in ("overlaps", "selected")]
        outputs.append([entry.sha256 for folder in folders for entry in Artefact.of_folder(folder).files])
    assert outputs[0] == outputs[1]


def test_how_documents_lie_in_files_changes_nothing_found(tmp_path: Path) -> None:
    counted = []
    for name, parts in (("one", [PAGES]), ("many", [[page] for page in PAGES])):
        overlaps = run(make_room(tmp_path / name, parts), tmp_path / name)[2]
        rows = rows_of(overlaps, "contamination", CONTAMINATION)
        counted.append([(row["evaluation"], row["item"], row["ngrams"]) for row in rows])
    assert counted[0] == counted[1]


MENU = "All rights are reserved here."


def test_a_bound_on_repeated_lines_rejects_and_says_what_was_measured(tmp_path: Path) -> None:
    room = make_room(tmp_path, [[f"{MENU}\nThe first page of all.", "Quite another page."], [MENU.upper()]])
    report = run(room, tmp_path, selection=Selection(max_repeated_line_fraction=0.5), lines=True)[1]
    assert dict(report.rejected) == {"repeated_lines": 1}
    (row,) = rows_of(Artefact.of_folder(tmp_path / "selected"), "rejections", REJECTIONS)
    assert (row["doc"], row["rule"], row["value"], row["high"]) == (make_doc(3, 1, 0), "repeated_lines", 1.0, 0.5)


def test_a_bound_on_repeated_passages_rejects_and_says_what_was_measured(tmp_path: Path) -> None:
    room = make_room(tmp_path, [[f"Old {MENU}"], [f"New {MENU}", ""]])
    report, overlaps = run(room, tmp_path, selection=Selection(max_repeated_passage_fraction=0.5), passages=True)[1:]
    assert (report.kept, dict(report.rejected)) == (2, {"repeated_passages": 1})
    (row,) = rows_of(Artefact.of_folder(tmp_path / "selected"), "rejections", REJECTIONS)
    (measured,) = [row for row in rows_of(overlaps, "repetition", REPETITION) if row["repeated_passages"]]
    assert (row["doc"], row["rule"], row["high"]) == (make_doc(3, 1, 0), "repeated_passages", 0.5)
    assert row["value"] == measured["repeated_passage_bytes"] / measured["bytes"] == (len(MENU) + 1) / (len(MENU) + 4)
    assert measured["lines"] is None


def test_lines_are_the_same_whether_passages_are_measured_or_not(tmp_path: Path) -> None:
    room = make_room(tmp_path, [[f"{MENU}\nThe first.", ""], [MENU]])
    found = []
    for passages in (False, True):
        overlaps = run(room, tmp_path / str(passages), lines=True, passages=passages)[2]
        rows = [list(row.values()) for row in rows_of(overlaps, "repetition", REPETITION)]
        found.append([row[:7] for row in rows if row[1] is not None])
    assert found[0] == found[1] != []


LINES = st.lists(st.sampled_from(["One line it is.", "ONE line, it is!", "Two of them here.", "--- -- ---", ""]), max_size=5)


@settings(max_examples=25)
@given(st.lists(LINES, min_size=1, max_size=6), st.data())
def test_repeated_lines_are_what_the_definition_says(pages: list[list[str]], data: st.DataObject) -> None:
    lost = [make_doc(3, 0, page) for page in data.draw(st.sets(st.integers(0, len(pages) - 1)))]
    with TemporaryDirectory() as folder:
        room = make_room(Path(folder), [["\n".join(page) for page in pages]], lost)
        run(room, Path(folder), names=(), lines=True)
        found = rows_of(Artefact.of_folder(Path(folder) / "overlaps"), "repetition", REPETITION)
    normal = {"One line it is.": "one", "ONE line, it is!": "one", "Two of them here.": "two"}
    left = {
        doc: [line for line in page if line in normal] for record, page in enumerate(pages) if (doc := make_doc(3, 0, record)) not in lost
    }
    expected = []
    for doc, page in left.items():
        having = [{other for other in left if normal[line] in {normal[each] for each in left[other]}} for line in page]
        repeated = [line for line, docs in zip(page, having, strict=True) if min(docs) < doc]
        shared = [line for line, docs in zip(page, having, strict=True) if len(docs) > 1]
        if page:
            counts = [(len(lines), sum(map(len, lines))) for lines in (page, repeated, shared)]
            expected.append((doc, *(number for pair in counts for number in pair)))
    assert [tuple(row.values())[:7] for row in found] == expected
