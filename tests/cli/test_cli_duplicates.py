"""What a person is shown of copies."""

from __future__ import annotations

import json

from cli_pages import COPY, HOSTILE, KEPT, PAGES


def test_a_family_is_listed_and_held_against_its_elder(call, pages) -> None:
    (family,) = json.loads(call("duplicates", f"0-0-{COPY}", "--json", home=pages).out)
    assert [member["doc"] for member in family["members"]] == [f"0-0-{KEPT}", f"0-0-{COPY}"]
    assert (family["doc"], family["held_against"]) == (f"0-0-{COPY}", f"0-0-{KEPT}")
    assert family["members"][1]["kind"] == "near"
    out = call("duplicates", PAGES[COPY].url, home=pages).out
    assert "is of a family of 2" in out
    assert "0.970" in out


def test_the_root_is_held_against_its_first_copy(call, pages) -> None:
    first, *_ = json.loads(call("duplicates", f"0-0-{KEPT}", "--json", home=pages).out)
    assert first["held_against"] == f"0-0-{COPY}"


def test_a_document_without_copies_says_so(call, pages) -> None:
    out = call("duplicates", f"0-0-{HOSTILE}", home=pages).out
    assert "is nobody's copy, and has none" in out
    assert "\x1b" not in out
    assert "ada@mail.test" not in out


def test_what_is_missing_or_too_much_is_told(call, pages) -> None:
    for words, message in (
        (("duplicates",), "give either a URL or key, or --like FILE"),
        (("duplicates", f"0-0-{COPY}", "--against", f"0-0-{HOSTILE}"), f"0-0-{HOSTILE} is no copy of 0-0-{COPY}"),
        (("duplicates", "0-0-999"), "there is no document 0-0-999"),
        (("duplicates", "--like", "nowhere.txt"), "nowhere.txt: No such file or directory"),
        (("duplicates", "--like", __file__), "no crawl has signatures yet"),
    ):
        outcome = call(*words, home=pages)
        assert outcome.status == 1
        assert message in outcome.err
