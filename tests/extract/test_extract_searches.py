"""The searches that stand in for trafilatura's expressions find what these find."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import make_layouts
from lxml.etree import XPath
from lxml.html import HtmlElement, document_fromstring

from llm_assets.extract.engines.searches import Search, find_searches


def load_expressions() -> ModuleType:
    """Trafilatura's expressions as they come, whatever was put in their place in this process."""
    spec = importlib.util.find_spec("trafilatura.xpaths")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAIRS = [pair for pairs in find_searches(load_expressions()) for pair in pairs]
READ = [(expression, search) for expression, search in PAIRS if isinstance(search, Search)]

NAMES = ["div", "section", "article", "main", "p", "span", "ul", "ol", "list", "item", "details", "aside", "header", "h1"]
WANTED = [
    "post",
    "entry",
    "articleBody",
    "story-content",
    "content",
    "main-content",
    "page-content",
    "text",
    "cell",
    "fulltext",
    "FullText",
]
UNWANTED = ["comments", "commentary", "disqus_thread", "sidebar", "share-it", "cookie", "byline", "Navigation", "menu", "Teaser", "border"]
TAILS = [
    "bottom",
    "mid-bottom-x",
    "link",
    "permalink",
    "reply-1",
    "display:none",
    "infinite-scroll",
    "elementor-share-buttons",
    "true",
    "x",
]
VALUES = [*WANTED, *UNWANTED, *TAILS]
ATTRIBUTES = ["class", "id", "role", "style", "itemprop", "aria-hidden", "data-component", "data-lp-replacement-content"]


@st.composite
def draw_tree(draw: st.DrawFn) -> HtmlElement:
    """A page of nested elements, their attributes in any order."""
    values = st.lists(st.sampled_from(VALUES), max_size=3).map(" ".join)
    attributes = st.dictionaries(st.sampled_from(ATTRIBUTES), values, max_size=4).map(lambda found: list(found.items()))
    elements = st.tuples(st.sampled_from(NAMES), attributes.flatmap(st.permutations), st.integers(0, 3))
    root = document_fromstring("<html><body></body></html>")
    at = root[0]
    for name, pairs, up in draw(st.lists(elements, max_size=25)):
        for _ in range(up):
            at = at.getparent() if at.getparent() is not None and at.getparent() is not root else at
        child = at.makeelement(name)
        for key, value in pairs:
            child.set(key, value)
        at.append(child)
        at = child
    return root


def assert_same(expression: Any, search: Search, tree: HtmlElement) -> None:
    expected = expression(tree)
    assert list(search(tree)) == (expected[:1] if search.first else expected)


@given(draw_tree())
def test_every_search_finds_what_its_expression_finds(tree: HtmlElement) -> None:
    for expression, search in READ:
        assert_same(expression, search, tree)


def test_every_search_finds_on_whole_pages_what_its_expression_finds() -> None:
    for layout in make_layouts():
        for expression, search in READ:
            assert_same(expression, search, document_fromstring(layout.html))


def test_all_expressions_but_those_of_a_bare_name_or_of_two_paths_are_read() -> None:
    left = [expression.path.strip() for expression, search in PAIRS if not isinstance(search, Search)]
    assert [path.split("[")[0] for path in left] == ["(.//article)", "(.//*", ".//header"]
    assert left[1].endswith("|(.//main)[1]")


@pytest.mark.parametrize("path", ["//div", ".//*[position()=1]", ".//*[@a='b' and @c='d']", ".//*[@a='b']|.//p", ".//*[@a='b']/p"])
def test_an_expression_of_another_form_is_not_read(path: str) -> None:
    with pytest.raises(ValueError, match="not understood from character"):
        Search(XPath(path))
