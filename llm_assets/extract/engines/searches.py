"""Trafilatura's searches for main and unwanted elements, with the same results in a fraction of the time.

Most of its time goes to some ten XPath searches a page that ask of every element whether its class or id is a listed one, each
time by a call from C back into Python. Here the elements are walked in C and the verdict on a value is remembered. The rules
stay trafilatura's: they are read from its expressions, and where one of these can be read only in part, that part says on which
pages the expression itself is asked.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

REMEMBERED = 1 << 14
"""Values of attributes whose verdict a condition keeps."""

_START = re.compile(r"\s*\(?\s*\.//\*\s*")
_TAGS = re.compile(r"\[\s*(self::\w+(?:\s+or\s+self::\w+)*)\s*\]\s*")
_OPEN, _OR, _CLOSE = re.compile(r"\[\s*"), re.compile(r"\s+or\s+"), re.compile(r"\s*\]\s*")
_REST = re.compile(r"(?:\)?\s*\[1\])?\s*\Z|(\[)")
_NAMES = r"(@[\w-]+(?:\|@[\w-]+)*)"
_TEST = re.compile(rf"re:test\({_NAMES},\s*'([^']+)'(?:,\s*'(i)')?\)")
_SUBSTRING = re.compile(rf"(contains|starts-with)\((?:translate\()?{_NAMES}(?:,\s*'(\w+)',\s*'(\w+)'\))?,\s*'([^']+)'\)")
_EQUAL = re.compile(rf"{_NAMES}(?:\s*=\s*'([^']+)')?")


class _Condition(NamedTuple):
    """Holds for an element when the first of these attributes that it has, in its own order, holds what is looked for."""

    names: frozenset[str]
    search: re.Pattern[str]


class Search:
    """Called with a tree, gives a list of the elements below its root that a compiled XPath expression gives.

    ``first`` is for expressions of which no more than the first element is wanted: the list ends there. ValueError where the
    expression has a form that cannot be read.
    """

    def __init__(self, expression: Any, *, first: bool = False) -> None:
        self._expression = expression
        self.first = first
        self._tags, self._conditions, self._whole = _read_expression(expression.path)
        self._names = tuple(sorted(frozenset[str]().union(*(condition.names for condition in self._conditions))))
        self._searches = [
            re.compile("|".join(condition.search.pattern for condition in self._conditions if name in condition.names)).search
            for name in self._names
        ]
        self._may_hold = functools.lru_cache(REMEMBERED)(self._judge_values)

    def __call__(self, tree: Any) -> Sequence[Any]:
        """The elements in document order."""
        found = self._walk(tree)
        if self._whole and not self.first:
            return list(found)
        head = next(found, None)
        if head is None:
            return []
        return [head] if self._whole else self._expression(tree)

    def _walk(self, tree: Any) -> Iterator[Any]:
        names, may_hold = self._names, self._may_hold
        for element in tree.iterdescendants(*self._tags):
            if may_hold(tuple(map(element.get, names))) and self._holds(element.items()):
                yield element

    def _judge_values(self, values: Sequence[str | None]) -> bool:
        """Whether one of the values is looked for by any condition on its attribute."""
        for value, search in zip(values, self._searches, strict=True):  # noqa: SIM110 - a generator would take as long again
            if value is not None and search(value):
                return True
        return False

    def _holds(self, attributes: Sequence[tuple[str, str]]) -> bool:
        for names, search in self._conditions:
            value = next((value for name, value in attributes if name in names), None)
            if value is not None and search.search(value):
                return True
        return False


def _read_expression(path: str) -> tuple[Sequence[str], Sequence[_Condition], bool]:
    """Names of elements, conditions of which one must hold, and whether that is all the expression says."""
    place, tags = _expect(_START, path, 0).end(), ["*"]
    if listed := _TAGS.match(path, place):
        tags, place = re.findall(r"::(\w+)", listed[1]), listed.end()
    place = _expect(_OPEN, path, place).end()
    patterns: dict[str, list[str]] = {}
    while True:
        names, pattern, place = _read_condition(path, place)
        patterns.setdefault(names, []).append(pattern)
        other = _OR.match(path, place)
        if other is None:
            break
        place = other.end()
    place = _expect(_CLOSE, path, place).end()
    rest = _expect(_REST, path, place)
    conditions = [_make_condition(names, alternatives) for names, alternatives in patterns.items()]
    return tags, conditions, rest[1] is None


def _read_condition(path: str, place: int) -> tuple[str, str, int]:
    """The attributes asked, what is looked for in them as a regular expression, and where the condition ends."""
    if test := _TEST.match(path, place):
        names, pattern, flag = test.groups()
        return names, f"(?i:{pattern})" if flag else f"(?:{pattern})", test.end()
    if part := _SUBSTRING.match(path, place):
        function, names, source, target, value = part.groups()
        letters = dict(zip(target or "", source or "", strict=True))
        pattern = "".join(f"[{letter}{letters[letter]}]" if letter in letters else re.escape(letter) for letter in value)
        return names, r"\A" + pattern if function == "starts-with" else pattern, part.end()
    equal = _expect(_EQUAL, path, place)
    return equal[1], "" if equal[2] is None else rf"\A{re.escape(equal[2])}\Z", equal.end()


def _make_condition(names: str, alternatives: Sequence[str]) -> _Condition:
    return _Condition(frozenset(re.findall(r"@([\w-]+)", names)), re.compile("|".join(alternatives)))


def _expect(pattern: re.Pattern[str], path: str, place: int) -> re.Match[str]:
    match = pattern.match(path, place)
    if match is None:
        raise ValueError(f"not understood from character {place} on: {path}")
    return match


@functools.cache
def install_searches() -> None:
    """Puts searches in place of the expressions that trafilatura prunes a page and finds its text by, once in a process."""
    from trafilatura import xpaths

    for expressions, pairs in zip(_list_expressions(xpaths), find_searches(xpaths), strict=True):
        expressions[:] = [search for _, search in pairs]


def find_searches(xpaths: Any) -> Sequence[Sequence[tuple[Any, Callable[[Any], Any]]]]:
    """For each list of expressions in the module, every expression with a search, or with itself where it cannot be read."""
    return [
        [(expression, _read(expression, first=expressions is xpaths.BODY_XPATH)) for expression in expressions]
        for expressions in _list_expressions(xpaths)
    ]


def _list_expressions(xpaths: Any) -> Sequence[list[Any]]:
    return (
        xpaths.BODY_XPATH,
        xpaths.RAW_TREE_PRUNE_XPATH,
        xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
        xpaths.REMOVE_COMMENTS_XPATH,
        xpaths.OVERALL_DISCARD_XPATH,
        xpaths.TEASER_DISCARD_XPATH,
        xpaths.PRECISION_DISCARD_XPATH,
        xpaths.DISCARD_IMAGE_ELEMENTS,
    )


def _read(expression: Callable[[Any], Any], *, first: bool) -> Callable[[Any], Any]:
    try:
        return Search(expression, first=first)
    except ValueError:
        return expression
