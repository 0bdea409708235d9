from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.pii.email import _ADDRESS, find_email_addresses


def find(text: str) -> list[str]:
    return [text[start:end] for start, end in find_email_addresses(text)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("write to ada@mail.test.", "ada@mail.test"),
        ("<ada.lovelace+news@mail.co.uk>", "ada.lovelace+news@mail.co.uk"),
        ("mailto:ada@mail.test?subject=x", "ada@mail.test"),
        ("'o'hara@mail.test'", "o'hara@mail.test"),
        ("*ada@mail.test*", "ada@mail.test"),
        ("Name.............ada@mail.test", "ada@mail.test"),
        ("-----ada@mail.test", "ada@mail.test"),
        ("ada..b.@docomo.test", "ada..b.@docomo.test"),
        ("jörg@bücher.test", "jörg@bücher.test"),
        ("почта@пример.рф", "почта@пример.рф"),
        ("ada@xn--bcher-kva.xn--p1ai", "ada@xn--bcher-kva.xn--p1ai"),
        ("联系ada@mail.test谢谢", "ada@mail.test"),
        ("ADA@MAIL.TEST", "ADA@MAIL.TEST"),
        ("https://x.test/?to=ada%40mail.test&b=1", "ada%40mail.test"),
        ("https://x.test/?q=to%3Dada%2Bnews%40mail.test%2C", "ada%2Bnews%40mail.test"),
        ("https://ada:secret@mail.test/", "secret@mail.test"),
        ("a@bob@mail.test", "bob@mail.test"),
    ],
)
def test_an_address_is_found_to_its_borders(text: str, address: str) -> None:
    assert find(text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "ada@localhost",
        "@ada and ada@",
        "ada @mail.test",
        "ada@mail",
        "ada@mail.t",
        "logo@2x.png",
        "package@1.2.3",
        "https://social.test/@ada",
        "a" * 65 + "@mail.test",
        "5 @ 3.50",
        "50%40",
    ],
)
def test_what_only_holds_an_at_sign_is_no_address(text: str) -> None:
    assert find(text) == []


def test_addresses_in_a_row_are_found_apart() -> None:
    assert find("ada@mail.test,bob@mail.test;cy@mail.test") == ["ada@mail.test", "bob@mail.test", "cy@mail.test"]


@pytest.mark.parametrize("distance", [0, 10, 599, 600, 601, 1199, 1200, 1201, 1801, 5000])
@pytest.mark.parametrize("filler", ["x ", "x.", "@ ", "a@"])
def test_addresses_are_found_however_far_apart(distance: int, filler: str) -> None:
    gap = " " + (filler * distance)[:distance] + " "
    assert find(f"{gap}ada@mail.test{gap}bob%40mail.test{gap}") == ["ada@mail.test", "bob%40mail.test"]


@given(
    st.lists(st.sampled_from(["a" * 64, ".", "..", "%2B", "@", "%40", "b" * 63, " ", "%3D", "test"]), min_size=20, max_size=60).map("".join)
)
def test_an_address_is_what_the_pattern_finds_in_the_whole_text(text: str) -> None:
    assert list(find_email_addresses(text)) == [match.span("address") for match in _ADDRESS.finditer(text)]
