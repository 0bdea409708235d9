"""What an older crawl holds of a site, so that a page that did not change need not be stored again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llm_assets.crawl.files import list_files
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import open_output, read_manifest
from llm_assets.formats.warc import read_headers
from llm_assets.formats.warc_writer import Original


def find_older_files(place: Path, crawl: str) -> list[Path]:
    """WARC files of another crawl, which lies beside ``place``. ConfigError where it was not crawled yet."""
    manifest = read_manifest(place.parent / crawl)
    if manifest is None:
        raise ConfigError(f"since: crawl {crawl!r} is not materialized; `llm-assets status` tells which are")
    files = [file for _, file in list_files(open_output(place.parent / crawl, manifest))]
    return [file for file in files if isinstance(file, Path) and file.name.endswith((".warc", ".warc.gz"))]


def read_originals(paths: Iterable[Path]) -> dict[str, Original]:
    """By URL, the last whole response that these files hold, or point to by a revisit record of their own."""
    found: dict[str, Original] = {}
    for path in paths:
        for fields in read_headers(path):
            kind, url, digest = fields.get("warc-type"), fields.get("warc-target-uri"), fields.get("warc-payload-digest")
            if not url or not digest or "warc-truncated" in fields:
                continue
            if kind == "response":
                found[url] = Original(fields.get("warc-record-id", ""), url, fields.get("warc-date", ""), digest)
            elif kind == "revisit" and "warc-refers-to" in fields:
                target = fields.get("warc-refers-to-target-uri", url)
                found[url] = Original(fields["warc-refers-to"], target, fields.get("warc-refers-to-date", ""), digest)
    return found
