import base64
from pathlib import Path

import pytest
import tiktoken
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken.load import load_tiktoken_bpe

from llm_assets.errors import DataError
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import encode_text, end_of_text, load_tokenizer, split_pattern, token_bytes, train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.ranks import read_tokenizer, write_ranks

TEXTS = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't mind. " * 3,
    "Numbers such as 1234567 and 3.14159 are cut into runs of digits.\n\n\tfor i in range(100):\n\t\tprint(i)\n" * 3,
    "Der Fluß fließt über die Brücke. 日本語のテキスト。 Привет, мир! 👩‍👩‍👧 naïve café\r\n" * 3,
]
HELLO = {"hello world": [15339, 1917], "Hello world": [9906, 1917], "helloworld": [71, 96392]}


@pytest.fixture(scope="module")
def trained() -> tokenizers.Tokenizer:
    return train_bpe(TEXTS, Tokenizer(vocabulary=600))


@pytest.fixture(scope="module")
def ranks(trained: tokenizers.Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ranks") / "ranks.tiktoken"
    write_ranks(trained, path)
    return path


@pytest.fixture(scope="module")
def peer(ranks: Path, trained: tokenizers.Tokenizer) -> tiktoken.Encoding:
    special = {END_OF_TEXT: end_of_text(trained)}
    return tiktoken.Encoding("ours", pat_str=split_pattern(3), mergeable_ranks=load_tiktoken_bpe(str(ranks)), special_tokens=special)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=60) | st.lists(st.sampled_from(" ".join(TEXTS).split(" ")), max_size=20).map(" ".join))
def test_tiktoken_gives_the_same_ids(trained: tokenizers.Tokenizer, peer: tiktoken.Encoding, text: str):
    assert peer.encode_ordinary(text) == encode_text(trained, text)


def test_tiktoken_ends_texts_by_the_same_id(trained: tokenizers.Tokenizer, peer: tiktoken.Encoding):
    assert peer.n_vocab == trained.get_vocab_size()
    assert peer.encode(END_OF_TEXT, allowed_special="all") == [end_of_text(trained)]


def test_ranks_read_back_are_the_tokenizer_they_were_written_from(trained: tokenizers.Tokenizer, ranks: Path):
    read = read_tokenizer(ranks)
    assert token_bytes(read) == token_bytes(trained)
    assert end_of_text(read) == end_of_text(trained)
    for text in (*TEXTS, f"a page that spells {END_OF_TEXT} itself"):
        assert encode_text(read, text) == encode_text(trained, text)


def test_a_tokenizer_json_is_read_as_it_is(trained: tokenizers.Tokenizer, tmp_path: Path):
    trained.save(str(tmp_path / "tokenizer.json"))
    assert read_tokenizer(tmp_path / "tokenizer.json").to_str() == load_tokenizer(tmp_path / "tokenizer.json").to_str()


@pytest.mark.shared_data
def test_cl100k_is_read_as_tiktoken_does(shared_data: Path):
    path = shared_data / "tokenizer" / "cl100k_base.tiktoken"
    read = read_tokenizer(path)
    assert {text: encode_text(read, text) for text in HELLO} == HELLO
    peer = tiktoken.Encoding("cl100k", pat_str=split_pattern(3), mergeable_ranks=load_tiktoken_bpe(str(path)), special_tokens={})
    for text in (*TEXTS, "=" * 99, " " * 99, "ababababa" * 20):
        assert encode_text(read, text) == peer.encode_ordinary(text)


@pytest.mark.shared_data
def test_gpt_2_is_read_with_its_ids(shared_data: Path):
    read = read_tokenizer(shared_data / "tokenizer" / "gpt2_vocab.bpe")
    assert encode_text(read, "hello world") == [31373, 995]
    assert (end_of_text(read), read.get_vocab_size()) == (50256, 50257)


ALL_BYTES = b"".join(b"%s %d\n" % (base64.b64encode(bytes([value])), value) for value in range(256))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"hello",
        b"aGVsbG8= x\n",
        b"?? 3\n",
        b"IQ== 0\n",
        ALL_BYTES + b"YWI= 0\n",
        b"#version: 0.2\n",
        b"#version\n\xff",
    ],
)
def test_a_file_of_no_known_kind_is_refused_by_name(tmp_path: Path, content: bytes):
    path = tmp_path / "given"
    path.write_bytes(content)
    with pytest.raises(DataError, match="given"):
        read_tokenizer(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path):
    with pytest.raises(DataError, match="given"):
        read_tokenizer(tmp_path / "given")
