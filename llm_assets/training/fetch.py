"""What a run is trained on, out of an object store: a pack, or an output of a data root."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path, PurePosixPath

from llm_assets.errors import DataError
from llm_assets.formats.cache import cache_files, read_stored
from llm_assets.formats.manifest import MANIFEST, Manifest, put_manifest, put_text
from llm_assets.training.parcel import CONFIG, PACK, list_packed


def fetch_data(url: str, cache: Path) -> Path:
    """A local folder with what lies at ``url``: a pack, or the place of an output (``…/token_shards/CRAWL``, ``…/tokenizer``).

    Of an output, tables are left out. DataError where neither lies there: without the hashes that both come with, no byte could
    be believed. Other errors are those of :func:`~llm_assets.formats.cache.cache_files`.
    """
    url = url.rstrip("/")
    if (pack := read_stored(f"{url}/{PACK}")) is not None:
        config = read_stored(f"{url}/{CONFIG}")
        if config is None:
            raise DataError("the file is missing: the pack is not whole", f"{url}/{CONFIG}")
        folder = _choose_folder(cache, pack, config)
        put_text(folder / CONFIG, config)
        put_text(folder / PACK, pack)
        cache_files(url, list_packed(folder), cache, folder)
        return folder
    if (text := read_stored(f"{url}/{MANIFEST}")) is not None:
        try:
            manifest = Manifest.from_json(text)
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"the manifest is damaged: {error!r}", f"{url}/{MANIFEST}") from error
        if manifest.folder in ("", "..") or PurePosixPath(manifest.folder).name != manifest.folder:
            raise DataError(f"the manifest names no folder beside it: {manifest.folder!r}", f"{url}/{MANIFEST}")
        folder = _choose_folder(cache, text)
        manifest = replace(manifest, files=tuple(entry for entry in manifest.files if not entry.path.endswith(".parquet")))
        cache_files(f"{url}/{manifest.folder}", manifest.files, cache, folder / manifest.folder)
        put_manifest(folder, manifest)
        return folder
    raise DataError(f"neither {PACK} nor {MANIFEST} lies here; `llm-assets train pack DIR` writes a folder to upload", url)


def _choose_folder(cache: Path, *texts: str) -> Path:
    return cache / "folders" / hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
