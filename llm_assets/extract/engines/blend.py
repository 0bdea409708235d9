"""Two engines that hold each other to account: trafilatura's rules, and resiliparse's pass over the tree as a second opinion.

Trafilatura is precise, but now and then takes a teaser for the article or loses sections of it; resiliparse finds nearly all of
the main text, and some of the page around it. Where they agree, which is on four pages of five, trafilatura's quickest and
strictest reading will do; where they do not, it reads the page again, less strictly and with its own second opinions. Of what
resiliparse alone has found, prose between lines that both found is put back, and so is the lead between them and the headline;
where that is nearly as much new prose as there is text, resiliparse's text is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from llm_assets.extract.engines.comparison import Comparison, Lines, split_words
from llm_assets.extract.engines.resiliparse import extract_with_resiliparse
from llm_assets.extract.engines.settings import EngineSettings
from llm_assets.extract.engines.trafilatura import extract_from_tree, is_quickest, parse_page, prune_tree

AGREED_FRACTION = 0.5
"""Share of the second opinion's shingles that a text must have for the two to agree."""

MISSED_RATIO = 0.8
"""New prose, in words for each word of trafilatura's, beyond which trafilatura has missed the main text."""

HEADLINE_WORDS = 3
"""Words a line must have to be taken for the headline, all of them in a row in the page's title or one of its first headings."""

_HEADLINES = 4


def extract_with_blend(html: str, settings: EngineSettings) -> str:
    """Main text of a page, one block a line; comments are left out.

    ``favour`` is what trafilatura is told first. ``fast`` leaves out its second reading where the engines disagree.
    """
    opinion = Lines(extract_with_resiliparse(html, settings.model_copy(update={"favour": "balanced"})))
    tree = parse_page(html, settings.max_depth)
    headlines = [element.text_content() for element in islice(tree.iter("title", "h1"), _HEADLINES)]
    first = settings.model_copy(update={"fast": True})
    if is_quickest(first):
        prune_tree(tree)
    text = extract_from_tree(tree, first)
    comparison = opinion.compare(text)
    if not settings.fast and comparison.find_fraction(opinion) < AGREED_FRACTION:
        if is_quickest(first):
            tree = parse_page(html, settings.max_depth)
        second = settings.model_copy(update={"favour": "balanced"}) if settings.favour == "precision" else settings
        text = extract_from_tree(tree, second)
        comparison = opinion.compare(text)
    return _blend(text, opinion, comparison, headlines)


def blend_texts(text: str, opinion: str, headlines: Sequence[str] = ()) -> str:
    r"""``text`` with what it lacks of ``opinion``, or ``opinion`` where that is nearly all.

    >>> first, lost = "This is the first of two lines that both engines found.", "This long line was found by no more than one of them."
    >>> last = "Here the article comes to an end, as all good articles do at last."
    >>> blend_texts(f"{first}\n{last}", f"Menu\n{first}\n{lost} Too bad.\n{last}\nImprint").split("\n")[1]
    'This long line was found by no more than one of them. Too bad.'
    """
    lines = Lines(opinion)
    return _blend(text, lines, lines.compare(text), headlines)


def _blend(text: str, opinion: Lines, comparison: Comparison, headlines: Sequence[str]) -> str:
    found = comparison.found.nonzero()[0]
    prose = opinion.is_prose
    missed = (opinion.words[prose] * (1 - comparison.shared[prose] / opinion.shingles[prose])).sum()
    if not text.strip() or (len(found) and missed > MISSED_RATIO * comparison.words):
        return "\n".join(opinion.texts)
    if not len(found):
        return text
    first, last = int(found[0]), int(found[-1])
    gaps: defaultdict[int, list[str]] = defaultdict(list)
    place = 0
    for number in range(first, last):
        if comparison.found[number]:
            place = int(comparison.places[number])
        elif prose[number]:
            gaps[place].append(opinion.texts[number])
    body = [part for number, line in enumerate(text.split("\n")) for part in (line, *gaps[number])]
    return "\n".join([*_find_lead(opinion, first, headlines), *body])


def _find_lead(lines: Lines, end: int, headlines: Sequence[str]) -> list[str]:
    """The prose before line ``end`` and after the last line before it that is a headline."""
    wanted = [_normalise(headline) for headline in headlines]
    for number in range(end - 1, -1, -1):
        if lines.words[number] >= HEADLINE_WORDS and any(_normalise(lines.texts[number]) in headline for headline in wanted):
            return [lines.texts[after] for after in range(number + 1, end) if lines.is_prose[after]]
    return []


def _normalise(text: str) -> str:
    return f" {' '.join(split_words(text)).lower()} "
