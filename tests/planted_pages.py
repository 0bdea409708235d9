"""A crawl of a few dozen pages, one of which would like to run a script where it is shown, and one that is dropped."""

from __future__ import annotations

import html
import random
from pathlib import Path

SCRIPT = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
ADDRESS = "ada.lovelace@company-mail.net"
MEMORABLE = "The lighthouse keeper counted eleven grey herons on the breakwater before the evening ferry came in."
"""A sentence that stands in two pages, and nowhere else."""

PLANTED = 1
"""Record of the page that bears SCRIPT in its title and its text."""

SHORT = 2
"""Record of a page that is too short to be kept."""

PAGES = 36
PLANTED_SETTINGS = ["sampling.tokens=4", "sampling.windows=2", "tokenizer.vocabulary=600", "shards.validation_fraction=0.2"]

NOUNS = (
    "river market library orchard harbour mountain theatre railway garden kitchen letter winter baker teacher island bridge window "
    "forest engine painter village doctor evening ladder summer farmer castle singer desert basket lantern cousin sailor meadow"
)
VERBS = (
    "crosses feeds remembers shelters divides surrounds outlives explains carries follows repairs describes measures welcomes "
    "forgets admires protects visits changes gathers"
)
ADJECTIVES = (
    "old quiet northern narrow golden patient crowded distant broken gentle curious wooden hidden famous empty bitter silver "
    "ordinary restless careful"
)


def write_planted_pages(path: Path) -> None:
    """Writes the WARC file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(_record(number) for number in range(PAGES)))


def _record(number: int) -> bytes:
    title = f"Page {number} {SCRIPT}" if number == PLANTED else f"Page {number} about the {NOUNS.split()[number % 30]}"
    draw = random.Random(number)
    paragraphs = [" ".join(write_sentence(draw) for _ in range(5)) for _ in range(3)]
    if number in (PLANTED, PLANTED + 2):
        paragraphs.append(f"{MEMORABLE} Nobody had asked for it, and that was how the evening went.")
    if number == PLANTED:
        paragraphs.append(f"A page may quote {SCRIPT} as an example, and give the address {ADDRESS} of its author.")
    if number == SHORT:
        paragraphs = ["This page has only these few words to say."]
    body = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs)
    page = f"<html lang=en><head><title>{html.escape(title)}</title></head><body><article>{body}</article></body></html>".encode()
    return write_response(f"http://site{number % 3}.example/page/{number}", page)


def write_response(url: str, page: bytes) -> bytes:
    """A record of a WARC file: a page of HTML as a server gave it."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    header = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n"
        f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return header.encode() + block + b"\r\n\r\n"


def write_sentence(draw: random.Random) -> str:
    """A sentence that any filter of prose lets pass."""
    nouns, verbs, adjectives = draw.sample(NOUNS.split(), 4), draw.sample(VERBS.split(), 3), draw.sample(ADJECTIVES.split(), 3)
    return draw.choice(
        (
            f"The {adjectives[0]} {nouns[0]} {verbs[0]} a {nouns[1]} that nobody {verbs[1]}, and so the {nouns[2]} is {adjectives[1]}.",
            f"With every {nouns[0]} and {nouns[1]}, my {adjectives[0]} {nouns[2]} {verbs[0]} those who have to be {adjectives[1]}.",
            f"Of all that {verbs[0]} this {nouns[0]}, only one {adjectives[0]} {nouns[1]} {verbs[1]} {adjectives[1]} {nouns[2]}s.",
            f"A {nouns[0]} {verbs[0]} her {adjectives[0]} {nouns[1]} when it rains; his {nouns[2]} {verbs[1]} a {nouns[3]}.",
        )
    )
