"""Two engines that hold each other to account: trafilatura's rules, and resiliparse's pass over the tree as a second opinion.

Trafilatura is precise, but now and then takes a teaser for the article or loses sections of it; resiliparse finds nearly all of
the main text, and some of the page around it. Where they agree, which is on four pages of five, trafilatura's quickest and
strictest reading will do; where they do not, it reads the page again, less strictly and with its own second opinions. Of what
resiliparse alone has found, prose between lines that both found is put back, and so is the lead between them and the headline;
where that is nearly as much new prose as there is text, resiliparse's text is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from llm_assets.extract.engines.comparison import Comparison, Line, compare_lines, find_shared_fraction, split_lines, split_words
from llm_assets.extract.engines.resiliparse import extract_with_resiliparse
from llm_assets.extract.engines.settings import EngineSettings
from llm_assets.extract.engines.trafilatura import extract_from_tree, parse_page

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
    opinion = split_lines(extract_with_resiliparse(html, settings.model_copy(update={"favour": "balanced"})))
    tree = parse_page(html, settings.max_depth)
    text, comparison = "", Comparison((), 0)
    for reading in _plan_readings(settings):
        text = extract_from_tree(tree, reading)
        comparison = compare_lines(opinion, text)
        if find_shared_fraction(opinion, comparison.matches) >= AGREED_FRACTION:
            break
    return _blend(text, opinion, comparison, [element.text_content() for element in islice(tree.iter("title", "h1"), _HEADLINES)])


def blend_texts(text: str, opinion: str, headlines: Sequence[str] = ()) -> str:
    r"""``text`` with what it lacks of ``opinion``, or ``opinion`` where that is nearly all.

    >>> first, lost = "This is the first of two lines that both engines found.", "This long line was found by no more than one of them."
    >>> last = "Here the article comes to an end, as all good articles do at last."
    >>> blend_texts(f"{first}\n{last}", f"Menu\n{first}\n{lost} Too bad.\n{last}\nImprint").split("\n")[1]
    'This long line was found by no more than one of them. Too bad.'
    """
    lines = split_lines(opinion)
    return _blend(text, lines, compare_lines(lines, text), headlines)


def _plan_readings(settings: EngineSettings) -> Iterator[EngineSettings]:
    yield settings.model_copy(update={"fast": True})
    if not settings.fast:
        yield settings.model_copy(update={"favour": "balanced"} if settings.favour == "precision" else {})


def _blend(text: str, opinion: Sequence[Line], comparison: Comparison, headlines: Sequence[str]) -> str:
    pairs = list(zip(opinion, comparison.matches, strict=True))
    found = [number for number, match in enumerate(comparison.matches) if match.is_found]
    missed = sum(len(line.words) * (1 - match.shared / len(line.shingles)) for line, match in pairs if line.is_prose)
    if not text.strip() or (found and missed > MISSED_RATIO * comparison.words):
        return "\n".join(line.text for line in opinion)
    if not found:
        return text
    gaps: defaultdict[int, list[str]] = defaultdict(list)
    place = 0
    for line, match in pairs[found[0] : found[-1]]:
        if match.is_found:
            place = match.place
        elif line.is_prose:
            gaps[place].append(line.text)
    body = [part for number, line in enumerate(text.split("\n")) for part in (line, *gaps[number])]
    return "\n".join([*_find_lead(opinion[: found[0]], headlines), *body])


def _find_lead(lines: Sequence[Line], headlines: Sequence[str]) -> list[str]:
    """The prose after the last of these lines that is a headline."""
    wanted = [_normalise(split_words(headline)) for headline in headlines]
    for number in range(len(lines) - 1, -1, -1):
        if len(lines[number].words) >= HEADLINE_WORDS and any(_normalise(lines[number].words) in headline for headline in wanted):
            return [line.text for line in lines[number + 1 :] if line.is_prose]
    return []


def _normalise(words: Sequence[str]) -> str:
    return f" {' '.join(words).lower()} "
