"""``llm-assets tokens``: a text as a tokenizer sees it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from llm_assets.cli.shared import MODEL, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.cli.tokenizers import find_tokenizers
from llm_assets.cli.words import read_words
from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    import tokenizers

STYLES = ("black on bright_cyan", "black on bright_yellow", "black on bright_green", "black on bright_magenta")
"""Of one token after the other, so that two neighbours differ."""


@app.command(
    rich_help_panel=MODEL,
    epilog=examples(
        "llm-assets tokens 'hello world'",
        "llm-assets tokens 'naïve café' --tokenizer cl100k_base.tiktoken",
        "llm-assets tokens 'naïve café' --tokenizer gpt2",
        "llm-assets tokens --json < page.txt",
    ),
)
def tokens(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="What to encode.", show_default="standard input")] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME",
            help="A tokenizer.json, tiktoken's ranks or GPT-2's vocab.bpe; or what `tokenizer add` named so.",
            show_default="the project's tokenizer",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a text in tokens, with their ids and bytes. A special token that it spells is ordinary characters, as everywhere."""
    words = read_words(text)
    loaded = _open_tokenizer(context, tokenizer)
    from llm_assets.tokenizer.bpe import token_bytes
    from llm_assets.tokenizer.shown import show_tokens

    rows = [asdict(token) for token in show_tokens(loaded, token_bytes(loaded), words)]
    if as_json:
        print_json(rows)
        return
    coloured = [(row["text"], STYLES[place % len(STYLES)]) for place, row in enumerate(rows)]
    stdout.print(Text.assemble(*coloured), soft_wrap=True)
    size = len(words.encode())
    stdout.print(f"{len(rows):,} tokens, {size:,} bytes" + (f", {size / len(rows):.2f} bytes a token" if rows else ""))
    if rows:
        print_table(rows, as_json)


def _open_tokenizer(context: typer.Context, given: str | None) -> tokenizers.Tokenizer:
    found = _find_file(context, given) if given else open_root(context).artefact("tokenizer").path("tokenizer.json")
    from llm_assets.tokenizer.ranks import read_tokenizer

    return read_tokenizer(found)


def _find_file(context: typer.Context, given: str) -> Path:
    if Path(given).is_file():
        return Path(given)
    named = find_tokenizers(open_root(context, new=True))
    if given not in named:
        known = ", ".join(named) or "none"
        raise ConfigError(f"there is no file at {given}, and no tokenizer was added under that name; added are: {known}")
    return named[given]
