"""Token shards: one flat array of token ids in a file that says what they are.

    bytes 0..7        magic, ``LLMTOKEN``
    bytes 8..11       version of the format, little-endian uint32
    bytes 12..15      length of the JSON text, little-endian uint32
    bytes 16..        JSON of the ShardHeader, then zeros
    bytes 4064..4095  sha256 of the 4,064 bytes before
    bytes 4096..      token ids, little-endian, uint16 where the vocabulary fits and uint32 where not

The header fills a page of memory, so the ids can be mapped as they lie. It is written last: a file whose writer died
has no magic and is refused. The same ids give the same bytes, however they arrived. numpy is all this module needs, so
a machine that only trains can read shards.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact

MAGIC = b"LLMTOKEN"
VERSION = 1
HEADER_BYTES = 4_096
_PREFIX = struct.Struct("<8sII")
_SEALED_BYTES = HEADER_BYTES - hashlib.sha256().digest_size
_DTYPES: dict[str, np.dtype[np.unsignedinteger]] = {"uint16": np.dtype("<u2"), "uint32": np.dtype("<u4")}

Tokens = npt.NDArray[np.integer]


@dataclass(frozen=True)
class ShardHeader:
    """What a shard says of itself. ``tokenizer`` is the sha256 (hex) of the ``tokenizer.json`` that gave the ids."""

    split: str
    dtype: str
    tokens: int
    vocabulary: int
    end_of_text: int
    tokenizer: str
    payload_sha256: str


def shard_name(split: str, number: int) -> str:
    """File name of a shard.

    >>> shard_name("train", 7)
    'train-00007.tokens'
    """
    return f"{split}-{number:05d}.tokens"


def list_shards(shards: Artefact, split: str) -> list[Path]:
    """The files of a split, in the order of their numbers."""
    return shards.paths(entry.path for entry in shards.files if entry.path.startswith(f"{split}-") and entry.path.endswith(".tokens"))


def choose_dtype(vocabulary: int) -> str:
    """The narrowest dtype that holds every id of a vocabulary.

    >>> choose_dtype(65_536), choose_dtype(65_537)
    ('uint16', 'uint32')
    """
    return "uint16" if vocabulary <= 1 << 16 else "uint32"


class ShardWriter:
    """Writes one shard as its ids arrive; memory is that of one array. Use it in ``with``.

    The header is put in place when the block ends without an exception.
    """

    def __init__(self, path: Path, *, split: str, vocabulary: int, end_of_text: int, tokenizer: str) -> None:
        if not 0 <= end_of_text < vocabulary:
            raise DataError(f"end-of-text {end_of_text} is no id of a vocabulary of {vocabulary:,}", path)
        self.path = path
        self.tokens = 0
        self._split, self._vocabulary, self._end_of_text, self._tokenizer = split, vocabulary, end_of_text, tokenizer
        self._dtype = choose_dtype(vocabulary)
        self._digest = hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._file.write(bytes(HEADER_BYTES))

    def append(self, tokens: Tokens) -> None:
        """Adds a one-dimensional array of ids. DataError where one is outside the vocabulary."""
        if tokens.size and not 0 <= int(tokens.min()) <= int(tokens.max()) < self._vocabulary:
            raise DataError(f"ids {tokens.min()}..{tokens.max()} are not all in a vocabulary of {self._vocabulary:,}", self.path)
        payload = np.ascontiguousarray(tokens, dtype=_DTYPES[self._dtype]).data.cast("B") if tokens.size else b""
        self._digest.update(payload)
        self._file.write(payload)
        self.tokens += tokens.size

    def close(self) -> None:
        """Puts the header in place and closes the file."""
        header = ShardHeader(
            self._split, self._dtype, self.tokens, self._vocabulary, self._end_of_text, self._tokenizer, self._digest.hexdigest()
        )
        with self._file:
            self._file.seek(0)
            self._file.write(_seal_header(header))

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()


def write_shard(path: Path, arrays: Iterable[Tokens], *, split: str, vocabulary: int, end_of_text: int, tokenizer: str) -> ShardHeader:
    """Writes a shard of the arrays, one after the other. DataError where an id is outside the vocabulary."""
    with ShardWriter(path, split=split, vocabulary=vocabulary, end_of_text=end_of_text, tokenizer=tokenizer) as writer:
        for array in arrays:
            writer.append(array)
    return read_header(path)


def read_header(path: Path) -> ShardHeader:
    """The header of a shard. DataError where the file is missing, no shard, of another version, damaged in its header,
    or not exactly as long as its tokens."""
    try:
        with path.open("rb") as file:
            block = file.read(HEADER_BYTES)
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise DataError("the shard is missing", path) from error
    if block[: len(MAGIC)] != MAGIC:
        raise DataError("this is no token shard, or one whose writer died", path, 0)
    if len(block) < HEADER_BYTES:
        raise DataError(f"the shard is cut short: {len(block):,} bytes, less than its header", path, len(block))
    _, version, length = _PREFIX.unpack_from(block)
    if version != VERSION:
        raise DataError(f"the shard is of format version {version}, this program reads {VERSION}", path, len(MAGIC))
    if hashlib.sha256(block[:_SEALED_BYTES]).digest() != block[_SEALED_BYTES:]:
        raise DataError("the header of the shard is damaged", path, 0)
    try:
        header = ShardHeader(**json.loads(block[_PREFIX.size : _PREFIX.size + length]))
        expected = HEADER_BYTES + header.tokens * _DTYPES[header.dtype].itemsize
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"the header of the shard cannot be read: {error}", path, _PREFIX.size) from error
    if size != expected:
        fault = "cut short" if size < expected else "longer than it says"
        raise DataError(f"the shard is {fault}: {size:,} bytes where {header.tokens:,} tokens make {expected:,}", path, min(size, expected))
    return header


def open_shard(path: Path, *, tokenizer: str | None = None, verify: bool = True) -> tuple[ShardHeader, Tokens]:
    """Header and ids (read-only, mapped, shape ``[tokens]``) of a shard.

    DataError as :func:`read_header`, and where the ids are of another tokenizer than ``tokenizer`` (sha256, hex), or, with
    ``verify``, where a byte of them has changed since they were written; that reads the file once.
    """
    header = read_header(path)
    if tokenizer is not None and header.tokenizer != tokenizer:
        raise DataError(f"the shard is of tokenizer {header.tokenizer[:12]}, not of {tokenizer[:12]}; pack it again", path)
    if verify:
        with path.open("rb") as file:
            file.seek(HEADER_BYTES)
            if hashlib.file_digest(file, "sha256").hexdigest() != header.payload_sha256:
                raise DataError("the tokens of the shard are damaged: their sha256 is not the one written with them", path)
    dtype = _DTYPES[header.dtype]
    if header.tokens == 0:
        nothing = np.empty(0, dtype)
        nothing.flags.writeable = False
        return header, nothing
    return header, np.memmap(path, dtype, mode="r", offset=HEADER_BYTES, shape=(header.tokens,))


def _seal_header(header: ShardHeader) -> bytes:
    text = json.dumps(asdict(header), sort_keys=True).encode()
    block = _PREFIX.pack(MAGIC, VERSION, len(text)) + text
    if len(block) > _SEALED_BYTES:
        raise DataError(f"a shard header of {len(block):,} bytes does not fit in {_SEALED_BYTES:,}")
    block = block.ljust(_SEALED_BYTES, b"\0")
    return block + hashlib.sha256(block).digest()
