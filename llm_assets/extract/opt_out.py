"""What a page's author says against its use: ``noai`` and ``noimageai`` of DeviantArt, and the W3C's TDM reservation.

They stand in the HTTP header or in a ``<meta>`` of the page, and hold whoever they are addressed to (``GPTBot: noai``): the
crawler that fetched a page is not the one who trains on it. A tag that was commented out counts too, in the author's favour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from llm_assets.extract.head import read_metas
from llm_assets.extract.mime import HTML_TYPES
from llm_assets.extract.rejection import Rejection
from llm_assets.formats.warc import WarcRecord
from llm_assets.section import Section

Signal = Literal["noai", "noimageai", "tdm-reservation"]

SIGNALS: tuple[str, ...] = get_args(Signal)
HEAD_BYTES = 1 << 18
"""How far into a page its tags are looked for."""

_TDM = "tdm-reservation"
_RAW_SIGNALS = tuple(signal.encode() for signal in SIGNALS)


class OptOuts(Section):
    """Whether pages are read whose authors object. What they say is in ``records`` in any case."""

    reject: tuple[Signal, ...] = ()
    """Signals that keep a page from being read: ``noai`` (robots tag, no use for AI), ``noimageai`` (the same, of its images),
    ``tdm-reservation`` (W3C: text and data mining reserved)."""


def find_opt_outs(record: WarcRecord, mime: str) -> Mapping[str, str]:
    """The signals of a document in the order of :data:`SIGNALS`, each with the place where it stands first."""
    found: dict[str, str] = {}
    for signal, place in _iterate_signals(record, mime):
        found.setdefault(signal, place)
    return {signal: found[signal] for signal in SIGNALS if signal in found}


def refuse_opt_outs(found: Mapping[str, str], opt_outs: OptOuts) -> Rejection | None:
    """Why a document with these signals is not to be read, or None."""
    for signal, place in found.items():
        if signal in opt_outs.reject:
            return Rejection(f"opt_out.{signal.replace('-', '_')}", 1, high=0, detail=place)
    return None


def _iterate_signals(record: WarcRecord, mime: str) -> Iterator[tuple[str, str]]:
    for signal in _read_robots(record.headers.get("x-robots-tag", "")):
        yield signal, "header x-robots-tag"
    if _is_reserved(record.headers.get(_TDM, "")):
        yield _TDM, f"header {_TDM}"
    if mime not in HTML_TYPES:
        return
    # Zeros go, so that what is said in UTF-16 is heard.
    head = record.payload[:HEAD_BYTES].replace(b"\0", b"").lower()
    if not any(signal in head for signal in _RAW_SIGNALS):
        return
    for name, content in read_metas(head.decode("latin-1")):
        if name == "robots" or name.endswith("bot"):
            for signal in _read_robots(content):
                yield signal, "meta robots"
        elif name == _TDM and _is_reserved(content):
            yield _TDM, f"meta {_TDM}"


def _read_robots(value: str) -> Iterator[str]:
    """Those of the signals that a list of robots' directives holds; a robot's name may stand before them.

    >>> list(_read_robots("noindex, GPTBot: NoAI, noimageai"))
    ['noai', 'noimageai']
    """
    for word in re.split(r"[,;:\s]+", value.lower()):
        if word in SIGNALS and word != _TDM:
            yield word


def _is_reserved(value: str) -> bool:
    return "1" in (part.strip() for part in value.split(","))
