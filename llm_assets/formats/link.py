"""A second name for a file that nobody will change."""

from __future__ import annotations

import shutil
from pathlib import Path


def link_file(file: Path, link: Path) -> None:
    """Makes ``link`` another name of a file; a copy of it where the file system has no such thing."""
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, link)
