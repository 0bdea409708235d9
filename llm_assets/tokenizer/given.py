"""A tokenizer that others trained, made fit for this project's shards.

Its ids stay as they are. What is required of it: it is byte-level BPE, so that every token has bytes and the ranks of tiktoken
can say it; it has the special tokens of the recipe, or gets them; and no text can spell one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import tokenizers

from llm_assets.errors import DataError
from llm_assets.tokenizer.bpe import encode_text, token_bytes, vocabulary_size
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.ranks import read_tokenizer

TRIED_DOCUMENTS = 64


def take_tokenizer(path: Path, config: Tokenizer) -> tokenizers.Tokenizer:
    """The tokenizer of a file (see :func:`read_tokenizer`), with ``config.special_tokens``: those it lacks get the ids behind its own.

    What the file would put around a text for another model (a post-processor), or cut off it, is left out. DataError where it is not
    byte-level BPE, or where a text that spells a special token gets its id.
    """
    tokenizer = add_special_tokens(read_tokenizer(path, config.max_digits), config.special_tokens, path)
    try:
        token_bytes(tokenizer)
    except DataError as error:
        raise DataError(f"{error}; only byte-level BPE can be taken", path) from error
    special = {token: added.content for token, added in tokenizer.get_added_tokens_decoder().items() if added.special}
    for token, name in special.items():
        if token in encode_text(tokenizer, name):
            raise DataError(f"a text that spells its special token {name} gets that token's id {token}", path)
    return tokenizer


def add_special_tokens(tokenizer: tokenizers.Tokenizer, names: Sequence[str], path: Path) -> tokenizers.Tokenizer:
    """The same with these special tokens, without a post-processor. DataError where it is no BPE.

    The library counts tokens to find the next id, which is taken where ids have gaps: hence by way of the vocabulary.
    """
    state = json.loads(tokenizer.to_str())
    if state["model"].get("type") != "BPE":
        raise DataError(f"this is a tokenizer of kind {state['model'].get('type')}; only byte-level BPE can be taken", path)
    absent = [name for name in names if tokenizer.token_to_id(name) is None]
    free = vocabulary_size(tokenizer)
    state["model"]["vocab"] |= {name: free + place for place, name in enumerate(absent)}
    state["post_processor"] = None
    made = tokenizers.Tokenizer.from_str(json.dumps(state))
    made.add_special_tokens(list(names))
    made.encode_special_tokens = True
    return made


def count_changed(tokenizer: tokenizers.Tokenizer, texts: Iterable[str]) -> tuple[int, int]:
    """Of the first texts, how many are not the bytes of their ids, and how many were tried."""
    raw, tried = token_bytes(tokenizer), list(islice(texts, TRIED_DOCUMENTS))
    return sum(b"".join(raw[token] for token in encode_text(tokenizer, text)) != text.encode() for text in tried), len(tried)
