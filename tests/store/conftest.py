"""Mirrors of a root in an object store, each as another machine has it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_assets.store.mirror import Mirror


@pytest.fixture
def url(object_store: Any) -> str:
    """A folder in a bucket of its own."""
    bucket = f"corpus-{uuid.uuid4().hex[:12]}"
    object_store.create_bucket(Bucket=bucket)
    return f"s3://{bucket}/corpus"


@pytest.fixture
def machine(url: str, tmp_path: Path) -> Callable[[str], Mirror]:
    """The mirror that a machine of a name has of it."""
    return lambda name: Mirror(url, tmp_path / name)
