"""What kind of document a record is taken for."""

from __future__ import annotations

import pytest
from warc_pages import make_page

from llm_assets.extract.config import Extraction
from llm_assets.extract.mime import HTML_TYPES, TEXT_TYPES, find_mime
from llm_assets.extract.page import Page, PageText, read_page

RSS = b"<?xml version='1.0'?>\n<!-- a feed -->\n<rss version='2.0'><channel><item><description>Words</description></item></channel></rss>"
ATOM = b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><summary>Words</summary></entry></feed>"
XHTML = b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN'>\n<html xmlns='x'>"
SITE_MAP = b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"


@pytest.mark.parametrize(
    ("declared", "payload", "mime"),
    [
        ("text/html", b"<p>words", "text/html"),
        ("text/html", RSS, "application/rss+xml"),
        ("text/xml", RSS, "application/rss+xml"),
        ("application/xml", ATOM, "application/atom+xml"),
        (None, ATOM, "application/atom+xml"),
        ("text/plain", SITE_MAP, "application/xml"),
        ("text/xml", b"<rdf:RDF xmlns:rdf='x'>", "application/rdf+xml"),
        ("text/xml", b"<note>words</note>", "text/xml"),
        ("application/xhtml+xml", XHTML, "application/xhtml+xml"),
        ("application/xml", XHTML, "application/xhtml+xml"),
        ("text/html", XHTML, "text/html"),
        ("text/plain", b"<!doctype html>\n<HTML><body>", "text/html"),
        ("text/plain", b"Say <html> to start a page.", "text/plain"),
        (None, b"<!doctype html><html>", "text/html"),
        (None, b"words", "text/plain"),
        (None, b"%PDF-1.7", "application/pdf"),
        ("application/rss+xml", RSS, "application/rss+xml"),
        ("application/pdf", b"<html>", "application/pdf"),
    ],
)
def test_the_first_element_outdoes_a_header_that_names_text_or_xml(declared: str | None, payload: bytes, mime: str) -> None:
    assert find_mime(declared, payload) == mime


@pytest.mark.parametrize("mime", ["application/rss+xml", "application/atom+xml", "application/xml", "text/xml", "image/svg+xml"])
def test_feeds_site_maps_and_other_xml_are_not_read(mime: str) -> None:
    assert mime not in HTML_TYPES | TEXT_TYPES


@pytest.mark.parametrize("stretch", [b"<!--", b"<!-- -->", b"<?x?>", b"<!x>", b" ", b"<!", b"<?"])
def test_a_hostile_start_has_no_element(stretch: bytes) -> None:
    assert find_mime("text/html", stretch * 100_000) == "text/html"


@pytest.mark.parametrize("empty", ["<script src='x'/>", "<textarea/>", "<iframe src='x' />", "<style/>", "<title/>", "<div class='a'/>"])
def test_an_element_that_ends_at_once_swallows_nothing_of_a_page_in_xhtml(empty: str) -> None:
    page = make_page(3).replace(b"<article>", f"{empty}<article>".encode())
    outcome = read_page(Page(page, "application/xhtml+xml", None, None), Extraction())
    assert isinstance(outcome, PageText)
    assert outcome.text.startswith("Sentence 3 tells of a river")


def test_plain_text_is_kept_as_it_is() -> None:
    outcome = read_page(Page(b"One <b>line</b>\r\n\r\n  and another. ", "text/plain", None, None), Extraction())
    assert isinstance(outcome, PageText)
    assert outcome.text == "One <b>line</b>\n\n  and another."
