from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from llm_assets.formats.doc import format_doc, make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import CORPUS, DEDUPED
from llm_assets.tokenizer.bpe import train_bpe
from llm_assets.tokenizer.config import Tokenizer

BuildCrawl = Callable[..., tuple[Artefact, Artefact]]


@pytest.fixture
def build_crawl(tmp_path: Path) -> BuildCrawl:
    """Builds the corpus of a crawl, of parts that are lists of texts, and its deduped keys; ``families`` maps doc to root,
    ``sizes`` to how many it stands for."""

    def build(
        parts: Sequence[Sequence[str]],
        families: Mapping[int, int] | None = None,
        crawl: int = 1,
        sizes: Mapping[int, int] | None = None,
    ) -> tuple[Artefact, Artefact]:
        corpus, deduped = tmp_path / f"corpus-{crawl}", tmp_path / f"deduped-{crawl}"
        docs = [[make_doc(crawl, file, 3 * record) for record in range(len(texts))] for file, texts in enumerate(parts)]
        for file, texts in enumerate(parts):
            rows = [
                {"text": text, "id": format_doc(doc), "dump": "demo", "url": "https://a.invalid/", "file_path": "a.warc", "doc": doc}
                | {"language": "en", "language_score": 1.0}
                for text, doc in zip(texts, docs[file], strict=True)
            ]
            write_rows(corpus / "corpus" / f"{file:05d}.parquet", rows, CORPUS)
        keys = [
            {"doc": doc, "family": (families or {}).get(doc, doc), "cluster_size": (sizes or {}).get(doc, 1)}
            for part in docs
            for doc in part
        ]
        write_rows(deduped / "docs.parquet", keys, DEDUPED)
        return Artefact.of_folder(corpus), Artefact.of_folder(deduped)

    return build


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """A small tokenizer, as an output."""
    folder = tmp_path_factory.mktemp("tokenizer")
    texts = [f"Document {n} tells of birds, bees, ships and sealing wax." for n in range(50)]
    train_bpe(texts, Tokenizer(vocabulary=330)).save(str(folder / "tokenizer.json"))
    return Artefact.of_folder(folder)
