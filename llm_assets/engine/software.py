"""Which software a process works with: two that are to write the same bytes work with the same."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import llm_assets
from llm_assets.errors import ConfigError

SOURCES = "llm-assets' source"
MISSING = "missing"


@cache
def describe_software() -> str:
    """Versions of Python, of what this project depends on, and a digest of its own source, as JSON."""
    found = {"Python": platform.python_version(), SOURCES: _hash_sources()}
    for requirement in requires("llm-assets") or ():
        if "extra ==" not in requirement:  # what every installation has
            name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            found[name] = _find_version(name)
    return json.dumps(found, sort_keys=True)


@cache
def check_software(wanted: str) -> None:
    """ConfigError that names what differs from another process's :func:`describe_software`."""
    here, there = json.loads(describe_software()), json.loads(wanted)
    names = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    differences = [f"{name} {here.get(name, MISSING)} instead of {there.get(name, MISSING)}" for name in names]
    if differences:
        raise ConfigError(
            f"node {platform.node()} has {'; '.join(differences)}: install the same on all nodes, lest they write other bytes"
        )


def _find_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return MISSING


def _hash_sources() -> str:
    folder = Path(llm_assets.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
