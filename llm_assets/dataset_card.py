"""A dataset card in Hugging Face's form: what a corpus holds, how it was made, what was taken out, and what that does not promise.

Names and hosts come from pages and from people: whatever is not this project's own is redacted and escaped on its way in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_assets import __version__
from llm_assets.display import for_markdown
from llm_assets.plan import ASSETS
from llm_assets.quality.bounds import Bound, list_bounds
from llm_assets.recipe import Recipe

Row = Mapping[str, Any]

CORPUS_ASSET = "pii_scrubbed_corpus"

COLUMNS = {
    "text": "the document, cleaned, personal data replaced",
    "id": "its key as text: crawl, file and record number",
    "dump": "the crawl",
    "url": "its address, personal data replaced",
    "date": "when it was crawled (ISO 8601)",
    "file_path": "the file it was read from",
    "language": "its language, as the identifier tells",
    "language_score": "how sure the identifier is, 0 to 1",
    "title": "its title, personal data replaced; may be null",
    "doc": "its key as a number, by which the corpus is sorted",
}
"""What each column of the corpus is."""

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"), (10**8, "10M<n<100M"),
          (10**9, "100M<n<1B"), (10**10, "1B<n<10B"), (10**11, "10B<n<100B"), (10**12, "100B<n<1T"))  # fmt: skip
_LARGEST = "n>1T"
_LANGUAGE_CODE = re.compile(r"(?!und)[a-z]{2,3}")


@dataclass(frozen=True)
class CorpusCounts:
    """What is counted of a corpus.

    ``languages``: rows of crawl, language, documents, text_bytes; ``hosts``: rows of host, documents, the most frequent first;
    ``redactions``: how many values of each kind were replaced.
    """

    languages: Sequence[Row]
    hosts: Sequence[Row]
    redactions: Mapping[str, int]

    @property
    def documents(self) -> int:
        """Documents in all."""
        return sum(row["documents"] for row in self.languages)

    @property
    def text_bytes(self) -> int:
        """Bytes of text in all."""
        return sum(row["text_bytes"] for row in self.languages)


def write_card(recipe: Recipe, counts: CorpusCounts) -> str:
    """The card: a head in YAML, then Markdown."""
    sections = (_head(counts), _summary(counts), _contents(counts), _making(recipe), _personal_data(recipe, counts), _rights())
    return "\n".join(line for section in sections for line in (*section, ""))


def _head(counts: CorpusCounts) -> Iterator[str]:
    """What the Hub reads. Strings are written as JSON has them, which YAML reads as well."""
    crawls = _crawls(counts)
    languages = sorted({row["language"] for row in counts.languages if _LANGUAGE_CODE.fullmatch(row["language"])})
    yield "---"
    yield f"pretty_name: {json.dumps(f'Web corpus of {len(crawls)} ' + ('crawl' if len(crawls) == 1 else 'crawls'))}"
    if languages:
        yield f"language: {json.dumps(languages)}"
    yield "license: unknown"
    yield 'task_categories: ["text-generation"]'
    yield f"size_categories: {json.dumps([next((size for limit, size in _SIZES if counts.documents < limit), _LARGEST)])}"
    yield "configs:"
    for name, pattern in [("default", "data/*/*.parquet"), *((crawl, f"data/{crawl}/*.parquet") for crawl in crawls if crawl != "default")]:
        yield f"- config_name: {json.dumps(name)}"
        yield "  data_files:"
        yield "  - split: train"
        yield f"    path: {json.dumps(pattern)}"
    yield "---"


def _crawls(counts: CorpusCounts) -> list[str]:
    return list(dict.fromkeys(row["crawl"] for row in counts.languages))


def _summary(counts: CorpusCounts) -> Iterator[str]:
    yield "# Web corpus"
    yield ""
    yield (
        f"{counts.documents:,} documents, {counts.text_bytes / 1e6:,.1f} MB of text, from {', '.join(map(for_markdown, _crawls(counts)))}. "
        f"Made by llm-assets {__version__}."
    )
    yield ""
    yield "```python"
    yield "from datasets import load_dataset"
    yield ""
    yield 'corpus = load_dataset("parquet", data_files="data/*/*.parquet", split="train", streaming=True)'
    yield "```"


def _contents(counts: CorpusCounts) -> Iterator[str]:
    yield "## What it holds"
    yield ""
    rows = ((row["crawl"], row["language"], f"{row['documents']:,}", f"{row['text_bytes']:,}") for row in counts.languages)
    yield from _table(("crawl", "language", "documents", "bytes of text"), rows)
    yield ""
    yield "The most frequent hosts:"
    yield ""
    yield from _table(("host", "documents"), ((row["host"], f"{row['documents']:,}") for row in counts.hosts))
    yield ""
    yield "The columns, FineWeb's first:"
    yield ""
    yield from _table(("column", "what it is"), COLUMNS.items())


def _making(recipe: Recipe) -> Iterator[str]:
    yield "## How it was made"
    yield ""
    yield (
        "The main text of each page was extracted, its lines cleaned, and the document kept where every measurement lies within the "
        "bounds below; of copies and near copies the first one seen stays. The recipe, with every default resolved:"
    )
    yield ""
    yield from _table(("section", "key", "value"), _settings(recipe))
    yield ""
    yield "### Bounds"
    yield ""
    bounds = [(rule, bound.language or "", _tell_bound(bound)) for _, rule, bound in list_bounds(recipe.filters)]
    yield from _table(("rule", "language", "keeps"), bounds) if bounds else iter(["No filter is on."])


def _settings(recipe: Recipe) -> Iterator[tuple[str, str, str]]:
    """Sections that decide what the corpus holds; the filters' keys are told as bounds."""
    values = recipe.model_dump(mode="json")
    assets = list(ASSETS)
    until = assets[: assets.index(CORPUS_ASSET) + 1]
    for section in dict.fromkeys(section for asset in until for section in ASSETS[asset].sections if section != "filters"):
        yield from ((section, key, json.dumps(value, ensure_ascii=False)) for key, value in values[section].items())


