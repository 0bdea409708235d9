"""Writes a crawl's exchanges into WARC files of even size."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llm_assets.crawl.fetch import USER_AGENT, Exchange
from llm_assets.formats.warc_writer import WarcWriter


def record_crawl(exchanges: Iterable[Exchange], folder: Path, date: str, file_bytes: int) -> list[Path]:
    """Writes ``00000.warc.gz`` and following in ``folder``, each ended once it holds ``file_bytes`` uncompressed."""
    info = {"software": USER_AGENT, "format": "WARC File Format 1.1", "robots": "obey"}
    paths: list[Path] = []
    writer: WarcWriter | None = None
    try:
        for exchange in exchanges:
            if writer is None or writer.raw_bytes >= file_bytes:
                if writer is not None:
                    writer.close()
                paths.append(folder / f"{len(paths):05d}.warc.gz")
                writer = WarcWriter(paths[-1], date, info)
            writer.write_exchange(exchange.url, exchange.request, exchange.response, exchange.cut)
    finally:
        if writer is not None:
            writer.close()
    return paths
