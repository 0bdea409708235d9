from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from llm_assets.formats.doc import format_doc, make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import CORPUS

BuildCorpus = Callable[..., Artefact]


@pytest.fixture
def build_corpus(tmp_path: Path) -> BuildCorpus:
    """Builds a corpus of parts, each a list of texts."""

    def build(parts: Sequence[Sequence[str]], crawl: int = 1, language: str = "en") -> Artefact:
        folder = tmp_path / f"corpus-{crawl}"
        for file, texts in enumerate(parts):
            docs = [make_doc(crawl, file, record) for record in range(len(texts))]
            rows = [
                {"text": text, "id": format_doc(doc), "dump": "demo", "url": "https://a.invalid/", "file_path": "a.warc", "doc": doc}
                | {"language": language, "language_score": 1.0}
                for text, doc in zip(texts, docs, strict=True)
            ]
            write_rows(folder / "corpus" / f"{file:05d}.parquet", rows, CORPUS)
        return Artefact.of_folder(folder)

    return build
