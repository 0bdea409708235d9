"""The URL filter against a slow and obvious one: sets of strings, one rule after the other, nothing shared with the real one."""

from __future__ import annotations

import gzip
import json
import unicodedata
from functools import cache
from pathlib import Path
from string import ascii_letters, digits
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.extract.config import UrlFilter
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.url_filter import BUILTIN, UrlJudge

DOMAINS = ("bad.example", "BÜCHER.example", "a.b.c.example", "*.wild.example", "xn--p1ai", "192.0.2.7")
URLS = ("site.example/casino/", "http://www.other.example/a?b=c", "straße.example/Ünder/x", "bad-port.example:80/x%20y", "root.example")


@cache
def lines(name: str) -> list[str]:
    return [line for line in (BUILTIN / f"{name}.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def undo_percent(text: str) -> str:
    for _ in range(3):
        raw, read = text.encode(), b""
        while raw:
            code = raw[1:3].decode("latin-1") if raw[:1] == b"%" else ""
            is_code = len(code) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in code)
            read += bytes([int(code, 16)]) if is_code else raw[:1]
            raw = raw[3:] if is_code else raw[1:]
        text = read.decode("utf-8", "replace")
    return text


def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", undo_percent(text)).casefold()


def by_label(host: str, codec: str) -> str:
    found = []
    for label in host.replace("。", ".").split("."):
        try:
            found.append(label.encode("idna").decode("ascii") if codec == "encode" else label.encode("ascii").decode("idna").casefold())
        except UnicodeError:
            found.append(label)
    return ".".join(found)


def split(url: str) -> tuple[str, str]:
    rest = url.strip()[:4096]
    scheme, colon, tail = rest.partition(":")
    if (
        colon
        and len(scheme) <= 31
        and scheme[:1] in {*ascii_letters}
        and {*scheme} <= {*ascii_letters, *digits, *"+.-"}
        and is_double_slash(tail)
    ):
        rest = tail[2:]
    elif is_double_slash(rest):
        rest = rest[2:]
    end = min((rest.find(mark) for mark in "/?#\\" if mark in rest), default=len(rest))
    authority, path = rest[:end].rpartition("@")[2], rest[end:]
    if authority.startswith("[") and "]" in authority:
        host, bracket, after = authority.partition("]")
        host += bracket
    else:
        host, colon, after = authority.partition(":")
        after = colon + after
    if after.startswith(":"):
        after = after[1:].lstrip(digits)
    host = fold(host)
    host = (host if host.isascii() else by_label(host, "encode")).rstrip(".")
    return host, fold((after + path).partition("#")[0])


def is_double_slash(text: str) -> bool:
    return len(text) >= 2 and {*text[:2]} <= {"/", "\\"}


def whole_url(url: str) -> str:
    host, path = split(url)
    path, _, query = path.partition("?")
    return host.removeprefix("www.") + "/" + path.strip("/") + ("?" + query if query else "")


def words_of(url: str) -> list[str]:
    host, path = split(url)
    readable = by_label(host, "decode") if "xn--" in host else host
    text = "".join(letter if letter.isalnum() else " " for letter in f"{readable}/{path}")
    return [word for word in text.split(" ") if word]


def expect(url: str) -> Rejection | None:
    host = split(url)[0]
    ends = [".".join(host.split(".")[start:]) for start in range(host.count(".") + 1)]
    listed = [("ut1/mixed/domains", split(line.lstrip("*."))[0]) for line in DOMAINS]
    known = {entry: name for name, entry in [*listed[::-1], *(("builtin/domains", line) for line in lines("domains"))]}
    for end in ends:
        if end in known:
            return Rejection("url_filter.domain", detail=f"{known[end]}: {end}")
    listed_urls = {whole_url(line) for line in URLS}
    for entry in prefixes(whole_url(url)):
        if entry in listed_urls:
            return Rejection("url_filter.url", detail=f"ut1/mixed/urls: {entry}")
    words = words_of(url)
    if hard := sorted({*words} & {*lines("hard_words")}):
        return Rejection("url_filter.hard_word", len(hard), high=0, detail=f"builtin/hard_words: {', '.join(hard)}")
    if stretch := next((stretch for stretch in sorted(lines("sub_words")) if stretch in "".join(words)), None):
        return Rejection("url_filter.sub_word", 1, high=0, detail=f"builtin/sub_words: {stretch}")
    if len(soft := sorted({*words} & {*lines("soft_words")})) > 1:
        return Rejection("url_filter.soft_words", len(soft), high=1, detail=f"builtin/soft_words: {', '.join(soft)}")
    return None


def prefixes(url: str) -> list[str]:
    path, _, query = url.partition("?")
    found = [url, path] if query else [path]
    while path.count("/") > 1:
        path = path.rpartition("/")[0]
        found.append(path)
    return found


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> UrlJudge:
    folder: Path = tmp_path_factory.mktemp("ut1")
    (folder / "mixed").mkdir()
    (folder / "mixed/domains").write_text("\n".join(DOMAINS), encoding="utf-8")
    (folder / "mixed/urls").write_text("\n".join(URLS), encoding="utf-8")
    return UrlJudge(UrlFilter(block_lists=("ut1",), categories=("mixed",)), {"ut1": folder})


def encode_some(text: str, chosen: set[int], times: int) -> str:
    for _ in range(times):
        text = "".join(f"%{ord(each):02X}" if number in chosen and each.isascii() else each for number, each in enumerate(text))
    return text


NAMES = (
    *("bad", "example", "bücher", "xn--bcher-kva", "xn--p1ai", "рф", "www", "site", "porn", "casino", "a", "b", "c"),
    *("wild", "com", "xxx", "", "ｂａｄ", "192.0.2.7"),
)
PIECES = (
    *("poker", "free", "pornhub", "x y", "Ünder", "x", "порно", "slot88", "İ", "ß", "_", "?", "?b=c", "#", "@", ":80", "\\"),
    *("[", "]", "%", "%25", "\t", "\x1c", "\x85"),
)
STARTS = ("http://", "HTTPS:\\\\", "//", "", "u@", "http://u:p@", "a" * 32 + "://", "x+y.z-1://", "1://", " http://")
HOSTS = (
    *("lucky.bad.example.", "a.b.c.example", "other.example", "www.site.example", "straße.example", "bad-port.example"),
    *("root.example", "bad。example"),
)
MIDDLES = ("/", "", "?", "#", ":", ":80/", ":x/", "\\", ".", "/casino/", "/a?b=c", "/x y", "/ünder/x/")
CHANGES = (str, str.upper, str.swapcase, lambda url: quote(url, safe=":/?#@"))

places, times = st.sets(st.integers(0, 30), max_size=8), st.integers(0, 3)
hosts = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).map(".".join) | st.sampled_from(HOSTS)
paths = st.builds(str.join, st.sampled_from(["/", "", "-", "//"]), st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8))
hostile = st.builds(
    lambda start, host, middle, path, change: change(start + host + middle + path),
    st.sampled_from(STARTS),
    st.builds(encode_some, hosts, places, times),
    st.sampled_from(MIDDLES),
    st.builds(encode_some, paths, places, times),
    st.sampled_from(CHANGES),
)


@settings(max_examples=600)
@given(hostile | st.text())
def test_whatever_a_url_is_both_filters_say_the_same(judge: UrlJudge, url: str) -> None:
    assert judge.judge(url) == expect(url)


@pytest.mark.shared_data
def test_on_real_urls_both_filters_say_the_same(judge: UrlJudge, shared_data: Path) -> None:
    with gzip.open(shared_data / "web/pages.index.jsonl.gz") as file:
        for url in (json.loads(line)["url"] or "" for line in file):
            assert judge.judge(url) == expect(url)
