import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.errors import DataError
from llm_assets.formats.shard import HEADER_BYTES, MAGIC, ShardWriter, open_shard, read_header, shard_name, write_shard

TOKENIZER = "ab" * 32


def write(path: Path, arrays: list[np.ndarray], vocabulary: int = 1_000) -> Path:
    write_shard(path, arrays, split="train", vocabulary=vocabulary, end_of_text=0, tokenizer=TOKENIZER)
    return path


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    return write(tmp_path / shard_name("train", 0), [np.arange(100)])


@pytest.mark.parametrize(("vocabulary", "dtype"), [(256, "uint16"), (65_536, "uint16"), (65_537, "uint32"), (200_000, "uint32")])
def test_ids_come_back_as_written_in_the_narrowest_dtype(tmp_path: Path, vocabulary: int, dtype: str):
    ids = np.random.default_rng(0).integers(0, vocabulary, 5_000)
    ids[:2] = 0, vocabulary - 1
    header, tokens = open_shard(write(tmp_path / "s.tokens", [ids], vocabulary))
    assert (header.dtype, header.tokens, header.vocabulary, header.end_of_text, header.split) == (dtype, 5_000, vocabulary, 0, "train")
    assert tokens.dtype == np.dtype(dtype).newbyteorder("<")
    np.testing.assert_array_equal(tokens, ids)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=5), wide=st.booleans())
def test_how_ids_arrive_does_not_change_a_byte(tmp_path_factory: pytest.TempPathFactory, cuts: list[int], wide: bool):
    folder = tmp_path_factory.mktemp("cuts")
    ids = np.arange(300, dtype=np.int64 if wide else np.uint16)
    whole = write(folder / "whole", [ids])
    parts = write(folder / "parts", np.split(ids, sorted(cuts)))
    assert whole.read_bytes() == parts.read_bytes()


def test_a_strided_array_is_written_as_its_values(tmp_path: Path):
    np.testing.assert_array_equal(open_shard(write(tmp_path / "s", [np.arange(20)[::2]]))[1], np.arange(0, 20, 2))


def test_a_shard_of_no_tokens_opens(tmp_path: Path):
    header, tokens = open_shard(write(tmp_path / "s", []))
    assert header.tokens == 0
    assert tokens.shape == (0,)


def test_the_ids_are_mapped_at_a_page_and_cannot_be_written(shard: Path):
    tokens = open_shard(shard)[1]
    assert isinstance(tokens, np.memmap)
    assert tokens.offset == HEADER_BYTES
    with pytest.raises(ValueError, match="read-only"):
        tokens[0] = 1


@pytest.mark.parametrize("ids", [[1_000], [-1], [5, 70_000]])
def test_an_id_outside_the_vocabulary_is_refused(tmp_path: Path, ids: list[int]):
    with pytest.raises(DataError, match="vocabulary of 1,000"):
        write(tmp_path / "s", [np.array(ids)])


def test_an_end_of_text_outside_the_vocabulary_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="end-of-text"):
        ShardWriter(tmp_path / "s", split="train", vocabulary=10, end_of_text=10, tokenizer=TOKENIZER)


def test_a_shard_whose_writer_died_is_refused(tmp_path: Path):
    path = tmp_path / "s"

    def write_and_die() -> None:
        with ShardWriter(path, split="train", vocabulary=10, end_of_text=0, tokenizer=TOKENIZER) as writer:
            writer.append(np.arange(5))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_die()
    with pytest.raises(DataError, match="writer died"):
        read_header(path)


@pytest.mark.parametrize("position", [0, 8, 12, 16, 40, 2_000, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 101, HEADER_BYTES + 199])
def test_a_flipped_bit_anywhere_is_refused(shard: Path, position: int):
    data = bytearray(shard.read_bytes())
    data[position] ^= 1
    shard.write_bytes(data)
    with pytest.raises(DataError, match=shard.name):
        open_shard(shard)


def test_damaged_ids_open_only_where_nobody_verifies(shard: Path):
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)
    assert open_shard(shard, verify=False)[0].tokens == 100
    with pytest.raises(DataError, match="damaged"):
        open_shard(shard)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("length", [0, 7, 16, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 199])
def test_a_shard_cut_short_is_refused(shard: Path, length: int, verify: bool):
    shard.write_bytes(shard.read_bytes()[:length])
    with pytest.raises(DataError):
        open_shard(shard, verify=verify)


@pytest.mark.parametrize("verify", [True, False])
def test_bytes_after_the_ids_are_refused(shard: Path, verify: bool):
    shard.write_bytes(shard.read_bytes() + b"\0\0")
    with pytest.raises(DataError, match="longer"):
        open_shard(shard, verify=verify)


def test_another_version_is_refused_by_its_number(shard: Path):
    shard.write_bytes(MAGIC + b"\x02" + shard.read_bytes()[len(MAGIC) + 1 :])
    with pytest.raises(DataError, match="version 2"):
        read_header(shard)


def test_another_kind_of_file_is_refused(tmp_path: Path):
    path = tmp_path / "s"
    path.write_bytes(b"PAR1" * 2_000)
    with pytest.raises(DataError, match="no token shard"):
        read_header(path)


def test_a_missing_shard_is_named(tmp_path: Path):
    with pytest.raises(DataError, match="is missing"):
        read_header(tmp_path / "none.tokens")


def test_ids_of_another_tokenizer_are_refused(shard: Path):
    open_shard(shard, tokenizer=TOKENIZER)
    with pytest.raises(DataError, match="of tokenizer abab"):
        open_shard(shard, tokenizer="cd" * 32)


def test_the_module_needs_numpy_and_nothing_else():
    program = """
import sys
for name in ("pyarrow", "duckdb", "polars", "pydantic", "torch", "tokenizers", "numba"):
    sys.modules[name] = None
import llm_assets.formats.shard
"""
    subprocess.run([sys.executable, "-c", program], check=True)
