"""Source of web archives that lie on disk already: WARC, WET (text that others extracted) and ARC."""

from __future__ import annotations

from llm_assets.crawl.local_files import LocalFiles


class WarcFiles(LocalFiles):
    """WARC, WET and ARC files on this disk."""

    suffixes = (".warc", ".warc.gz", ".warc.wet", ".warc.wet.gz", ".arc", ".arc.gz")
    kind = "WARC file"
