import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llm_assets.errors import DataError
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import (
    BLANKS,
    MAX_RUN,
    cut_runs,
    encode_text,
    end_of_text,
    load_tokenizer,
    thread_pool,
    token_bytes,
    train_bpe,
)
from llm_assets.tokenizer.config import Tokenizer

TEXTS = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't mind. " * 3,
    "Numbers such as 1234567 and 3.14159 are cut into runs of digits.\n\n\tfor i in range(100):\n\t\tprint(i)\n" * 3,
    "Der Fluß fließt über die Brücke. 日本語のテキスト。 Привет, мир! 👩‍👩‍👧 naïve café\r\n" * 3,
]


@pytest.fixture(scope="module")
def tokenizer() -> tokenizers.Tokenizer:
    return train_bpe(TEXTS, Tokenizer(vocabulary=500))


@pytest.fixture
def saved(tokenizer: tokenizers.Tokenizer, tmp_path: Path) -> Path:
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def check_round_trip(tokenizer: tokenizers.Tokenizer, text: str) -> None:
    ids = encode_text(tokenizer, text)
    raw = token_bytes(tokenizer)
    assert tokenizer.decode(ids, skip_special_tokens=False) == text
    assert b"".join(raw[token] for token in ids) == text.encode()
    assert end_of_text(tokenizer) not in ids


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=60) | st.text("aе’'sS \n\r\t\u3000\x1c0٣<|>é\u0301", max_size=60))
def test_any_text_comes_back_exactly(tokenizer: tokenizers.Tokenizer, text: str):
    check_round_trip(tokenizer, text)


@pytest.mark.parametrize("text", ["", "\0", "\ufeff\ufffe\U0010ffff", "  \n \r\n\n  x", "e\u0301", "a" * 5_000, "\u202eevil\u2066", *TEXTS])
def test_odd_texts_come_back_exactly(tokenizer: tokenizers.Tokenizer, text: str):
    check_round_trip(tokenizer, text)


@settings(max_examples=50, deadline=None)
@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_text_that_spells_a_special_token_is_ordinary_text(tokenizer: tokenizers.Tokenizer, before: str, after: str):
    check_round_trip(tokenizer, before + END_OF_TEXT + after)


def test_a_special_token_seen_often_in_training_is_not_learned_from_the_text():
    config = Tokenizer(vocabulary=400, special_tokens=(END_OF_TEXT, "<|user|>"))
    check_round_trip(train_bpe([f"{END_OF_TEXT} <|user|>{END_OF_TEXT}<|user|>" * 100], config), f"x {END_OF_TEXT}<|user|>")


def test_a_loaded_tokenizer_does_not_find_special_tokens_either(saved: Path):
    check_round_trip(load_tokenizer(saved), f"a page says {END_OF_TEXT} and goes on")


def test_special_tokens_are_the_first_ids_and_have_no_bytes():
    trained = train_bpe(TEXTS, Tokenizer(vocabulary=400, special_tokens=("<|pad|>", END_OF_TEXT)))
    assert (trained.token_to_id("<|pad|>"), end_of_text(trained)) == (0, 1)
    raw = token_bytes(trained)
    assert raw[:2] == [b"", b""]
    assert all(raw[2:])
    assert len(raw) == trained.get_vocab_size() == 400


def test_every_byte_has_an_id_of_its_own(tokenizer: tokenizers.Tokenizer):
    assert {bytes([value]) for value in range(256)} <= set(token_bytes(tokenizer))


@pytest.mark.parametrize(("max_digits", "words"), [(1, ["1", "2", "3", "4", "5"]), (3, ["123", "45"]), (5, ["12345"])])
def test_digits_are_cut_into_runs(max_digits: int, words: list[str]):
    splitter = train_bpe(["x"], Tokenizer(vocabulary=257, max_digits=max_digits)).pre_tokenizer
    assert [word for word, _ in splitter.pre_tokenize_str("12345")] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't we'LL", ["don", "'t", "Ġwe", "'LL"]),
        ("a  b", ["a", "Ġ", "Ġb"]),
        ("(x) ?!\n\ny", ["(x", ")", "Ġ?!ĊĊ", "y"]),
        ("x \n  y", ["x", "ĠĊ", "Ġ", "Ġy"]),
        (END_OF_TEXT, ["<|", "endoftext", "|>"]),
    ],
)
def test_words_are_split_as_gpt_4_does(tokenizer: tokenizers.Tokenizer, text: str, words: list[str]):
    assert [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)] == words


def test_the_order_of_the_texts_changes_nothing():
    config = Tokenizer(vocabulary=500)
    assert train_bpe(TEXTS, config).to_str() == train_bpe(TEXTS[::-1], config).to_str()


