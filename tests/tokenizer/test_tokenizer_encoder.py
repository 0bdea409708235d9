import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.errors import DataError
from llm_assets.tokenizer import END_OF_TEXT
from llm_assets.tokenizer.bpe import train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.encoder import CHECKED_CHARACTERS, FASTEST, REFERENCE, Encode, choose_engine, load_encoder

TEXTS = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't mind. " * 3,
    "Numbers such as 1234567 and 3.14159 are cut into runs of digits.\n\n\tfor i in range(100):\n\t\tprint(i)\n" * 3,
    "Der Fluß fließt über die Brücke. 日本語のテキスト。 Привет, мир! 👩‍👩‍👧 naïve café\r\n" * 3,
]
HOSTILE = "aAſK'sStTlLdDrReEmMvV 12٣½Ⅷ\n\r\t\x0b\x0c\x85\u2028\u00a0\u3000\x1c\0.!?-<|>日本é\u0301\u200d👩👧🏽\U0001f1e9\ufeff\u0e33"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "tokenizer.json"
    train_bpe(TEXTS, Tokenizer(vocabulary=600)).save(str(path))
    return path


@pytest.fixture(scope="module")
def pair(path: Path) -> tuple[Encode, Encode]:
    return load_encoder(path, FASTEST), load_encoder(path, REFERENCE)


def check_equal(pair: tuple[Encode, Encode], texts: list[str]) -> None:
    one, other = (encode(texts) for encode in pair)
    np.testing.assert_array_equal(one.starts, other.starts)
    np.testing.assert_array_equal(one.ids, other.ids)


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(st.text(max_size=60) | st.text(HOSTILE, max_size=60), max_size=5))
def test_the_engines_agree_on_any_text(pair: tuple[Encode, Encode], texts: list[str]):
    check_equal(pair, texts)


def test_the_engines_agree_on_every_script_beside_each_kind_of_word(pair: tuple[Encode, Encode]):
    characters = [
        chr(code)
        for code in (
            *range(0x3400),
            *range(0xA000, 0xAC00),
            *range(0xE000, 0xE100),
            *range(0xF900, 0x12000),
            *range(0x16000, 0x17000),
            *range(0x1D000, 0x1FC00),
        )
    ]
    check_equal(pair, ["".join(f"a{c}1{c} {c}{c}" for c in characters[start::50]) for start in range(50)])


@pytest.mark.parametrize("run", ["a", " ", "\n", "!", "日", "1", "\r\n", "'s", "\u3000 ", "e\u0301", "\0", "👩\u200d", " \n", "ab"])
def test_the_engines_agree_on_long_runs(pair: tuple[Encode, Encode], run: str):
    check_equal(pair, [run * 2_000, f"x{run * 999}y"])


@pytest.mark.parametrize("max_digits", [1, 2, 5])
def test_the_engines_agree_whatever_the_run_of_digits(tmp_path: Path, max_digits: int):
    path = tmp_path / "tokenizer.json"
    train_bpe(TEXTS, Tokenizer(vocabulary=400, max_digits=max_digits)).save(str(path))
    check_equal((load_encoder(path, FASTEST), load_encoder(path, REFERENCE)), ["1 12 123 1234 12345 1234567890 ٣٣٣٣", *TEXTS])


@pytest.mark.parametrize("engine", [FASTEST, REFERENCE])
def test_a_special_token_that_a_text_spells_is_ordinary(path: Path, engine: str):
    special = json.loads(path.read_text())["added_tokens"][0]["id"]
    assert special not in load_encoder(path, engine)([END_OF_TEXT, f"a{END_OF_TEXT}b {END_OF_TEXT}"]).ids


@pytest.mark.parametrize("engine", [FASTEST, REFERENCE])
@pytest.mark.parametrize("texts", [[], [""], ["", "a b", "", "c"]])
def test_the_end_is_put_behind_every_text(path: Path, engine: str, texts: list[str]):
    encoded = load_encoder(path, engine)(texts)
    ended = encoded.ended_by(0)
    assert ended.lengths.tolist() == (encoded.lengths + 1).tolist()
    assert (ended.ids[ended.starts[1:] - 1] == 0).all()
    assert ended.ids[ended.ids != 0].tolist() == encoded.ids.tolist()


def test_the_fastest_engine_is_chosen_where_it_agrees(path: Path):
    assert choose_engine(path, TEXTS) == (FASTEST, ())


def test_no_text_speaks_against_no_engine(path: Path):
    assert choose_engine(path, []) == (FASTEST, ())


def test_an_engine_that_cannot_read_the_tokenizer_is_passed_over_with_a_warning(tmp_path: Path):
    path = tmp_path / "tokenizer.json"
    tokenizers.Tokenizer(tokenizers.models.WordLevel({"日本": 0, "?": 1}, "?")).save(str(path))
    engine, (warning,) = choose_engine(path, ["日本"])
    assert engine == REFERENCE
    assert "cannot use this tokenizer" in warning


def test_an_engine_of_other_ids_is_passed_over_with_a_warning(path: Path, monkeypatch: pytest.MonkeyPatch):
    def read_wrongly(json_text: str) -> object:
        return original(json_text.replace("{1,3}", "{1,2}"))

    original = __import__("fastokens").Tokenizer.from_json_str
    monkeypatch.setattr("fastokens.Tokenizer", type("Tokenizer", (), {"from_json_str": staticmethod(read_wrongly)}))
    engine, (warning,) = choose_engine(path, ["in 1234567 ways"] * 3)
    assert engine == REFERENCE
    assert "otherwise" in warning


def test_the_trial_reads_no_more_than_it_compares(path: Path):
    read = []

    def texts():
        for number in range(10):
            read.append(number)
            yield "ab" * (CHECKED_CHARACTERS // 4)

    choose_engine(path, texts())
    assert read == [0, 1]


@pytest.mark.parametrize("content", [None, "{}"])
def test_a_file_that_is_no_tokenizer_is_refused_by_name(tmp_path: Path, content: str | None):
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=r"tokenizer\.json"):
        choose_engine(path, [])


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted by Linux's /proc")
def test_the_fastest_engine_stays_on_its_thread(path: Path):
    program = f"""
import os
from pathlib import Path
from llm_assets.tokenizer.encoder import FASTEST, load_encoder
encode = load_encoder(Path({str(path)!r}), FASTEST)
before = len(os.listdir("/proc/self/task"))
encode(["some words " * 10_000] * 50)
print(len(os.listdir("/proc/self/task")) - before)
"""
    environment = {name: value for name, value in os.environ.items() if name != "FASTOKENS_BPE_THREADS"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)
    assert int(done.stdout) == 0
