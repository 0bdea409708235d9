"""A catalog of a few documents with every fate, some of whose pages would like to take the report over."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from llm_assets.catalog import build_catalog, open_catalog
from llm_assets.formats.doc import format_doc, make_doc
from llm_assets.formats.parquet import write_rows
from llm_assets.quality.signals import SIGNALS
from llm_assets.recipe import parse_recipe
from llm_assets.shelves import CRAWLS, SHELVES

RECIPE = parse_recipe("[filters.gopher_quality]\nmin_words = 20\n[filters.c4]\n[filters.gopher_quality.by_language.de]\nmin_words = 30\n")
PLANTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1)) ![y](https://tracker.test/p.png) <https://auto.test> https://bare.test www.bare.test",
    "| a | b |\n|---|---|\n# heading `code` **bold**",
    "\x1b[31m\x00\x07\u202eevil\u200b ada@mail.test call (212) 555-0187",
    "{{ 7 * 7 }} {% raw %} </style></title></blockquote> &lt;b&gt;",
    "' onload='alert(1) </svg><svg onload=alert(1)>",
)
WORDS = (5.0, 10.0, 15.0, 200.0, 400.0, 800.0, 1600.0)
"""Words of each planted page: the first three break the bound."""


def key(number: int) -> int:
    return make_doc(0, 0, number)


def fill_catalog(folder: Path) -> duckdb.DuckDBPyConnection:
    """A catalog whose pages bear PLANTS in URL, title and text; the last passing one is a copy."""
    numbers = range(len(PLANTS))
    urls = [f"https://site{n % 3}.test/{plant}" for n, plant in enumerate(PLANTS)]
    good = {"mean_word_length": 5.0, "alpha_word_fraction": 1.0, "stop_words": 8.0, "sentences": 12.0}
    measured = dict.fromkeys(SIGNALS.names, 0.0) | good | {"language": "en", "language_score": 0.9}
    record = {"offset": 0, "length": 9, "status": 200, "mime": "text/html", "type": "response", "date": "2026-01-01T00:00:00Z"}
    fallen = [n for n in numbers if WORDS[n] < 20]
    passed = [n for n in numbers if n not in fallen]
    *kept, copy = passed
    low = {"stage": "filtered_docs", "rule": "gopher_quality.words", "low": 20.0, "high": 100_000.0}
    near = {"doc": key(copy), "stage": "deduped_docs", "rule": "near", "value": 0.97, "low": 0.5, "detail": format_doc(key(kept[0]))}
    base = {"dump": "pages", "file_path": "0.warc", "language": "en", "language_score": 0.9, "text": "a"}
    rows = {
        "records": [{**record, "doc": key(n), "url": urls[n]} for n in numbers],
        "texts": [{"doc": key(n), "url": urls[n], "title": PLANTS[n], "text": f"{PLANTS[n]} text"} for n in numbers],
        "signals": [{**measured, "doc": key(n), "words": WORDS[n]} for n in numbers],
        "passed": [{"doc": key(n)} for n in passed],
        "survivors": [{"doc": key(n), "family": key(n), "cluster_size": 1} for n in kept],
        "duplicates": [{"doc": key(copy), "elder": key(kept[0]), "kind": "near", "similarity": 0.97, "removed": True}],
        "corpus": [{**base, "doc": key(n), "id": format_doc(key(n)), "url": "u"} for n in kept],
        "findings": [{"doc": key(kept[0]), "field": "text", "kind": "email", "start": 0, "end": 9}],
        "places": [{"doc": key(n), "split": "train", "shard": 0, "start": 0, "length": 40} for n in kept],
        "rejections": [{**low, "doc": key(n), "value": WORDS[n]} for n in fallen] + [near],
    }
    shelves = {}
    for name, (schema, _) in SHELVES.items():
        write_rows(folder / f"{name}.parquet", rows.get(name, []), schema)
        shelves[name] = (schema, [folder / f"{name}.parquet"])
    crawl = {"sequence": 0, "crawl": "pages", "source": "warc_files", "enabled": True}
    build_catalog(folder / "catalog.duckdb", shelves, {"crawls": pa.Table.from_pylist([crawl], schema=CRAWLS)})
    return open_catalog(folder / "catalog.duckdb")