def test_the_number_of_threads_changes_nothing():
    program = """
import hashlib, sys
from llm_assets.tokenizer.bpe import train_bpe
from llm_assets.tokenizer.config import Tokenizer
texts = [" ".join(f"{chr(97 + n % 26)}{n * n % 97}{'xyz' * (n % 4)}" for n in range(k, k + 50)) for k in range(400)]
print(hashlib.sha256(train_bpe(texts, Tokenizer(vocabulary=900)).to_str().encode()).hexdigest())
"""
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "RAYON_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": parallel},
            capture_output=True,
            check=True,
        ).stdout
        for threads, parallel in (("1", "true"), ("4", "true"), ("1", "false"))
    }
    assert len(digests) == 1


@pytest.mark.parametrize("run", ["a" * 500_000, " " * 500_000, "!\x1c" * 250_000, "\u3000 " * 250_000, "\n" * 500_000, "日" * 200_000])
def test_a_page_that_is_one_long_word_does_not_hold_up_the_trainer(run: str):
    trained = train_bpe([run], Tokenizer(vocabulary=300))
    longest = max(len(word) for word, _ in trained.pre_tokenizer.pre_tokenize_str(run[: 2 * MAX_RUN]))
    assert longest > MAX_RUN  # else the page would not have been one word
    check_round_trip(trained, run[: 3 * MAX_RUN])


def test_the_trainer_sees_runs_up_to_the_limit_as_they_are():
    config = Tokenizer(vocabulary=300)
    text = "ab " * 2_000 + "x" + "\n" * MAX_RUN + "cd" * (MAX_RUN // 2)
    trained = train_bpe([text], config)
    uncut = tokenizers.Tokenizer.from_str(trained.to_str())
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, min_frequency=2, special_tokens=[END_OF_TEXT], initial_alphabet=alphabet, show_progress=False
    )
    uncut.train_from_iterator([text], trainer)
    assert uncut.to_str() == trained.to_str()


PIECES = st.tuples(
    st.sampled_from(["a", "日", " ", "\n", "\u3000", "\x1c", " \t", "ab "]), st.sampled_from([1, 2, 511, 513, 1022, 1023, 1024, 1025, 2050])
)


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=5))
def test_every_run_beyond_the_limit_is_cut_and_nothing_else_is_changed(pieces: list[tuple[str, int]]):
    text = "".join(piece * times for piece, times in pieces)
    cut = cut_runs(text)
    words, spaces = (re.compile(pattern) for pattern in (f"[^{BLANKS}]+", r"\s+"))
    assert max(map(len, words.findall(cut)), default=0) <= MAX_RUN
    assert max(map(len, spaces.findall(cut)), default=0) <= MAX_RUN + 2  # blanks that are no line ends count as letters of a word too
    if max(map(len, [*words.findall(text), *spaces.findall(text)]), default=0) <= MAX_RUN:
        assert cut == text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"vocabulary": 256}, "257 of all bytes"),
        ({"special_tokens": ()}, "must be among them"),
        ({"special_tokens": (END_OF_TEXT, END_OF_TEXT)}, "none twice"),
        ({"special_tokens": (END_OF_TEXT, "pad")}, "'pad' is not written like"),
        ({"max_digits": 0}, "max_digits"),
    ],
)
def test_a_section_that_cannot_be_followed_is_refused(wrong: dict[str, object], message: str):
    with pytest.raises(ValidationError, match=message):
        Tokenizer(**wrong)


@pytest.mark.parametrize("content", [None, "", "{}", '{"model": 3}'])
def test_a_file_that_is_no_tokenizer_is_refused_by_name(tmp_path: Path, content: str | None):
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=r"tokenizer\.json"):
        load_tokenizer(path)


def test_a_tokenizer_without_end_of_text_is_refused():
    with pytest.raises(DataError, match="end every document"):
        end_of_text(tokenizers.Tokenizer(tokenizers.models.BPE()))


def test_a_tokenizer_that_is_not_byte_level_has_no_bytes():
    with pytest.raises(DataError, match="byte-level"):
        token_bytes(tokenizers.Tokenizer(tokenizers.models.WordLevel({"日本": 0}, "日本")))


@pytest.mark.parametrize("before", [None, "true"])
def test_the_thread_pool_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch, before: str | None):
    name = "TOKENIZERS_PARALLELISM"
    if before is None:
        monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv(name, before)
    with thread_pool(enabled=False):
        assert os.environ[name] == "false"
    assert os.environ.get(name) == before


def test_the_module_needs_tokenizers_and_nothing_else(saved: Path, tokenizer: tokenizers.Tokenizer):
    program = f"""
import sys
for name in ("pyarrow", "duckdb", "polars", "pydantic", "torch", "numba", "transformers"):
    sys.modules[name] = None
from pathlib import Path
from llm_assets.tokenizer.bpe import load_tokenizer, token_bytes
print(len(token_bytes(load_tokenizer(Path({str(saved)!r})))))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert int(done.stdout) == tokenizer.get_vocab_size()


def test_training_twice_gives_the_same_bytes(saved: Path):
    again = train_bpe(TEXTS, Tokenizer(vocabulary=500))
    path = saved.with_name("again.json")
    again.save(str(path))
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(saved.read_bytes()).digest()
