"""What a tokenizer makes of texts: bytes a token by language and by domain, beside others; its longest and its dead tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from llm_assets.tokenizer.bpe import load_tokenizer, token_bytes, vocabulary_size
from llm_assets.tokenizer.encoder import choose_engine, load_encoder
from llm_assets.tokenizer.ranks import read_tokenizer

SHOWN_TOKENS = 32
SHOWN_DOMAINS = 20
BATCH_DOCUMENTS = 64


class Passage(NamedTuple):
    """A document to measure on: its language, the domain it came from, its text."""

    language: str
    domain: str
    text: str


@dataclass
class Compression:
    """Documents, bytes and tokens, counted; in all, or of one language or domain."""

    documents: int = 0
    bytes: int = 0
    tokens: int = 0

    def add(self, size: int, tokens: int) -> None:
        """Counts a document."""
        self.documents += 1
        self.bytes += size
        self.tokens += tokens

    @property
    def bytes_per_token(self) -> float:
        """What the tokenizer is judged by: the more, the fewer steps a text takes."""
        return round(self.bytes / max(self.tokens, 1), 4)

    def figures(self) -> dict[str, float]:
        """As the report has them."""
        return {"documents": self.documents, "bytes": self.bytes, "tokens": self.tokens, "bytes_per_token": self.bytes_per_token}


@dataclass
class _Count:
    used: npt.NDArray[np.int64]
    whole: Compression = field(default_factory=Compression)
    languages: dict[str, Compression] = field(default_factory=dict)
    domains: dict[str, Compression] = field(default_factory=dict)


def describe_compression(path: Path, passages: Callable[[], Iterable[Passage]], peers: Mapping[str, Path] | None = None) -> dict[str, Any]:
    """Vocabulary of a ``tokenizer.json``, what it compresses the passages to, its longest tokens, and those never used on them.

    ``peers`` are files that :func:`read_tokenizer` reads, by name; each gets its bytes a token, in all, by language and by
    domain. The passages are read once for each tokenizer, a batch in memory at a time.

    Long tokens show what the corpus repeats: rules of dashes, boilerplate, markup that was left in. Dead ones are slots of the
    vocabulary, and rows of the model's embedding, that the passages have no use for.
    """
    raw = token_bytes(load_tokenizer(path))
    count = _count(path, len(raw), passages)
    dead = [token for token, used in zip(raw, count.used, strict=True) if token and not used]
    return {
        "vocabulary": len(raw),
        **count.whole.figures(),
        "languages": {language: counts.figures() for language, counts in sorted(count.languages.items())},
        "domains": {domain: counts.figures() for domain, counts in _largest(count.domains)},
        "beside": {name: _measure_peer(peer, passages) for name, peer in sorted((peers or {}).items())},
        "longest_tokens": _show_longest(raw),
        "dead_tokens": len(dead),
        "longest_dead_tokens": _show_longest(dead),
    }


def name_domain(url: str) -> str:
    """The host of a URL; empty where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def escape_bytes(raw: bytes) -> str:
    r"""Bytes as a text that can be shown: what cannot be seen, or is part of a character, is escaped.

    >>> print(escape_bytes("é\n\u202e".encode() + b"\xff"))
    é\n\u202e\xff
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in raw.decode("utf-8", "backslashreplace")
    )


def _count(path: Path, vocabulary: int, passages: Callable[[], Iterable[Passage]]) -> _Count:
    engine, _ = choose_engine(path, (passage.text for passage in passages()))
    encode = load_encoder(path, engine)
    count = _Count(np.zeros(vocabulary, np.int64))
    for batch in _batches(passages()):
        encoded = encode([passage.text for passage in batch])
        count.used += np.bincount(encoded.ids, minlength=vocabulary)
        for passage, tokens in zip(batch, encoded.lengths.tolist(), strict=True):
            size = len(passage.text.encode())
            languages = count.languages.setdefault(passage.language, Compression())
            for counts in (count.whole, languages, count.domains.setdefault(passage.domain, Compression())):
                counts.add(size, tokens)
    return count


def _largest(domains: Mapping[str, Compression]) -> list[tuple[str, Compression]]:
    return sorted(domains.items(), key=lambda item: (-item[1].bytes, item[0]))[:SHOWN_DOMAINS]


def _measure_peer(peer: Path, passages: Callable[[], Iterable[Passage]]) -> dict[str, Any]:
    tokenizer = read_tokenizer(peer)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        tokenizer.save(str(path))
        count = _count(path, vocabulary_size(tokenizer), passages)
    return {
        "bytes_per_token": count.whole.bytes_per_token,
        "languages": {language: counts.bytes_per_token for language, counts in sorted(count.languages.items())},
        "domains": {domain: counts.bytes_per_token for domain, counts in _largest(count.domains)},
    }


def _batches(passages: Iterable[Passage]) -> Iterator[list[Passage]]:
    remaining = iter(passages)
    while batch := list(islice(remaining, BATCH_DOCUMENTS)):
        yield batch


def _show_longest(tokens: Iterable[bytes]) -> list[str]:
    return [escape_bytes(raw) for raw in sorted(tokens, key=lambda raw: (-len(raw), raw))[:SHOWN_TOKENS]]
