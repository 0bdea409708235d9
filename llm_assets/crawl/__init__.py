"""Crawls: where raw pages come from. A source is one file and one line in this table."""

from llm_assets.crawl.common_crawl import CommonCrawl
from llm_assets.crawl.python_docs import PythonDocs
from llm_assets.crawl.ready_text import JsonLines, ParquetFiles
from llm_assets.crawl.site.source import Site
from llm_assets.crawl.source import Source
from llm_assets.crawl.warc_files import WarcFiles

SOURCES: dict[str, type[Source]] = {
    "warc_files": WarcFiles,
    "python_docs": PythonDocs,
    "site": Site,
    "jsonl": JsonLines,
    "parquet": ParquetFiles,
    "common_crawl": CommonCrawl,
}
