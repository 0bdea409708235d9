"""Objects of a store through fsspec: read, download with a check, upload, list; every fault told with its URL and what to do.

Retries are the library's own: s3fs and botocore repeat what failed in passing, so what is raised here has failed for good.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import FileEntry, hash_file

_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}

BLOCK_BYTES = 8 << 20
_REMEDY = "upload it again, or delete it and run the asset again"

Stamp = str
"""What changes when an object does: its ETag or generation, else its times, and its size."""


def is_stored(place: str) -> bool:
    """Whether a place is a URL of a store, such as ``s3://bucket/folder``, and no path."""
    return re.match(r"\w{2,}://", place) is not None


def open_store(url: str) -> tuple[Any, str]:
    """The store's file system (fsspec), which remembers no listing, and the place in it. ConfigError where no package reads such a URL."""
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # no types are shipped

    try:
        store, name = url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        scheme = urlsplit(url).scheme
        raise ConfigError(f"{url} cannot be read: `pip install {_PACKAGES.get(scheme, scheme)}` ({error})") from error
    except ValueError as error:
        raise ConfigError(f"{url} cannot be read: {error}") from error
    return store, name


def explain_fault(url: str, error: Exception) -> ConfigError | DataError:
    """What a store's own exception means to a person."""
    if "Credential" in type(error).__name__:  # botocore's, which is there only where such a store is read
        return ConfigError(f"{url} cannot be reached: {error}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile")
    if isinstance(error, PermissionError):
        return ConfigError(f"{url}: the store refuses ({error}): these credentials must list, read, write and delete there")
    if isinstance(error, FileNotFoundError):
        return ConfigError(f"{url}: the store has no such bucket ({error}): make it, or correct the URL")
    return DataError(f"the store does not do as asked ({type(error).__name__}: {error}); what is finished is kept, try again", url)


def read_object(url: str) -> bytes | None:
    """A small object's bytes; None where there is none. Errors as :func:`explain_fault` tells them."""
    store, name = open_store(url)
    try:
        content: bytes = store.cat_file(name)
    except FileNotFoundError:
        return None
    except Exception as error:  # each store has errors of its own
        raise explain_fault(url, error) from error
    return content


def hash_object(url: str) -> str | None:
    """sha256 (hex) of an object's bytes, which are read through and not kept; None where there is none."""
    store, name = open_store(url)
    digest = hashlib.sha256()
    try:
        with store.open(name, "rb") as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
    except FileNotFoundError:
        return None
    except Exception as error:  # each store has errors of its own
        raise explain_fault(url, error) from error
    return digest.hexdigest()


def write_object(url: str, content: bytes, *, new: bool = False) -> bool:
    """Puts a small object in one go; ``new``: only where there is none yet, else False."""
    store, name = open_store(url)
    try:
        store.pipe_file(name, content, mode="create" if new else "overwrite")
    except Exception as error:  # each store has errors of its own
        if new and _is_taken(error):
            return False
        raise explain_fault(url, error) from error
    return True


def _is_taken(error: BaseException | None) -> bool:
    """Whether an object was there already: fsspec's own error, or S3's answers to ``If-None-Match``."""
    while error is not None:
        answer = getattr(error, "response", None)
        code = str(answer.get("Error", {}).get("Code")) if isinstance(answer, Mapping) else ""
        if isinstance(error, FileExistsError) or code in ("PreconditionFailed", "ConditionalRequestConflict", "412", "409"):
            return True
        error = error.__cause__ or error.__context__
    return False


def download(url: str, path: Path, entry: FileEntry | None = None) -> None:
    """Puts an object at ``path``: it arrives at a neighbour, ``NAME.part``, and is renamed once it is what ``entry`` says.

    The caller is alone with the neighbour; what a dead process left there is written over.

    Raises:
        ConfigError: no package reads the URL, or the store wants other credentials.
        DataError: the object is missing, cannot be read, or is of another size or hash (sha256) than told.
    """
    store, name = open_store(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    arriving = path.with_name(f".{path.name}.part")
    try:
        store.get_file(name, str(arriving))
    except FileNotFoundError as error:
        raise DataError("the store has no such file, though a manifest names it", url) from error
    except Exception as error:  # each store has errors of its own
        raise explain_fault(url, error) from error
    if entry is not None:
        try:
            _check(url, arriving, entry)
        except DataError:
            arriving.unlink()
            raise
    with arriving.open("rb+") as file:
        os.fsync(file.fileno())
    arriving.replace(path)


def _check(url: str, path: Path, entry: FileEntry) -> None:
    if (size := path.stat().st_size) != entry.bytes:
        raise DataError(f"the file has {size:,} bytes, its manifest says {entry.bytes:,}: {_REMEDY}", url)
    if (digest := hash_file(path)) != entry.sha256:
        told = f"its sha256 is {digest[:12]}…, its manifest says {entry.sha256[:12]}…"
        raise DataError(f"the file is damaged: {told}; {_REMEDY}", url)


def upload(path: Path, url: str) -> None:
    """Puts a file in the store under ``url``, in parts where it is large; it is seen there once it is whole."""
    store, name = open_store(url)
    try:
        store.put_file(str(path), name)
    except Exception as error:  # each store has errors of its own
        raise explain_fault(url, error) from error


def delete(url: str) -> None:
    """Removes an object, or all that lies below; nothing where there is none."""
    store, name = open_store(url)
    try:
        store.rm(name, recursive=True)
    except FileNotFoundError:
        return
    except Exception as error:  # each store has errors of its own
        raise explain_fault(url, error) from error


@dataclass(frozen=True)
class StoredObject:
    """One object of a listing."""

    bytes: int
    stamp: Stamp


def list_objects(url: str) -> dict[str, StoredObject]:
    """Every object below ``url``, by its path relative to it."""
    store, name = open_store(url)
    try:
        found = store.find(name, detail=True)
    except FileNotFoundError:
        return {}
    except Exception as error:  # each store has errors of its own
        raise explain_fault(url, error) from error
    above = f"{name.rstrip('/')}/"
    return {
        path.removeprefix(above): StoredObject(int(info["size"]), _stamp(info))
        for path, info in found.items()
        if info["type"] == "file" and path.startswith(above)
    }


def _stamp(info: Mapping[str, Any]) -> Stamp:
    told = [str(info[name]) for name in ("ETag", "etag", "generation", "md5Hash", "mtime", "created", "LastModified") if name in info]
    return f"{info['size']} {' '.join(told[:2])}"
