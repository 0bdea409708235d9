from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.quality import spans
from llm_assets.quality.batch import TextBatch
from llm_assets.quality.word_counts import LONGEST_NGRAM


def top_reference(words: list[str], length: int) -> int:
    grams = [" ".join(words[place : place + length]) for place in range(len(words) - length + 1)]
    if not grams:
        return 0
    ((gram, count),) = Counter(grams).most_common(1)
    return len(gram) * count


def duplicate_reference(words: list[str], length: int) -> int:
    seen, characters, place = set(), 0, 0
    while place + length <= len(words):
        gram = tuple(words[place : place + length])
        if gram in seen:
            characters += sum(map(len, gram))
            place += length
        else:
            seen.add(gram)
            place += 1
    return characters


@settings(deadline=None, max_examples=60)  # the first example compiles the kernels
@given(st.lists(st.lists(st.sampled_from(["a", "bb", "ccc", "é", "A"]), max_size=60), max_size=4))
def test_ngrams_agree_with_a_plain_loop(documents):
    batch = TextBatch(pl.Series([" ".join(words) for words in documents], dtype=pl.String))
    for length in range(2, LONGEST_NGRAM + 1):
        assert batch.words.top_ngram_characters[length].tolist() == [top_reference(words, length) for words in documents]
        assert batch.words.duplicate_ngram_characters[length].tolist() == [duplicate_reference(words, length) for words in documents]


@pytest.mark.parametrize(
    ("text", "length", "characters"),
    [
        ("a b a b c", 2, 2 * len("a b")),
        ("aa b cc d", 2, len("aa b")),
        ("x x x x", 2, 3 * len("x x")),
        ("one two three", 4, 0),
    ],
)
def test_the_top_ngram_is_the_first_of_the_most_common(text, length, characters):
    assert TextBatch(pl.Series([text])).words.top_ngram_characters[length].tolist() == [characters]


def test_a_repeated_run_counts_the_characters_of_its_words_once():
    run = "it was a dark and stormy night"
    batch = TextBatch(pl.Series([f"{run} but {run}."]))
    assert batch.words.duplicate_ngram_characters[5].tolist() == [len("itwasadarkand")]
    assert batch.words.duplicate_ngram_characters[7].tolist() == [len("itwasadarkandstormynight")]
    assert batch.words.duplicate_ngram_characters[8].tolist() == [0]


@given(st.lists(st.lists(st.sampled_from(["a", "b", "ab", "a longer line", "a longer lane"]), max_size=12), max_size=5))
def test_a_piece_is_known_by_its_first_place_within_its_document(documents):
    batch = TextBatch(pl.Series(["\n".join(lines) for lines in documents], dtype=pl.String))
    begin, expected = 0, []
    for lines in documents:
        expected += [begin + lines.index(line) for line in lines]
        begin += len(lines)
    assert spans.find_first(batch.utf8, batch.lines.lines).tolist() == expected


def test_pieces_of_equal_hash_are_told_apart():
    data = np.frombuffer(b"ninebytes NINEBYTES ninebytes nine", np.uint8)
    starts, ends, same = np.array([0, 10, 20, 30]), np.array([9, 19, 29, 34]), np.zeros(4, np.uint64)
    first = np.empty(4, np.int64)
    assert spans.find_first_pieces(data, starts, ends, same, np.full(8, -1), 0, first) == 4
    assert first.tolist() == [0, 1, 0, 3]


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=20, unique=True))
def test_short_pieces_of_one_length_have_different_hashes(pieces):
    hashes = {(len(piece), int(spans.hash_bytes(np.frombuffer(piece, np.uint8), 0, len(piece), spans.SEED))) for piece in pieces}
    assert len(hashes) == len(pieces)
