"""Tells a webhook what a person should look at: a run that failed, a crawl that is unlike those before it.

A POST of JSON with a plain ``text``, as Slack, Mattermost and the like take it, and what the text is made of beside it. The address is a
secret, whoever has it can write there: it comes from the environment, and of it only the host is ever shown.
"""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from llm_assets.display import for_plain_text
from llm_assets.errors import ConfigError

VARIABLE = "LLM_ASSETS_WEBHOOK"
"""The environment variable that holds the address."""

TIMEOUT_SECONDS = 5.0
"""Silence of the receiver, in connecting and in answering."""

_RETRY = Retry(
    2, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None, backoff_factor=1, retry_after_max=10, raise_on_status=False
)
"""Two more attempts after 1 and 2 s, or as the receiver asks, within bounds."""

LONGEST_REASON = 1_000
"""Characters of a reason that are sent."""


@dataclass(frozen=True)
class Notice:
    """What happened: in the words of the headline ("failed"), to which asset and crawl, in which of Dagster's runs, and why."""

    headline: str
    asset: str | None
    crawl: str | None
    run_id: str | None
    link: str | None
    reason: str

    def to_json(self) -> dict[str, str | None]:
        """The fields, and ``text``. Everything has passed the redactor, and nothing in the text is markup or a mention."""
        said = {name: for_plain_text(value, LONGEST_REASON) if value else None for name, value in asdict(self).items()}
        where = f"{said['asset'] or ''}[{said['crawl']}]" if said["crawl"] else said["asset"]
        parts = [f"{where}: {said['headline']}" if where else said["headline"], said["reason"], said["link"]]
        text = html.escape("\n".join(part for part in parts if part), quote=False)
        return {"text": text.replace("@", "@\u200b"), **said}


class NotDeliveredError(Exception):
    """The receiver did not take a notice; says why, without the address."""


def send_notice(notice: Notice, address: str) -> None:
    """Posts a notice.

    Raises:
        ConfigError: the address is no http(s) URL.
        NotDeliveredError: the receiver cannot be reached, is too slow, or refuses.
    """
    if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
        raise ConfigError(f"{VARIABLE}: the address of a webhook is wanted, https://…")
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=_RETRY))
        try:
            answer = session.post(address, json=notice.to_json(), timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as error:  # its text holds the address
            raise NotDeliveredError(f"the webhook at {hide_path(address)} does not answer ({type(error).__name__})") from None
    if not answer.ok or answer.is_redirect:
        raise NotDeliveredError(f"the webhook at {hide_path(address)} answers {answer.status_code} {answer.reason}")


def hide_path(address: str) -> str:
    """What may be shown of an address that is a secret.

    >>> hide_path("https://ada:pw@hooks.example:8443/services/T0/B1/secret?key=1")
    'https://hooks.example:8443/…'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"
