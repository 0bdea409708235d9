"""What the commands for side inputs share: a name for one, and how one is taken out."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.shared import stdout
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

InputName = Annotated[str, typer.Argument(metavar="NAME", help="What the recipe calls it.")]
GivenName = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the recipe calls it.", show_default="the file's name")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")]


def name_input(given: str | None, source: str, what: str) -> str:
    """The name of a side input: the one given, or that of its file. ConfigError where it could not be one.

    >>> name_input(None, "https://site.example/lists/Black Lists.tar.gz", "block list")
    'black-lists'
    """
    from llm_assets.crawl.declaration import check_name
    from llm_assets.root import FORGOTTEN

    stem = PurePosixPath(source.rstrip("/")).name.partition(".")[0]
    name = given or re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-")
    if name == FORGOTTEN:
        raise ConfigError(f"{name!r} names the list of `llm-assets forget`; --name gives another")
    try:
        return check_name(name)
    except ConfigError as error:
        raise ConfigError(f"{name!r} cannot be a {what}'s name:{str(error).partition(':')[2]}; --name gives another") from error


def remove_input(root: DataRoot, name: str, what: str, known: Collection[str], read: Collection[str], *, dry_run: bool, yes: bool) -> None:
    """Takes a side input out of the root. Of those ``known``, the recipe reads some; one of these is not removed: ConfigError."""
    if name not in known:
        raise ConfigError(f"there is no {what} {name!r}; there are: {', '.join(known) or 'none'}")
    if name in read:
        raise ConfigError(f"the recipe reads {what} {name!r}: take it out of the recipe first")
    files = [path for path in root.input_path(name).parent.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    told = f"{what} {for_terminal(name)}, {size:,} bytes in {len(files):,} files"
    if dry_run:
        stdout.print(f"{told}, would be removed", soft_wrap=True)
        return
    if not yes:
        typer.confirm(f"remove {told}?", default=False, abort=True)
    root.remove_input(name)
    stdout.print(f"{told}: removed", soft_wrap=True)
