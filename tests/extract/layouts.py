"""Pages in the layouts of the web, and the main text that each holds: a measure of the engines that needs no data from elsewhere."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

NOUNS = ["river", "bridge", "harbour", "mill", "orchard", "valley", "tower", "market", "garden", "road", "school", "village", "train"]
VERBS = ["crosses", "follows", "shelters", "divides", "remembers", "supports", "surrounds", "feeds", "joins", "leaves", "outlives"]
ADJECTIVES = ["old", "quiet", "broad", "narrow", "famous", "forgotten", "northern", "stone", "wooden", "restored", "flooded", "sunlit"]
NAVIGATION = "".join(f'<li><a href="/{name}">{name.title()}</a></li>' for name in ("home", "news", "sport", "travel", "contact"))
RELATED = "".join(
    f'<li><a href="/{number}">More about the {noun} and the {noun}s of others</a></li>' for number, noun in enumerate(NOUNS[:8])
)
COMMENT = '<div class="comment"><p>{} says: I have seen it myself, and it was nothing like that at all, whatever they tell you.</p></div>'
FOOTER = '<div id="footer"><p>Copyright 2020 by the owners of this site. All rights reserved. Terms of use and privacy policy.</p></div>'


class Layout(NamedTuple):
    """A page and its main text, a paragraph a line."""

    html: str
    text: str


def make_layouts() -> Iterator[Layout]:
    """Each layout a few times, with other words."""
    for seed in range(4):
        draw = random.Random(seed)
        for layout in (_make_blog, _make_news, _make_manual, _make_breaks, _make_forum, _make_sections):
            yield layout(draw)


def _say(draw: random.Random, sentences: int) -> str:
    return " ".join(
        f"The {draw.choice(ADJECTIVES)} {draw.choice(NOUNS)} {draw.choice(VERBS)} a {draw.choice(ADJECTIVES)} {draw.choice(NOUNS)},"
        f" and the {draw.choice(NOUNS)} {draw.choice(VERBS)} its {draw.choice(NOUNS)} since {draw.randrange(1700, 2000)}."
        for _ in range(sentences)
    )


def _page(title: str, body: str) -> str:
    return f"<!doctype html><html lang=en><head><title>{title} | Site</title></head><body>{body}</body></html>"


def _paragraphs(texts: Sequence[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def _make_blog(draw: random.Random) -> Layout:
    texts = [_say(draw, 3) for _ in range(5)]
    body = (
        f'<div id="nav"><ul>{NAVIGATION}</ul></div><div class="post"><h1>On the river and what it left</h1>'
        f'<div class="entry-content">{_paragraphs(texts)}</div><div class="tags">Filed under: <a href="/t">rivers</a></div>'
        f'<div id="comments">{COMMENT.format("Ann") * 3}</div></div><div class="sidebar"><ul>{RELATED}</ul></div>{FOOTER}'
    )
    return Layout(_page("On the river and what it left", body), "\n".join(["On the river and what it left", *texts]))


def _make_news(draw: random.Random) -> Layout:
    lead, *texts = [_say(draw, 2) for _ in range(6)]
    body = (
        f"<header><nav><ul>{NAVIGATION}</ul></nav></header><main><article><h1>Flood reaches the old market town</h1>"
        f'<div class="teaser">{lead}</div><div class="byline">By A. Reporter</div>{_paragraphs(texts)}'
        f'<div class="related"><h3>More on this</h3><ul>{RELATED}</ul></div></article></main>{FOOTER}'
    )
    return Layout(_page("Flood reaches the old market town", body), "\n".join(["Flood reaches the old market town", lead, *texts]))


def _make_manual(draw: random.Random) -> Layout:
    parts = [(f"{draw.choice(NOUNS).title()} settings", _say(draw, 2), [_say(draw, 1) for _ in range(3)]) for _ in range(4)]
    sections = "".join(
        f"<h2>{head}</h2><p>{text}</p><ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>" for head, text, items in parts
    )
    body = f'<div class="toc"><ul>{NAVIGATION}</ul></div><div id="content"><h1>How it is set up</h1>{sections}</div>{FOOTER}'
    lines = [line for head, text, items in parts for line in (head, text, *items)]
    return Layout(_page("How it is set up", body), "\n".join(["How it is set up", *lines]))


def _make_breaks(draw: random.Random) -> Layout:
    texts = [_say(draw, 3) for _ in range(4)]
    body = f"<table><tr><td>{NAVIGATION}</td><td><font face=Arial>{'<br><br>'.join(texts)}</font></td></tr></table>{FOOTER}"
    return Layout(_page("My page about bridges", body), "\n".join(texts))


def _make_forum(draw: random.Random) -> Layout:
    texts = [_say(draw, 3) for _ in range(4)]
    posts = "".join(f'<div class="message-body"><div class="postbody"><p>{text}</p></div></div>' for text in texts)
    body = f'<div class="breadcrumb">{NAVIGATION}</div><h1>Which mill is the oldest</h1><div class="thread">{posts}</div>{FOOTER}'
    return Layout(_page("Which mill is the oldest", body), "\n".join(["Which mill is the oldest", *texts]))


def _make_sections(draw: random.Random) -> Layout:
    parts = [(f"Why the {draw.choice(NOUNS)} matters", _say(draw, 3)) for _ in range(5)]
    sections = "".join(f'<section class="block"><h2>{head}</h2><div><p>{text}</p></div></section>' for head, text in parts)
    body = f"<header><ul>{NAVIGATION}</ul></header><h1>Everything about harbours</h1>{sections}<footer>{FOOTER}</footer>"
    return Layout(
        _page("Everything about harbours", body), "\n".join(["Everything about harbours", *(line for part in parts for line in part)])
    )
