"""What comes of every record of a file: refused unread, known from before, or read in a child process."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from llm_assets.extract.config import Extraction
from llm_assets.extract.opt_out import OptOuts, find_opt_outs, refuse_opt_outs
from llm_assets.extract.page import Outcome, is_document, make_page, read_page, refuse_record
from llm_assets.extract.prescreen import Prescreen
from llm_assets.extract.reuse import Earlier, digest_page
from llm_assets.extract.sandbox import Sandbox
from llm_assets.extract.url_filter import UrlJudge
from llm_assets.formats.warc import WarcRecord


@dataclass(frozen=True)
class Rules:
    """The sections that decide on a document once its URL has passed."""

    opt_outs: OptOuts
    prescreen: Prescreen
    extraction: Extraction


class Found(NamedTuple):
    """A record, and what came of it; ``outcome`` and ``opt_outs`` are None where it is no document.

    ``digest`` is of a page that passed all that is decided before reading; ``reused`` says that it was not read again.
    """

    record: WarcRecord
    outcome: Outcome | None = None
    opt_outs: tuple[str, ...] | None = None
    digest: bytes | None = None
    reused: bool = False


def read_documents(
    records: Iterable[WarcRecord], judge: UrlJudge, rules: Rules, earlier: Earlier, number: Callable[[WarcRecord], int]
) -> Iterator[Found]:
    """Every record in order, with what came of it. ``number`` gives the key of a record, by which ``earlier`` is asked."""
    with Sandbox(rules.extraction, functools.partial(read_page, prescreen=rules.prescreen)) as sandbox:
        for record in records:
            if not is_document(record):
                yield Found(record)
                continue
            page = make_page(record)
            signals = find_opt_outs(record, page.mime)
            refusal = refuse_record(record, judge, rules.extraction) or refuse_opt_outs(signals, rules.opt_outs)
            if refusal is not None:
                yield Found(record, refusal, tuple(signals))
                continue
            digest = digest_page(page)
            known = earlier.find(number(record), digest)
            outcome = sandbox.read(page) if known is None else known
            yield Found(record, outcome, tuple(signals), digest, known is not None)
