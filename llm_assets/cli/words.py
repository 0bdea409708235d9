"""A text that a command works on: of its words, of a file, or of standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from llm_assets.cli.shared import require_text
from llm_assets.errors import ConfigError


def read_words(text: str | None, file: Path | None = None) -> str:
    """The text as UTF-8, its line ends as they are. ConfigError where there is none, more than one, or it is not UTF-8."""
    if text is not None and file is not None:
        raise ConfigError("give either a text or --file")
    if text is not None:
        return require_text(text, "text")
    if file is None and sys.stdin.isatty():
        raise ConfigError("give a text, or send one through standard input")
    if file is not None and not file.is_file():
        raise ConfigError(f"there is no file at {file}")
    try:
        return (file.read_bytes() if file is not None else sys.stdin.buffer.read()).decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file or 'standard input'} is not UTF-8 text: {error}") from error
