import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.quality.batch import TextBatch
from llm_assets.quality.characters import WHITESPACE, character_kinds
from llm_assets.quality.segments import RUN_CHARACTERS
from llm_assets.quality.spans import Spans
from llm_assets.quality.words import split_words


def pieces(batch: TextBatch, spans: Spans) -> list[list[str]]:
    found = [bytes(batch.utf8.data[start:end]).decode() for start, end in zip(spans.starts, spans.ends, strict=True)]
    assert [len(piece) for piece in found] == spans.characters.tolist()
    return [found[begin:end] for begin, end in zip(spans.offsets[:-1], spans.offsets[1:], strict=True)]


def words(text: str) -> list[str]:
    data = np.frombuffer(text.encode(), np.uint8)
    room = len(data) // 2 + 1
    starts, ends, characters, kinds = *np.empty((3, room), np.int64), np.empty(room, np.uint16)
    count = split_words(data, 0, len(data), character_kinds(), starts, ends, characters, kinds)
    found = [data[start:end].tobytes().decode() for start, end in zip(starts[:count], ends[:count], strict=True)]
    assert [len(word) for word in found] == characters[:count].tolist()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said: "(can\'t) do…" -- 3.14!', ["He", "said", "can't", "do", "3.14"]),
        ("a\u00a0b\u3000c\u2003d\te\x85f", ["a", "b", "c", "d", "e", "f"]),
        ("😀 … *** #", []),
        ("#tag well-known", ["tag", "well-known"]),
        ("हिंदी भाषा।", ["हिंदी", "भाषा"]),
        ("السلام عليكم،", ["السلام", "عليكم"]),
        ("你好,世界。", ["你好,世界"]),
        ("\0nul\0 x\0y", ["nul", "x\0y"]),
        ("½ Ⅷ ²", ["½", "Ⅷ", "²"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_word_is_a_piece_without_the_punctuation_around_it(text, expected):
    assert words(text) == expected


def trim(piece: str) -> str:
    inner = [unicodedata.category(character)[0] in "LNM" for character in piece]
    return piece[inner.index(True) : len(inner) - inner[::-1].index(True)] if any(inner) else ""


def split_reference(text: str) -> list[str]:
    for space in WHITESPACE:
        text = text.replace(space, " ")
    trimmed = [trim(piece) for piece in text.split(" ")]
    return [piece for piece in trimmed if any(unicodedata.category(character)[0] in "LN" for character in piece)]


@settings(deadline=None, max_examples=60)  # the first example compiles the kernels
@given(st.lists(st.text(st.sampled_from("aB1é你😀-.' \n\u3000\u0301\0#"), max_size=20), max_size=5))
def test_the_kernels_agree_with_the_definition_for_every_text(texts):
    expected = [split_reference(text) for text in texts]
    assert [words(text) for text in texts] == expected
    batch = TextBatch(pl.Series(texts, dtype=pl.String))
    assert batch.words.words.tolist() == batch.word_totals.tolist() == [len(found) for found in expected]
    assert batch.words.characters.tolist() == [len("".join(found)) for found in expected]


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("zh", "今天天气很好，我们去公园散步。", 7),
        ("ja", "国境の長いトンネルを抜けると雪国であった。", 11),
        ("th", "สวัสดีครับวันนี้อากาศดีมาก", 7),
        ("en", "今天天气很好，我们去公园散步。", 1),
        ("zh", "他说hello，价格是3.14元。", 7),
    ],
)
def test_words_of_a_language_without_spaces_are_those_of_its_dictionary(language, text, count):
    batch = TextBatch(pl.Series(["before", text]), pl.Series(["en", language]))
    assert batch.words.words.tolist() == [1, count]
    assert batch.characters.tolist() == [6, len(text)]


def test_a_line_longer_than_icu_is_shown_at_once_keeps_its_words():
    assert TextBatch(pl.Series(["天气" * RUN_CHARACTERS]), pl.Series(["zh"])).words.words.tolist() == [RUN_CHARACTERS]


@pytest.mark.parametrize(
    ("text", "lines", "paragraphs"),
    [
        ("one\n two \n\nthree", ["one", "two", "three"], ["one\n two", "three"]),
        ("\n\n a\n \t\nb\n", ["a", "b"], ["a", "b"]),
        ("a\n\u200b\n\ufeffb\0", ["a", "b"], ["a", "b"]),
        ("a\r\nb", ["a", "b"], ["a\r\nb"]),
        ("", [], []),
        (" \n\n", [], []),
        ("é\n\u3000\n好", ["é", "好"], ["é", "好"]),
    ],
)
def test_lines_are_trimmed_and_blank_ones_part_paragraphs(text, lines, paragraphs):
    batch = TextBatch(pl.Series(["before", text, "after"]))
    assert pieces(batch, batch.lines.lines) == [["before"], lines, ["after"]]
    assert pieces(batch, batch.lines.paragraphs) == [["before"], paragraphs, ["after"]]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It rained. We left! Why?", 3),
        ("no mark\nat all", 2),
        ("Pi is 3.14 today.", 1),
        ("Some fruit, e.g. this one.", 1),
        ("He said “Stop.” Then he left (quickly.) We stayed.", 3),
        ("Wait ... what?", 1),
        ("Really?! Yes.", 2),
        ("今日は雨。明日は？晴れ", 3),
        ("*** !!! ...", 0),
        ("هل تمطر؟ نعم.", 2),
        ("", 0),
    ],
)
def test_a_sentence_ends_at_a_mark_or_with_its_line(text, sentences):
    assert TextBatch(pl.Series([text])).sentences.tolist() == [sentences]


def test_a_sliced_series_reads_its_own_bytes_only():
    batch = TextBatch(pl.Series(["zero zero", "one\ntwo", "three"])[1:])
    assert pieces(batch, batch.lines.lines) == [["one", "two"], ["three"]]
    assert batch.words.words.tolist() == [2, 1]
    assert batch.bytes.tolist() == [7, 5]
