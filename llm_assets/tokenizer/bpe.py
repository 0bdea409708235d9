"""Byte-level BPE: trained, loaded, and its ids as bytes.

A text is split into words by GPT-4's pattern, a word is its UTF-8 bytes, and pairs that are frequent are merged. Every text
comes back exactly. Special tokens are never found in a text: the web is hostile, and a page that spells ``<|endoftext|>``
is encoded as the ordinary characters it is. A special id gets into a document only by its number.

This module needs tokenizers and nothing else, so a machine that only trains or samples can use it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from llm_assets.errors import DataError
from llm_assets.tokenizer import END_OF_TEXT

if TYPE_CHECKING:
    from llm_assets.tokenizer.config import Tokenizer

MAX_RUN = 1_024
"""Characters without, or of nothing but, white space that the trainer sees in one piece. It merges a word in time quadratic in
its length: a page that is a megabyte of one letter would take it a quarter of an hour."""

BLANKS = " \n\t\r\v\f"
"""What ends a long word; the commonest first."""

# Started at the start of a run only, else a long run would be tried from each of its characters.
_LONG_WORD = re.compile(rf"(?<![^{BLANKS}])[^{BLANKS}]{{{MAX_RUN + 1},}}")
_LONG_SPACE = re.compile(rf"(?<!\s)(\s{{{MAX_RUN}}})\s+")


def split_pattern(max_digits: int) -> str:
    """GPT-4's split of a text into words (tiktoken's cl100k_base, there with 3 digits): English contractions; letters with
    one leading other character; digits; punctuation with a leading space and trailing newlines; white space, whose last
    blank goes to the word it precedes."""
    return (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
        r"|[^\r\n\p{L}\p{N}]?\p{L}+"
        rf"|\p{{N}}{{1,{max_digits}}}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+"
        r"|\s+(?!\S)"
        r"|\s+"
    )


def split_words(max_digits: int) -> pre_tokenizers.PreTokenizer:
    """Splits by :func:`split_pattern`, each word as the characters that stand for its bytes."""
    pattern = tokenizers.Regex(split_pattern(max_digits))
    by_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(pattern, "isolated"), by_bytes])


def train_bpe(texts: Iterable[str], config: Tokenizer) -> tokenizers.Tokenizer:
    """A tokenizer of at most ``config.vocabulary`` ids, fewer where the texts have no more pairs to merge.

    The special tokens are the first ids, then come the 256 bytes, then the merges, most frequent first. The order of the
    texts and the number of threads change nothing.
    """
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = split_words(config.max_digits)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocabulary,
        min_frequency=config.min_frequency,
        special_tokens=list(config.special_tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(map(cut_runs, texts), trainer)
    tokenizer.encode_special_tokens = True
    return tokenizer


def load_tokenizer(path: Path) -> tokenizers.Tokenizer:
    """The tokenizer of a ``tokenizer.json``, set to encode special tokens in a text as ordinary characters.

    DataError where the file is missing or damaged.
    """
    try:
        tokenizer = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError("the tokenizer is missing", path) from error
    except Exception as error:  # tokenizers raises nothing more specific
        raise DataError(f"this is no tokenizer.json: {error}", path) from error
    tokenizer.encode_special_tokens = True  # not part of the file
    tokenizer.no_truncation()  # some files bear the settings of one model's inputs
    tokenizer.no_padding()
    return tokenizer


def end_of_text(tokenizer: tokenizers.Tokenizer) -> int:
    """Id of ``<|endoftext|>``. DataError where the tokenizer has none."""
    token = tokenizer.token_to_id(END_OF_TEXT)
    if token is None:
        raise DataError(f"the tokenizer has no {END_OF_TEXT}, which must end every document")
    return token


def vocabulary_size(tokenizer: tokenizers.Tokenizer) -> int:
    """One more than the largest id. Ids of a tokenizer from elsewhere may have gaps, so that it has fewer tokens."""
    return max(tokenizer.get_vocab().values(), default=-1) + 1


def encode_text(tokenizer: tokenizers.Tokenizer, text: str) -> list[int]:
    """Ids of a text, without end-of-text. Takes some 90 bytes of memory a byte of text: hence one text, not a batch."""
    (encoding,) = tokenizer.encode_batch_fast([text], add_special_tokens=False)  # fast: does not track offsets
    return encoding.ids


def token_bytes(tokenizer: tokenizers.Tokenizer) -> list[bytes]:
    """The raw bytes of each id, special tokens being empty; joined, those of a text's ids are its UTF-8.

    Bits per byte are counted with these: the decoded string of a token that is part of a character has other bytes.
    DataError where the tokenizer is not byte-level.
    """
    byte_of = {character: value for value, character in enumerate(byte_characters())}
    added = tokenizer.get_added_tokens_decoder()
    raw = [b""] * vocabulary_size(tokenizer)
    for name, token in tokenizer.get_vocab().items():
        if token in added:
            raw[token] = b"" if added[token].special else name.encode()
        elif byte_of.keys() >= set(name):
            raw[token] = bytes(byte_of[character] for character in name)
        else:
            raise DataError(f"this is no byte-level tokenizer: its token {token} is {name!r}")
    return raw


@contextmanager
def thread_pool(enabled: bool) -> Iterator[None]:
    """Lets tokenizers use all cores of the machine, or this thread alone, within the block."""
    name = "TOKENIZERS_PARALLELISM"
    before = os.environ.get(name)
    os.environ[name] = "true" if enabled else "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def cut_runs(text: str) -> str:
    """What the trainer sees of a text: white space beyond MAX_RUN characters left out, longer words cut by line ends."""
    if _has_long_space(text):
        text = _LONG_SPACE.sub(r"\1", text)
    if _has_long_word(text):
        text = _LONG_WORD.sub(lambda run: "\n".join(run[0][start : start + MAX_RUN] for start in range(0, len(run[0]), MAX_RUN)), text)
    return text


def _has_long_space(text: str) -> bool:
    """True where a run may be of more than MAX_RUN characters of white space: it then fills one of these pieces."""
    size = MAX_RUN // 2
    return any(text[start : start + size].isspace() for start in range(0, len(text) - size + 1, size))


def _has_long_word(text: str) -> bool:
    """True where more than MAX_RUN characters are without a blank. It jumps from blank to blank, as far as a word may reach, for a
    hundredth of what a look at each character takes."""
    start = 0
    while len(text) - start > MAX_RUN:
        blanks = (text.rfind(blank, start, start + MAX_RUN + 1) for blank in BLANKS)
        last = next((place for place in blanks if place >= 0), -1)
        if last < 0:
            return True
        start = last + 1
    return False


def byte_characters() -> list[str]:
    """The character that stands for each byte in a byte-level vocabulary (Radford et al. 2019): Latin-1's own where it can
    be seen, and for the others those from U+0100 on."""
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = iter(range(0x100, 0x200))
    return [chr(byte if byte in visible else next(hidden)) for byte in range(256)]
