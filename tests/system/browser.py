"""Chromium without a screen: what a page shows once its scripts have run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=40000",
    "--window-size=1600,1200",
)


def show_page(url: str, folder: Path, name: str) -> str:
    """The document of a page after its scripts have run; its picture is ``folder/NAME.png``. Skips where there is no Chromium."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: `make system-packages` installs the package chromium")
    picture = folder / f"{name}.png"
    words = [program, *FLAGS, f"--user-data-dir={folder / name}", "--dump-dom", f"--screenshot={picture}", url]
    shown = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    assert picture.stat().st_size > 10_000, "the picture is blank"
    return shown.stdout
