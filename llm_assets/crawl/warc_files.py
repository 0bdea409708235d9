"""Source of WARC files that lie on disk already."""

from __future__ import annotations

from llm_assets.crawl.local_files import LocalFiles


class WarcFiles(LocalFiles):
    """WARC files on this disk."""

    suffixes = (".warc", ".warc.gz")
    kind = "WARC file"
