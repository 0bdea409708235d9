"""The newest crawl that Common Crawl tells of.

``GET INDEX/collinfo.json`` answers a JSON list, an object a crawl: ``{"id": "CC-MAIN-2026-42", "name": …, "cdx-api": …}``.
"""

from __future__ import annotations

import json
import re

from urllib3.util.retry import Retry

from llm_assets.crawl.patience import Patience
from llm_assets.crawl.remote import AttemptFailedError, open_remote
from llm_assets.errors import DataError

LISTING = "collinfo.json"
MAX_BYTES = 1 << 22
"""A hundred crawls are told of in 30 kB."""

QUICK = Patience(Retry(2, backoff_factor=1, backoff_max=4, retry_after_max=5), timeout_seconds=8.0)
"""Whoever asks has a minute, and asks again tomorrow."""

_MONTHLY = re.compile(r"CC-MAIN-(20\d\d)-([0-4]\d|5[0-3])")


def find_newest(index_url: str, patience: Patience = QUICK) -> str:
    """Id of the newest crawl, by its year and week. DataError where the listing does not come, or names none."""
    url = index_url + LISTING
    attempts = patience.begin(url)
    while True:
        attempts.pause()
        try:
            told = json.loads(_read(url, patience))
        except AttemptFailedError as error:
            attempts.fail(error, 0)
        except ValueError:
            attempts.fail(AttemptFailedError("the listing is cut off, or no JSON"), 0)
        else:
            break
    names = [str(each.get("id")) for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    known = [name for name in names if _MONTHLY.fullmatch(name)]
    if not known:
        raise DataError("the listing names no crawl such as CC-MAIN-2026-42", url)
    return max(known)


def _read(url: str, patience: Patience) -> bytes:
    arrived = b""
    with open_remote(url, 0, patience.timeout_seconds) as answer:
        for chunk in answer.chunks:
            arrived += chunk
            if len(arrived) > MAX_BYTES:
                raise DataError(f"the listing is longer than {MAX_BYTES:,} bytes", url)
    return arrived
