"""Which encoding a page is in, and its text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.extract.charset import decode_page, garbled_fraction

GERMAN = "Über die Brücke fährt täglich ein schöner gelber Omnibus, und fünf Mädchen grüßen höflich. " * 3
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 5
JAPANESE = "いろはにほへと散りぬるを我が世誰ぞ常ならむ有為の奥山今日越えて浅き夢見し酔ひもせず。" * 3
KOREAN = "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. " * 5


@pytest.mark.parametrize(
    ("text", "codec", "label", "charset"),
    [
        (GERMAN, "utf-8", "UTF-8", "utf-8"),
        (GERMAN, "utf-8", "utf8", "utf-8"),
        (GERMAN, "cp1252", "iso-8859-1", "cp1252"),
        ("„Anführung“ – €", "cp1252", "latin1", "cp1252"),
        (RUSSIAN, "cp1251", "windows-1251", "cp1251"),
        (RUSSIAN, "koi8-r", "KOI8-R", "koi8-r"),
        (JAPANESE, "shift_jis", "x-sjis", "cp932"),
        (JAPANESE, "euc_jp", "euc-jp", "euc_jp"),
        ("①", "cp932", "shift_jis", "cp932"),
        (KOREAN, "euc_kr", "euc-kr", "cp949"),
        ("镕", "gb18030", "gb2312", "gb18030"),
        (RUSSIAN, "utf-16-le", "utf-16", "utf-16-le"),
    ],
)
@pytest.mark.parametrize("where", ["header", "meta"])
def test_a_declared_encoding_is_followed_as_browsers_do(text: str, codec: str, label: str, charset: str, where: str) -> None:
    if where == "header":
        assert decode_page(text.encode(codec), label) == (text, charset)
    elif "16" not in codec:
        page = f"<html><head><meta name=x><META http-equiv=Content-Type content='text/html; charset={label}'>{text}"
        assert decode_page(page.encode(codec)) == (page, charset)


@pytest.mark.parametrize(
    ("text", "codec"), [(GERMAN, "utf-8"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp")]
)
def test_an_undeclared_encoding_is_guessed(text: str, codec: str) -> None:
    assert decode_page(text.encode(codec)).text == text


@pytest.mark.parametrize("label", ["utf-7", "x-unknown", "utf-8; q", "\x00", "", "é", "replacement"])
def test_an_encoding_nobody_knows_is_passed_over(label: str) -> None:
    assert decode_page(GERMAN.encode(), label) == (GERMAN, "utf-8")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_outdoes_the_header_and_is_no_text(codec: str) -> None:
    assert decode_page(GERMAN.encode(codec), "iso-8859-1").text == GERMAN


@pytest.mark.parametrize(
    ("text", "label"), [(GERMAN, "iso-8859-1"), (RUSSIAN, "koi8-r"), (JAPANESE, "shift_jis"), (KOREAN, "euc-kr"), (GERMAN, "utf-16")]
)
@pytest.mark.parametrize("cut", [0, 1])
def test_what_is_utf_8_and_more_than_ascii_is_so_whatever_is_declared(text: str, label: str, cut: int) -> None:
    page = f"<meta charset={label}>{text}é"
    payload = page.encode()[: len(page.encode()) - cut]
    assert decode_page(payload, label) == (payload.decode("utf-8", "replace"), "utf-8")


def test_an_encoding_that_looks_like_ascii_is_followed_where_it_is_declared() -> None:
    assert decode_page(JAPANESE.encode("iso2022_jp"), "iso-2022-jp") == (JAPANESE, "iso2022_jp")


def test_the_header_outdoes_the_page_itself() -> None:
    page = "<meta charset=koi8-r>" + RUSSIAN
    assert decode_page(page.encode("cp1251"), "windows-1251") == (page, "cp1251")


def test_an_xml_declaration_counts_too() -> None:
    page = "<?xml version='1.0' encoding='iso-8859-1'?>" + GERMAN
    assert decode_page(page.encode("latin-1")) == (page, "cp1252")


def test_a_page_with_a_legible_meta_is_not_in_utf_16() -> None:
    page = "<meta charset=utf-16>" + GERMAN
    assert decode_page(page.encode()) == (page, "utf-8")


def test_a_declaration_that_loses_nearly_all_letters_is_not_believed() -> None:
    assert decode_page(GERMAN.encode("cp1252"), "utf-8") == (GERMAN, "cp1252")


def test_a_page_cut_off_within_a_character_stays_in_its_encoding() -> None:
    assert decode_page((GERMAN + "ü").encode()[:-1], "utf-8") == (GERMAN + "\ufffd", "utf-8")


@settings(deadline=None)  # the machine may be busy
@given(
    st.binary(max_size=300), st.one_of(st.none(), st.sampled_from(["utf-8", "gbk", "big5", "iso-2022-jp", "euc-kr", "utf-16"]), st.text())
)
def test_no_bytes_and_no_header_raise_and_what_comes_out_can_be_written(payload: bytes, header: str | None) -> None:
    decode_page(payload, header).text.encode("utf-8")


@pytest.mark.parametrize(("text", "low", "high"), [("", 0, 0), (GERMAN, 0, 0), ("a\tb\r\nc\f", 0, 0), ("\x00\x01a\ufffd", 0.75, 0.75)])
def test_the_garbled_share_counts_controls_and_losses(text: str, low: float, high: float) -> None:
    assert low <= garbled_fraction(text) <= high