def _tell_bound(bound: Bound) -> str:
    ends = []
    if bound.low is not None:
        ends.append(f"{'>' if bound.low_open else '≥'} {bound.low:g}")
    if bound.high is not None:
        ends.append(f"{'<' if bound.high_open else '≤'} {bound.high:g}")
    return f"{bound.signal} {' and '.join(ends)}"


def _personal_data(recipe: Recipe, counts: CorpusCounts) -> Iterator[str]:
    yield "## Personal data"
    yield ""
    if not recipe.pii.kinds:
        yield "Nothing was replaced: the recipe names no kind of personal data."
        return
    manner = "typed tags such as `<EMAIL>`" if recipe.pii.replacement == "tags" else "stand-ins that are reserved and reach nobody"
    yield f"In texts, titles and URLs these kinds were found by their form and replaced by {manner}:"
    yield ""
    yield from _table(("kind", "replaced"), ((kind, f"{count:,}") for kind, count in counts.redactions.items()))
    yield ""
    yield (
        "Forms are told with care and not without error: an address written out in words stays, and other personal data, "
        "names above all, is not looked for unless a kind above says so. Handle the corpus as data that holds some."
    )


def _rights() -> Iterator[str]:
    yield "## Rights"
    yield ""
    yield (
        "The texts belong to those who wrote them; that they stand here grants no right to them. Terms of the crawl they come "
        "from apply as well (for Common Crawl, its terms of use). Whoever publishes this dataset chooses the licence of the "
        "collection, writes it in the head of this card, and takes out what its owners ask for: each row bears its URL."
    )


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; every cell is shown as it is."""
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join('---' for _ in names)}|"
    for row in rows:
        yield f"| {' | '.join(map(for_markdown, row))} |"
