"""Shards in an object store, a real S3 protocol spoken on loopback: what is trained on is what was packed, or nothing is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.cache import cache_files
from llm_assets.formats.manifest import Artefact, FileEntry, Manifest, describe_output, hash_file, put_manifest
from llm_assets.formats.shard import write_shard
from llm_assets.model.config import Model
from llm_assets.training.__main__ import main
from llm_assets.training.config import Training
from llm_assets.training.fetch import fetch_data
from llm_assets.training.parcel import write_pack

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

SHARD = "pack/shards/demo/train-00000.tokens"


@pytest.fixture(scope="module")
def server(object_store: Any) -> Any:
    object_store.create_bucket(Bucket="runs")
    return object_store


def upload(client: Any, folder: Path, prefix: str) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".py"):
        client.put_object(Bucket="runs", Key=f"{prefix}/{path.relative_to(folder).as_posix()}", Body=path.read_bytes())


@pytest.fixture
def store(server: Any, corpus: Any, tmp_path: Path) -> Any:
    """A store with a pack in it, as it left home."""
    write_pack(
        tmp_path / "pack", {"demo": corpus.shards}, corpus.tokenizer, Training(windows=4, steps=3), Model(layers=1, width=32, context=16)
    )
    upload(server, tmp_path / "pack", "pack")
    return server


def read(client: Any, key: str) -> bytes:
    content: bytes = client.get_object(Bucket="runs", Key=key)["Body"].read()
    return content


def train(tmp_path: Path, *extra: str, shards: str = "s3://runs/pack", out: str = "model") -> int:
    return main(["--shards", shards, "--out", str(tmp_path / out), "--cache", str(tmp_path / "cache"), *extra])


def test_a_model_of_a_stored_pack_is_that_of_the_pack(store: Any, tmp_path: Path) -> None:
    assert train(tmp_path) == 0
    assert train(tmp_path, shards=str(tmp_path / "pack"), out="local") == 0
    assert hash_file(tmp_path / "model/model.safetensors") == hash_file(tmp_path / "local/model.safetensors")


def test_what_is_kept_is_not_fetched_again(store: Any, tmp_path: Path) -> None:
    folder = fetch_data("s3://runs/pack", tmp_path / "cache")
    store.delete_object(Bucket="runs", Key=SHARD)
    assert fetch_data("s3://runs/pack/", tmp_path / "cache") == folder
    assert (folder / "shards/demo/train-00000.tokens").read_bytes() == (tmp_path / SHARD).read_bytes()


def test_two_packs_share_their_files(store: Any, tmp_path: Path) -> None:
    upload(store, tmp_path / "pack", "again")
    store.put_object(Bucket="runs", Key="again/training.toml", Body=b"[training]\nsteps = 2\n")
    one, other = (fetch_data(f"s3://runs/{name}", tmp_path / "cache") for name in ("pack", "again"))
    assert one != other
    assert (one / "shards/demo/train-00000.tokens").samefile(other / "shards/demo/train-00000.tokens")


def test_a_kept_file_that_was_damaged_is_fetched_again(store: Any, tmp_path: Path) -> None:
    shard = fetch_data("s3://runs/pack", tmp_path / "cache") / "shards/demo/train-00000.tokens"
    content = bytearray(shard.read_bytes())
    content[-7] ^= 1
    shard.write_bytes(content)
    fetch_data("s3://runs/pack", tmp_path / "cache")
    assert shard.read_bytes() == (tmp_path / SHARD).read_bytes()


@pytest.mark.parametrize("position", [5, 100, 4_200, -1])
def test_a_flipped_byte_in_the_store_stops_training_before_it_begins(
    store: Any, tmp_path: Path, position: int, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(read(store, SHARD))
    content[position] ^= 1
    store.put_object(Bucket="runs", Key=SHARD, Body=bytes(content))
    assert train(tmp_path) == 1
    assert "train-00000.tokens: the file is damaged: its sha256 is" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size == len(content)]


def test_a_shard_cut_short_in_the_store_is_refused(store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = read(store, SHARD)
    store.put_object(Bucket="runs", Key=SHARD, Body=content[:-2])
    assert train(tmp_path) == 1
    assert f"the file has {len(content) - 2:,} bytes, its manifest says {len(content):,}" in capsys.readouterr().err


def test_a_shard_that_the_store_lost_is_named(store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.delete_object(Bucket="runs", Key=SHARD)
    assert train(tmp_path) == 1
    assert f"s3://runs/{SHARD}: the store has no such file" in capsys.readouterr().err


def test_shards_of_another_tokenizer_in_the_store_are_refused(
    server: Any, corpus: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_shard(tmp_path / "of/train-00000.tokens", [np.arange(99)], split="train", vocabulary=300, end_of_text=0, tokenizer="0" * 64)
    pack = tmp_path / "pack"
    write_pack(
        pack, {"demo": Artefact.of_folder(tmp_path / "of")}, corpus.tokenizer, Training(steps=1), Model(layers=1, width=32, context=16)
    )
    upload(server, pack, "other")
    assert train(tmp_path, shards="s3://runs/other") == 1
    assert "the shard is of tokenizer 000000000000" in capsys.readouterr().err


def test_an_output_of_a_root_in_a_store_is_read_through_its_manifest(server: Any, corpus: Any, tmp_path: Path) -> None:
    for asset, artefact in (("token_shards/demo", corpus.shards), ("tokenizer", corpus.tokenizer)):
        for entry in artefact.files:
            place = tmp_path / "root" / asset / "v1" / entry.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(artefact.path(entry.path).read_bytes())
        (tmp_path / "root" / asset / "v1" / "table.parquet").write_bytes(b"not needed here")
        put_manifest(tmp_path / "root" / asset, describe_output(asset, None, tmp_path / "root" / asset / "v1", (), "1", {}))
    upload(server, tmp_path / "root", "root")
    config = tmp_path / "train.toml"
    config.write_text("[model]\nlayers = 1\nwidth = 32\ncontext = 16\n[training]\nwindows = 4\nsteps = 3\n")
    for home, out in (("s3://runs/root", "stored"), (str(tmp_path / "root"), "local")):
        told = ("--tokenizer", f"{home}/tokenizer", "--config", str(config))
        assert train(tmp_path, *told, shards=f"{home}/token_shards/demo", out=out) == 0
    assert hash_file(tmp_path / "stored/model.safetensors") == hash_file(tmp_path / "local/model.safetensors")
    assert not list((tmp_path / "cache").rglob("*.parquet"))


@pytest.mark.parametrize("place", ["s3://runs/nothing", "s3://nobody-s/pack"])
def test_a_place_without_hashes_is_refused(store: Any, tmp_path: Path, place: str) -> None:
    with pytest.raises(DataError, match=r"neither pack\.json nor manifest\.json lies here"):
        fetch_data(place, tmp_path / "cache")


@pytest.mark.parametrize("path", ["../../evil", "/etc/evil", "a/../../evil"])
def test_a_manifest_that_names_a_file_outside_its_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError, match="names no file of the folder"):
        cache_files("s3://runs/pack", [FileEntry(path, 1, "0" * 64)], tmp_path / "cache", tmp_path / "cache/folders/x")


@pytest.mark.parametrize("folder", ["..", "../../evil", "/etc", "a/b", ""])
def test_a_manifest_that_names_a_folder_elsewhere_is_refused(server: Any, tmp_path: Path, folder: str) -> None:
    manifest = Manifest("token_shards", "demo", folder, (), "", "1")
    server.put_object(Bucket="runs", Key="strange/manifest.json", Body=manifest.to_json().encode())
    with pytest.raises(DataError, match="names no folder beside it"):
        fetch_data("s3://runs/strange", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_disk_without_room_is_told_before_a_byte_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"1,000,000,000,000,000,000 bytes are to be kept in .* choose another place by --cache"):
        cache_files("s3://runs/pack", [FileEntry("a", 10**18, "0" * 64)], tmp_path / "cache", tmp_path / "cache/folders/x")


def test_without_the_store_s_package_one_is_told_what_to_install(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
sys.modules["s3fs"] = None
from llm_assets.training.fetch import fetch_data
fetch_data("s3://runs/pack", Path("cache"))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "ConfigError: s3://runs/pack/pack.json cannot be read: `pip install s3fs`" in done.stderr


def test_several_processes_fill_one_cache(store: Any, tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from llm_assets.training.fetch import fetch_data
print(fetch_data("s3://runs/pack", Path(sys.argv[1])))
"""
    command = [sys.executable, "-c", program, str(tmp_path / "cache")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    (folder,) = {process.communicate()[0].strip() for process in processes}
    for path in (SHARD, "pack/shards/demo/validation-00000.tokens", "pack/tokenizer/tokenizer.json"):
        assert (Path(folder) / path.removeprefix("pack/")).read_bytes() == (tmp_path / path).read_bytes()
    assert not [path for path in (tmp_path / "cache").rglob("*") if ".part" in path.name or path.name.startswith(".")]
