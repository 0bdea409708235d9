"""Whether four numbers with dots between them count something (a version, a section) rather than address a host."""

from __future__ import annotations

import re

_STRONG = """
version versions versión versione ver vers v release releases rel revision revisions rev build builds patch firmware driver
drivers kernel update updates upgrade hotfix bios section sections subsection sección sezione sec sect chapter chapters
capítulo capitolo chapitre kapitel chap ch clause clauses article articles artikel art paragraph paragraphs para par part
abschnitt ziffer figure figures fig appendix annex requirement exercise exercises theorem lemma definition equation eq oid
windows java jdk jre python chrome chromium firefox safari android ios macos linux ubuntu debian acrobat photoshop oracle
mysql postgresql drupal wordpress joomla magento php apache tomcat weblogic websphere itunes skype
"""
_WEAK = """
see cf under per no nr table tables tab item items rule rules step steps req ex opera edge office reader player flash database db2
"""
_FILLERS = frozenset(["database", "number", "no", "nr", "is", "was", "of"])
_SMALL_FILLERS = _FILLERS | {"from", "to"}

_NUMBERED = frozenset(_STRONG.split())
"""Words that versions and sections follow, and products that bear a version without the word."""

_NUMBERED_SMALL = _NUMBERED | frozenset(_WEAK.split())
"""The same for small numbers; addresses follow these as well."""

_LETTERS = re.compile(r"[^\W\d_]+2?")
_GLUE = " \t\u00a0.:=\"'“‘([{<>~^*_|-≥≤"
_OPERATOR = re.compile(r"(?:[=~!<>]=|~>|\^|#|§)[ \u00a0]?\Z")
_PRODUCT = re.compile(r"(?:\A|[\s(;,])[A-Za-z][\w-]*/\Z")
_TITLE = re.compile(r"[ \t\u00a0]+([^\W\d_])")
_JOINER = re.compile(r"\s*(?:[,;/&–—-]|(?:,\s?)?(?:and|or|to|through|until|und|bis|et)\s)\s*", re.IGNORECASE)

_CONTEXT = 48
"""Characters before a number that may say what it is."""

_SMALL = 32
"""Four parts all below it: one address in four thousand, but nearly every section. Weaker signs then tell against an address."""


def is_numbering(text: str, start: int, end: int) -> bool:
    """Whether the words around ``text[start:end]``, four dotted numbers, make it a version or a section.

    >>> is_numbering("Oracle Database 11.2.0.4", 16, 24), is_numbering("from host 11.2.0.4", 10, 18)
    (True, False)
    """
    before = text[max(0, start - _CONTEXT) : start]
    if _OPERATOR.search(before) or (before.endswith("/") and _PRODUCT.search(before)):
        return True
    small = max(map(int, text[start:end].split("."))) < _SMALL
    return _is_called(before, small) or (small and _is_heading(text, start, end))


def is_same_list(text: str, number_end: int | None, start: int) -> bool:
    """Whether only a comma, a dash, an "and" stand between a known number and the next: "versions 1.2.3.4 and 1.2.3.5"."""
    return number_end is not None and start - number_end <= 12 and _JOINER.fullmatch(text, number_end, start) is not None


def _is_called(before: str, small: bool) -> bool:
    """Whether the last word, but for punctuation, is one that numbers follow."""
    stem = before.rstrip(_GLUE)
    words = [(match[0].lower(), match.end()) for match in _LETTERS.finditer(stem)][-2:]
    if not words or words[-1][1] != len(stem):
        return False
    numbered, fillers = (_NUMBERED_SMALL, _SMALL_FILLERS) if small else (_NUMBERED, _FILLERS)
    word = words[-1][0]
    if word in numbered or word.endswith("version"):
        return True
    return len(words) == 2 and word in fillers and words[0][0] in numbered


def _is_heading(text: str, start: int, end: int) -> bool:
    """Whether the number opens a line that goes on as a title: "3.1.2.1 Overview"."""
    line = text[max(0, start - _CONTEXT) : start].rpartition("\n")
    if line[2].strip(" \t\u00a0#*") or (not line[1] and start > _CONTEXT):
        return False
    title = _TITLE.match(text, end)
    return title is not None and not title[1].islower()
