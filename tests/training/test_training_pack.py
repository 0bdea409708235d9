"""A pack trains on a machine that has little installed, and its model comes back with a receipt."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llm_assets.errors import DataError
from llm_assets.model.config import Model
from llm_assets.training.__main__ import main
from llm_assets.training.config import Training
from llm_assets.training.parcel import name_training, read_pack, read_receipt, write_pack

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

INSTALLED = ("torch", "pytorch-lightning", "numpy", "tokenizers", "safetensors", "pydantic")
MODEL = Model(layers=1, width=32, context=16)
CONFIG = Training(windows=4, steps=4)

BARE = """
import importlib.metadata, sys
from importlib.machinery import PathFinder
allowed = set({allowed!r})
tops = importlib.metadata.packages_distributions()
normal = lambda name: name.lower().replace("_", "-").replace(".", "-")
class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in tops and not allowed & set(map(normal, tops[top])):
            return None
        return super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
find = importlib.metadata.Distribution.from_name
def hide(name):  # Lightning imports what the metadata say is installed
    if normal(name) not in allowed:
        raise importlib.metadata.PackageNotFoundError(name)
    return find(name)
importlib.metadata.Distribution.from_name = hide
sys.path.insert(0, ".")
import llm_assets.training.__main__ as program
assert program.__file__.startswith({folder!r}), program.__file__
import llm_assets.sampling.stage
sys.exit(program.main(["--shards", ".", "--out", "model"]))
"""


def requirements(names: tuple[str, ...]) -> set[str]:
    """The distributions that pip would install for these, without extras."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            needed = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform
        if name not in found:
            found.add(name)
            waiting += [re.split(r"[^\w.-]", each)[0] for each in needed if "extra ==" not in each]
    return found


@pytest.fixture
def pack(corpus: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    write_pack(folder, {"demo": corpus.shards}, corpus.tokenizer, CONFIG, MODEL)
    return folder


def test_a_pack_trains_with_the_program_it_brings_and_little_installed(corpus: Any, pack: Path) -> None:
    script = BARE.format(allowed=sorted(requirements(INSTALLED)), folder=str(pack))
    done = subprocess.run([sys.executable, "-c", script], cwd=pack, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    receipt = read_receipt(pack / "model")
    assert receipt.training == name_training([corpus.shards], corpus.tokenizer, CONFIG, MODEL)
    assert receipt.report.figures["steps"] == 4


def test_a_pack_is_read_as_it_was_written(corpus: Any, pack: Path) -> None:
    (shards,), tokenizer = read_pack(pack)
    assert shards.files == corpus.shards.files
    assert name_training([shards], tokenizer, CONFIG, MODEL) == json.loads((pack / "pack.json").read_text())["training"]


def test_a_changed_tokenizer_in_a_pack_is_refused(pack: Path) -> None:
    path = pack / "tokenizer" / "tokenizer.json"
    path.write_text(path.read_text() + " ")
    with pytest.raises(DataError, match="not the one that was written here"):
        read_pack(pack)


def test_a_flipped_byte_in_a_packed_shard_stops_training_before_it_begins(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = pack / "shards" / "demo" / "train-00000.tokens"
    content = bytearray(path.read_bytes())
    content[-7] ^= 1
    path.write_bytes(content)
    assert main(["--shards", str(pack), "--out", str(pack / "model")]) == 1
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_model_that_changed_on_the_way_is_refused(pack: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--shards", str(pack), "--out", str(pack / "model")]) == 0
    capsys.readouterr()
    path = pack / "model" / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="not the one that was written here"):
        read_receipt(pack / "model")


def test_a_receipt_that_names_a_file_outside_its_folder_is_refused(pack: Path) -> None:
    folder = pack / "model"
    folder.mkdir()
    entry = {"path": "../pack.json", "bytes": 1, "sha256": "0"}
    report = {"stage": "training", "read": 0, "kept": 0, "rejected": {}, "figures": {}, "unit": "windows", "warnings": []}
    (folder / "receipt.json").write_text(json.dumps({"training": "", "report": report, "files": [entry]}))
    with pytest.raises(DataError, match="outside the folder"):
        read_receipt(folder)


def test_half_a_pack_is_none(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pack / "pack.json").unlink()
    shutil.rmtree(pack / "tokenizer")
    assert main(["--shards", str(pack), "--out", str(pack / "model")]) == 1
    assert "is no pack" in capsys.readouterr().err
