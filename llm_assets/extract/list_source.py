"""Block lists as they come, brought into the form that the URL filter reads: ``[CATEGORY/]domains`` and ``[CATEGORY/]urls``.

They come as a folder of categories as UT1 makes them, as a tar archive of one, or as a file of one entry a line. An archive is
never unpacked: of a member's name only the last two words count, and none of them is a path.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from llm_assets.errors import ConfigError, DataError

DOMAINS, URLS, EXPRESSIONS = KINDS = ("domains", "urls", "expressions")
"""Files of a category. Expressions are counted and not read: regular ones, few, and some take for ever."""

MAX_BYTES = 1 << 30
"""Of all entries together, unpacked. UT1 has some 120 MB."""

MAX_LINE_BYTES = 1 << 16

Entries = dict[str, dict[str, int]]
"""How many there are of each kind, by category; the category is empty where a list has none."""

_NAME = re.compile(rf"(?:.*/)?([A-Za-z0-9_][A-Za-z0-9_.-]{{0,63}})/({'|'.join(KINDS)})", re.DOTALL)
_HAS_PATH = re.compile(rb"(?>(?:[A-Za-z][A-Za-z0-9+.-]*://)?)[^/?]*+[/?]++\S")
_GZIP = b"\x1f\x8b"


def gather_lists(source: Path, target: Path) -> Entries:
    """Writes the lists found at ``source`` below ``target``.

    ConfigError where there is none; DataError where one is damaged, is no text, or all are larger than MAX_BYTES.
    """
    if not source.exists():
        raise ConfigError(f"there is nothing at {source}")
    entries: Entries = {}
    size = 0
    try:
        for category, kind, lines in _open_lists(source):
            found = entries.setdefault(category, dict.fromkeys(KINDS, 0))
            path = target / category / kind
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                for line in lines:
                    size += len(line)
                    if size > MAX_BYTES:
                        raise DataError(f"the lists are longer than {MAX_BYTES:,} bytes", source)
                    if (entry := line.strip()) and not entry.startswith(b"#"):
                        file.write(entry + b"\n")
                        found[kind] += 1
            if kind == EXPRESSIONS or not path.stat().st_size:
                path.unlink()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DataError(f"the block list cannot be read ({error})", source) from error
    if not any(found[DOMAINS] + found[URLS] for found in entries.values()):
        raise ConfigError(
            f"{source} is no block list: wanted is a folder or tar archive with CATEGORY/domains or CATEGORY/urls in it, "
            "or a file with a domain or URL on each line"
        )
    return dict(sorted(entries.items()))


def find_categories(folder: Path) -> list[str]:
    """The categories of gathered lists, by name; an empty name where there are lists without one."""
    paths = [path for kind in (DOMAINS, URLS) for path in (folder / kind, *folder.glob(f"*/{kind}")) if path.is_file()]
    return sorted({path.relative_to(folder).as_posix().rpartition("/")[0] for path in paths})


def _open_lists(source: Path) -> Iterator[tuple[str, str, Iterator[bytes]]]:
    """Category, kind and lines of each list."""
    if source.is_dir():
        yield from _open_folder(source)
    elif tarfile.is_tarfile(source):
        yield from _open_archive(source)
    else:
        for kind in (DOMAINS, URLS):
            with _open_plain(source) as file:
                yield "", kind, (line for line in _read_lines(file, source) if bool(_HAS_PATH.match(line)) == (kind == URLS))


def _open_folder(source: Path) -> Iterator[tuple[str, str, Iterator[bytes]]]:
    for path in sorted(path for depth in ("", "*/", "*/*/") for kind in KINDS for path in source.glob(depth + kind)):
        match = _NAME.fullmatch(path.as_posix())
        # UT1 calls some categories by a second name, which is a link to the first.
        if match and path.is_file() and not (path.parent != source and path.parent.is_symlink()):
            with path.open("rb") as file:
                yield "" if path.parent == source else match[1], match[2], _read_lines(file, path)


def _open_archive(source: Path) -> Iterator[tuple[str, str, Iterator[bytes]]]:
    with tarfile.open(source, "r|*") as archive:
        for member in archive:
            match = _NAME.fullmatch(member.name)
            file = archive.extractfile(member) if match and member.isreg() else None
            if match and file:
                yield match[1], match[2], _read_lines(file, source)


def _open_plain(source: Path) -> IO[bytes]:
    with source.open("rb") as file:
        compressed = file.read(len(_GZIP)) == _GZIP
    return cast(IO[bytes], gzip.open(source)) if compressed else source.open("rb")


def _read_lines(file: IO[bytes], path: Path) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        if len(line) == MAX_LINE_BYTES or b"\0" in line:
            raise DataError("this is no text of one entry a line", path)
        yield line
