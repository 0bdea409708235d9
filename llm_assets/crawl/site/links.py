"""What a page or a sitemap leads to. Pages are hostile: whatever they hold gives links or none, never an error."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree, html
from w3lib.encoding import html_to_unicode
from w3lib.html import get_meta_refresh

from llm_assets.crawl.site.urls import clean_url

MAX_LINKS = 10_000
"""Links taken of one page or sitemap, in its order."""

HTML_MIMES = frozenset({"text/html", "application/xhtml+xml"})

_SKIPPED = re.compile(
    r"\.(?:7z|apk|avif?|bin|bmp|bz2|css|deb|dmg|docx?|eot|epub|exe|flac|flv|gif|gz|ico|iso|jar|jpe?g|m?js|m4[av]|mkv|mov|mp[34]|mpe?g|msi"
    r"|od[pst]|og[gv]|otf|pdf|png|pptx?|rar|rpm|svg|swf|tar|tgz|tiff?|ttf|wasm|wav|web[mp]|wmv|woff2?|xlsx?|xz|zip|zst)$",
    re.IGNORECASE,
)
"""Links to what holds no page are not followed."""

_LINKS = "//a[@href] | //area[@href] | //link[@href] | //frame[@src] | //iframe[@src]"
_LINK_RELATIONS = frozenset({"canonical", "next", "prev"})


def find_links(content: bytes, content_type: str, url: str, obey_nofollow: bool) -> list[str]:
    """Clean URLs that an HTML page leads to, each once: its canonical URL first, then the others in the order of the page."""
    encoding, text = html_to_unicode(content_type, content)
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError, AssertionError):  # an empty page, or one that is no markup at all
        return []
    if obey_nofollow and _says_nofollow(page):
        return []
    base = _join(url, next(iter(page.xpath("//base/@href")), "")) or url
    canonical: list[str] = []
    found: list[str] = []
    for element in page.xpath(_LINKS):
        relations = set(element.get("rel", "").lower().split())
        if (obey_nofollow and "nofollow" in relations) or (element.tag == "link" and not relations & _LINK_RELATIONS):
            continue
        link = _resolve(base, element.get("href") or element.get("src") or "", encoding)
        if link is not None:
            (canonical if element.tag == "link" and "canonical" in relations else found).append(link)
    _, refresh = get_meta_refresh(text[:4_096], url)
    if refresh and (link := _resolve(base, refresh, encoding)):
        found.insert(0, link)
    return list(dict.fromkeys(canonical[:1] + found))[:MAX_LINKS]


def find_sitemap_entries(content: bytes, url: str) -> tuple[list[str], list[str]]:
    """Clean URLs of the pages, and of the further sitemaps, that a sitemap names (XML, or text with a URL a line)."""
    pages: list[str] = []
    maps: list[str] = []
    for inside, reference in _read_sitemap(content):
        if len(pages) + len(maps) == MAX_LINKS:
            break
        if inside == "sitemap":
            maps.extend(filter(None, [clean_url(_join(url, reference.strip()) or "")]))
        elif (link := _resolve(url, reference, "utf-8")) is not None:
            pages.append(link)
    return list(dict.fromkeys(pages)), list(dict.fromkeys(maps))


def _read_sitemap(content: bytes) -> Iterator[tuple[str, str]]:
    """The element each location stands in, and the location."""
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from (("url", line) for line in content.decode("utf-8", "replace").splitlines() if line.strip())
        return
    try:
        for _, element in etree.iterparse(io.BytesIO(content), resolve_entities=False, no_network=True, recover=True, huge_tree=False):
            parent = element.getparent()
            if parent is not None and isinstance(element.tag, str) and etree.QName(element).localname == "loc":
                yield etree.QName(parent).localname, element.text or ""
    except (etree.LxmlError, ValueError):  # what was read before the fault counts
        return


def _says_nofollow(page: html.HtmlElement) -> bool:
    directives = ",".join(page.xpath("//meta[translate(@name, 'ROBTS', 'robts') = 'robots']/@content")).lower()
    return bool({"nofollow", "none"} & {word.strip() for word in directives.split(",")})


def _resolve(base: str, reference: str, encoding: str) -> str | None:
    link = _join(base, reference.strip())
    cleaned = clean_url(link, encoding) if link else None
    return None if cleaned is None or _SKIPPED.search(cleaned.partition("?")[0]) else cleaned


def _join(base: str, reference: str) -> str | None:
    try:
        return urljoin(base, reference)
    except ValueError:
        return None
