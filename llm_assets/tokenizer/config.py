"""What the tokenizer is told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from llm_assets.section import Section
from llm_assets.tokenizer import END_OF_TEXT

BYTES = 256
"""Ids that every byte-level vocabulary starts from."""

_SPECIAL = re.compile(r"<\|[a-z][a-z0-9_]*\|>")


class Tokenizer(Section):
    """Byte-level BPE over words as GPT-4 splits them, trained on the corpus or taken from a file."""

    file: Annotated[str | None, BeforeValidator(lambda name: name or None)] = None
    """The side input whose tokenizer is taken as it is, and none trained; empty for none. A ``tokenizer.json``, tiktoken's ranks or GPT-2's
    ``vocab.bpe`` (`llm-assets tokenizer add`). ``vocabulary`` and ``min_frequency`` then decide nothing; ``max_digits`` counts for
    ranks, which do not tell their split; ``special_tokens`` that it lacks get the ids behind its own; the sample is for the report."""

    vocabulary: int = Field(default=32_768, le=1 << 20)
    """Ids in all: bytes, merges and special tokens. A power of two suits the GPU, and up to 65,536 an id takes two bytes."""

    crawls: tuple[str, ...] = ()
    """Names of the crawls whose corpora it is trained on; none means the one of the lowest sequence number. Later crawls are
    encoded with the same tokenizer, so that their shards need not be packed anew."""

    max_digits: int = Field(default=3, ge=1, le=9)
    """Digits a word holds at most. GPT-4 has 3, so that a number costs few tokens; 1 makes arithmetic easier to learn."""

    special_tokens: tuple[str, ...] = (END_OF_TEXT,)
    """The first ids, in this order. ``<|endoftext|>`` ends every document and is required."""

    sample_bytes: int = Field(default=1 << 30, ge=1)
    """UTF-8 bytes of text to train on; of a larger corpus, documents are drawn at random until the sum reaches it."""

    seed: int = Field(default=0, ge=0, lt=1 << 64)
    """Draws the sample, document by document."""

    min_frequency: int = Field(default=2, ge=1)
    """Times a pair must occur in the sample to be merged."""

    @model_validator(mode="after")
    def _check_special_tokens(self) -> Tokenizer:
        # A name of letters alone could be spelled by merges, and an ordinary word of a page would then get the special id.
        wrong = [token for token in self.special_tokens if not _SPECIAL.fullmatch(token)]
        if wrong:
            raise ValueError(f"special_tokens: {wrong[0]!r} is not written like {END_OF_TEXT}, in lower case")
        if END_OF_TEXT not in self.special_tokens or len(set(self.special_tokens)) < len(self.special_tokens):
            raise ValueError(f"special_tokens: {END_OF_TEXT} must be among them, and none twice")
        least = BYTES + len(self.special_tokens)
        if self.vocabulary < least:
            raise ValueError(f"vocabulary: {self.vocabulary:,} is less than the {least:,} of all bytes and the special tokens")
        return self
