"""A vocabulary as ranks, the way tiktoken keeps it: a line for each token, its bytes in base64 and its id.

tiktoken merges whichever two neighbours make the token of the lowest rank; a ``tokenizer.json`` lists the pairs. From a list,
ranks lose which pairs make a token, so that ids could differ where a token is made of others than those it was learnt from;
they are the same wherever that was looked for. From ranks, every pair that makes a token is listed, and nothing is lost.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from llm_assets.errors import DataError
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import byte_characters, load_tokenizer, split_words, token_bytes

CL100K_DIGITS = 3
"""Digits of a word of cl100k_base."""

FILE_NAME = re.compile(r"tokenizer\.json|.+\.(tiktoken|bpe)")
"""Of a tokenizer among side inputs; other JSON may be an evaluation set."""
MERGES_HEADER = b"#version"
"""How GPT-2's ``vocab.bpe`` begins."""


def write_ranks(tokenizer: tokenizers.Tokenizer, path: Path) -> None:
    """Writes every token of the model, none that was added to it, by id: what ``tiktoken.load.load_tiktoken_bpe`` reads.

    ``tiktoken.Encoding`` wants two things more, as ever: the pattern (:func:`split_pattern`) and the added tokens.
    """
    added = tokenizer.get_added_tokens_decoder()
    lines = [b"%s %d\n" % (base64.b64encode(raw), token) for token, raw in enumerate(token_bytes(tokenizer)) if raw and token not in added]
    path.write_bytes(b"".join(lines))


def merges_by_id(tokenizer: tokenizers.Tokenizer) -> bool:
    """True where the merges come in the order of the ids they make, without which ranks, which are both, would encode otherwise."""
    vocabulary = tokenizer.get_vocab()
    made = [vocabulary[left + right] for left, right in json.loads(tokenizer.to_str())["model"]["merges"]]
    return all(earlier <= later for earlier, later in pairwise(made))


def read_tokenizer(path: Path, max_digits: int = CL100K_DIGITS) -> tokenizers.Tokenizer:
    """The tokenizer of a ``tokenizer.json``, of tiktoken's ranks or of GPT-2's ``vocab.bpe``.

    Ranks are split as cl100k_base, whose words hold 3 digits at most; ``max_digits`` is for others. Ranks and merges get
    ``<|endoftext|>`` as their first free id. DataError where the file is none of these.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError("the tokenizer is missing", path) from error
    if content.lstrip()[:1] == b"{":
        return load_tokenizer(path)
    try:
        if content.startswith(MERGES_HEADER):
            return _from_merges(content.decode())
        return _from_ranks(dict(_parse_ranks(content)), max_digits)
    except (ValueError, binascii.Error) as error:
        raise DataError(f"this is no tokenizer.json, no ranks of tiktoken and no vocab.bpe: {error}", path) from error


def _parse_ranks(content: bytes) -> Iterator[tuple[bytes, int]]:
    for number, line in enumerate(content.splitlines(), 1):
        if line:
            token, _, rank = line.partition(b" ")
            if not rank.isdigit():
                raise ValueError(f"line {number:,} has no rank")
            yield base64.b64decode(token, validate=True), int(rank)


def _from_ranks(ranks: Mapping[bytes, int], max_digits: int) -> tokenizers.Tokenizer:
    absent = [value for value in range(256) if bytes([value]) not in ranks]
    if absent:
        raise ValueError(f"byte {absent[0]} has no rank")
    characters = byte_characters()
    name = {token: "".join(characters[value] for value in token) for token in ranks}
    merges = [
        (name[token[:cut]], name[token[cut:]])
        for token in sorted(ranks, key=ranks.__getitem__)
        for cut in sorted(
            (cut for cut in range(1, len(token)) if token[:cut] in ranks and token[cut:] in ranks),
            key=lambda cut: (ranks[token[:cut]], ranks[token[cut:]]),
        )
    ]
    return _assemble({name[token]: rank for token, rank in ranks.items()}, merges, split_words(max_digits))


def _from_merges(content: str) -> tokenizers.Tokenizer:
    merges = [(left, right) for left, _, right in (line.partition(" ") for line in content.splitlines()[1:] if line)]
    alphabet = sorted(byte_characters())  # those of visible bytes come before those that stand for hidden ones
    names = [*alphabet, *(left + right for left, right in merges)]
    if not names[256:] or any(character not in alphabet for name in names for character in name):
        raise ValueError("its merges are not of byte-level tokens")
    return _assemble({name: token for token, name in enumerate(names)}, merges, pre_tokenizers.ByteLevel(add_prefix_space=False))


def _assemble(vocabulary: dict[str, int], merges: list[tuple[str, str]], splitter: pre_tokenizers.PreTokenizer) -> tokenizers.Tokenizer:
    taken = set(vocabulary.values())
    if len(taken) < len(vocabulary):
        raise ValueError("two tokens have one rank")
    end = next(token for token in range(len(taken) + 1) if token not in taken)
    tokenizer = tokenizers.Tokenizer(models.BPE({**vocabulary, END_OF_TEXT: end}, merges, ignore_merges=True))
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END_OF_TEXT])
    tokenizer.encode_special_tokens = True
    return tokenizer


def find_tokenizer(folder: Path) -> Path | None:
    """The one file of a folder, where its name is a tokenizer's; None otherwise. It is not opened."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return files[0] if len(files) == 1 and FILE_NAME.fullmatch(files[0].name) else None
