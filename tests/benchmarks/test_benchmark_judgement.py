"""What stages are judged by, on inputs whose answer is plain."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from benchmark_inputs import SENTENCES, Run, write_lines, write_warc
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.extract import shingle_f1

TEXT = "\n".join(SENTENCES * 4)
WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=12).map(" ".join)


@given(WORDS, WORDS)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(expected: str, got: str) -> None:
    wanted, found = ([*zip(*(text.split()[k:] for k in range(4)), strict=False)] for text in (expected, got))
    if len(expected.split()) < 4 or len(got.split()) < 4:
        return  # a text of fewer words is one shingle
    shared = (Counter(wanted) & Counter(found)).total()
    precision, recall = shared / len(found), shared / len(wanted)
    assert shingle_f1(expected, got) == pytest.approx(2 * precision * recall / (precision + recall) if shared else 0)


@given(WORDS)
def test_f1_of_a_text_with_itself_is_one(text: str) -> None:
    assert shingle_f1(text, text) == 1


@pytest.mark.parametrize(("expected", "got", "f1"), [("one two", "one two", 1), ("one two", "two one", 0), ("one", "", 0)])
def test_a_text_of_few_words_is_one_shingle(expected: str, got: str, f1: float) -> None:
    assert shingle_f1(expected, got) == f1


def full(url: str, text: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "kind": "full", "text": text, **more}


@pytest.mark.parametrize(("text", "f1"), [(f"{TEXT}\nPage 1 ends here.", 1), ("Not a word of this is there.", 0)])
def test_extraction_is_held_against_the_text_of_its_page(run: Run, pages: Path, tmp_path: Path, text: str, f1: float) -> None:
    truth = write_lines(tmp_path / "truth.jsonl", [full("http://site.example/1", text), full("http://site.example/2", "")])
    figures = run("extract", "--input", pages, "--truth", truth)
    assert (figures["f1"], figures["f1_pages"]) == (f1, 1)


def test_snippets_count_one_by_one(run: Run, pages: Path, tmp_path: Path) -> None:
    extra = {"with": ["The ferry left", "A cat meowed"], "without": ["Page 2", "pier"]}
    truth = write_lines(tmp_path / "truth.jsonl", [{"url": "http://site.example/1", "kind": "snippets", "text": None, "extra": extra}])
    figures = run("extract", "--input", pages, "--truth", truth)
    assert (figures["snippet_accuracy"], figures["snippets"]) == (0.5, 4)


def test_truth_finds_its_page_by_place_where_two_share_a_url(run: Run, tmp_path: Path) -> None:
    url = "http://site.example/twice"
    places = write_warc(tmp_path / "two.warc.gz", [(url, SENTENCES * 4), (url, ["Quite another text stands on this page."] * 9)])
    write_lines(tmp_path / "two.index.jsonl", [{"record_id": str(number), "offset": place} for number, place in enumerate(places)])
    truth = write_lines(tmp_path / "two.truth.jsonl", [full(url, TEXT, record_id="0")])
    assert run("extract", "--input", tmp_path / "two.warc.gz", "--truth", truth)["f1"] == 1


def test_languages_are_compared_without_their_region(run: Run, pages: Path, tmp_path: Path) -> None:
    told = {"http://site.example/0": "en-GB", "http://site.example/1": "fr"}
    truth = write_lines(tmp_path / "truth.jsonl", [{"url": url, "lang": language} for url, language in told.items()])
    figures = run("language", "--input", pages, "--truth", truth)
    assert (figures["accuracy"], figures["judged"]) == (0.5, 2)


def test_truth_about_other_pages_is_refused(fail: Any, pages: Path, tmp_path: Path) -> None:
    truth = write_lines(tmp_path / "truth.jsonl", [full("http://elsewhere.example/", "a")])
    assert "no line of it is about a page" in fail("extract", "--input", pages, "--truth", truth)


def test_truth_that_does_not_say_what_is_true_is_refused(fail: Any, pages: Path, tmp_path: Path) -> None:
    truth = write_lines(tmp_path / "truth.jsonl", [{"url": "http://site.example/0"}])
    assert 'has no "kind"' in fail("extract", "--input", pages, "--truth", truth)


def plant(corpus: Path, *rows: dict[str, Any]) -> Path:
    """The corpus with more documents behind it."""
    known = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    texts = {row["id"]: row["text"] for row in known}
    return write_lines(corpus, [*known, *({"text": texts.get(row["metadata"].get("dup_of"), texts["doc0"]), **row} for row in rows)])


def test_a_planted_copy_is_recalled(run: Run, corpus: Path) -> None:
    plant(corpus, {"id": "copy", "metadata": {"kind": "exact", "dup_of": "doc3"}})
    figures = run("dedup", "--input", corpus)
    assert (figures["recall_exact"], figures["recall_near1"], figures["removed"], figures["false_removals"]) == (1, None, 1, 0)


def test_a_planted_copy_that_stays_is_missed(run: Run, corpus: Path) -> None:
    plant(
        corpus,
        {"id": "copy", "text": "Nothing like its original at all, whatever is said.", "metadata": {"kind": "near5", "dup_of": "doc3"}},
    )
    assert run("dedup", "--input", corpus)["recall_near5"] == 0


def test_removing_what_is_no_copy_is_told(run: Run, corpus: Path) -> None:
    plant(corpus, {"id": "innocent", "metadata": {"kind": "fresh"}})
    figures = run("dedup", "--input", corpus)
    assert (figures["removed"], figures["false_removals"]) == (1, 1)


def test_planted_personal_data_is_recalled_where_it_is_gone(run: Run, corpus: Path) -> None:
    plant(
        corpus,
        {"id": "caught", "text": "Write to ada@mail.example.edu today.", "metadata": {"pii": "ada@mail.example.edu"}},
        {"id": "missed", "text": "Knock at the third door on the left.", "metadata": {"pii": "third door"}},
    )
    figures = run("pii", "--input", corpus)
    assert (figures["labelled"], figures["recall"], figures["precision"]) == (2, 0.5, None)


def test_labelled_texts_give_precision_and_recall(run: Run, corpus: Path, tmp_path: Path) -> None:
    text = "Ask ada@mail.example.edu, bob@mail.example.edu or 93.184.216.34."
    places = ((4, 24, "EMAIL_ADDRESS"), (50, 63, "IP_ADDRESS"), (0, 3, "PERSON"), (0, 3, "IP_ADDRESS"))
    spans = [{"entity_type": kind, "start_position": start, "end_position": end} for start, end, kind in places]
    truth = tmp_path / "labelled.json"
    truth.write_text(json.dumps([{"full_text": text, "spans": spans}]), encoding="utf-8")
    figures = run("pii", "--input", corpus, "--truth", truth)
    assert (figures["labelled"], figures["precision"], figures["recall"]) == (3, round(2 / 3, 4), round(2 / 3, 4))
    assert (figures["email_precision"], figures["email_recall"], figures["email_f1"]) == (0.5, 1, round(2 / 3, 4))
    assert (figures["ip_address_precision"], figures["ip_address_recall"], figures["ip_address_exact"]) == (1, 0.5, 0.5)


def test_labels_of_private_addresses_are_not_counted(run: Run, corpus: Path, tmp_path: Path) -> None:
    span = {"entity_type": "IP_ADDRESS", "start_position": 3, "end_position": 11}
    truth = tmp_path / "labelled.json"
    truth.write_text(json.dumps([{"full_text": "is 10.0.0.1", "spans": [span]}]), encoding="utf-8")
    assert run("pii", "--input", corpus, "--truth", truth)["ip_address_labelled"] == 0


def test_labelled_texts_of_another_form_are_refused(fail: Any, corpus: Path) -> None:
    assert "these are no labelled texts" in fail("pii", "--input", corpus, "--truth", corpus)


def test_every_document_comes_back_from_its_ids(run: Run, corpus: Path) -> None:
    figures = run("encode", "--input", corpus)
    assert figures["lossless_documents"] == figures["documents"] == 12


def test_urls_of_json_lines_are_judged_with_the_lists_given(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/domains").write_text("bad.example\n")
    urls = write_lines(tmp_path / "urls.jsonl", [{"url": f"http://{host}.example/"} for host in ("bad", "good")] + [{"url": None}])
    figures = run("url", "--input", urls, "--side-input", f"own={tmp_path / 'lists'}", "--set", 'url_filter.block_lists=["own"]')
    assert (figures["documents"], figures["kept"], figures["domain"]) == (2, 1, 1)
    assert figures["start_cpu_s"] >= figures["load_cpu_s"] >= 0
    assert figures["start_rss_mb"] > 0


def test_wanted_languages_are_judged_behind_the_recipes_scores(run: Run, pages: Path, tmp_path: Path) -> None:
    told = ("en", "en", "fr")
    truth = write_lines(tmp_path / "truth.jsonl", [{"url": f"http://site.example/{page}", "lang": each} for page, each in enumerate(told)])
    figures = run("language", "--input", pages, "--truth", truth)
    assert (figures["wanted_recall"], figures["wanted_precision"]) == (1.0, 0.6667)
    strict = run("language", "--input", pages, "--truth", truth, "--set", "filters.language.languages={en = 1.0}")
    assert (strict["wanted_recall"], strict["wanted_precision"]) == (0.0, None)


FRENCH = ("Le bac est parti avant l'aube, et personne sur la jetée n'avait dormi.", "Un chien a aboyé deux fois, puis il s'est recouché.")


def test_a_prescreen_is_held_against_what_comes_out_without_it(run: Run, tmp_path: Path) -> None:
    warc = tmp_path / "mixed.warc.gz"
    write_warc(warc, [("http://a.example/en", list(SENTENCES * 9)), ("http://a.example/fr", [" ".join(FRENCH)] * 9)])
    figures = run("front", "--input", warc, "--set", 'prescreen.languages=["en"]')
    assert (figures["documents"], figures["kept"], figures["kept_unscreened"], figures["prescreen_loss"]) == (2, 1, 1, 0)


def test_a_document_that_the_prescreen_drops_is_counted_as_lost(run: Run, tmp_path: Path) -> None:
    warc = tmp_path / "english.warc.gz"
    write_warc(warc, [("http://a.example/en", [" ".join(SENTENCES * 4)] * 9)])
    figures = run("front", "--input", warc, "--set", 'prescreen.languages=["en"]', "--set", "prescreen.min_language_fraction=1.0")
    assert (figures["kept"], figures["kept_unscreened"], figures["prescreen_loss"]) == (0, 1, 1)
