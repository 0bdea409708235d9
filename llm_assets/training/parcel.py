"""What goes to a machine that only trains, and what comes back from it.

    pack.json           files of the shards and of the tokenizer, with their hashes, and what training them is called
    training.toml       the recipe's sections [model] and [training], every default resolved
    shards/CRAWL/…      token shards
    tokenizer/…         the tokenizer's folder
    llm_assets/…        this program
    README.md           the one command

Training leaves ``receipt.json`` in the model's folder: the same name for what was trained, the report, and the hashes of
the model's files.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact, FileEntry, hash_file, put_text
from llm_assets.formats.shard import list_shards, read_header
from llm_assets.model.config import Model
from llm_assets.report import Report
from llm_assets.section import Section, fingerprint
from llm_assets.training.config import Training

PACK, RECEIPT, CONFIG = "pack.json", "receipt.json", "training.toml"
SPLITS = ("train", "validation")
TOKENIZER = "tokenizer"
LIBRARY = Path(__file__).parents[1]

_README = """\
# A training run, packed by llm-assets

On the machine that trains, in this folder:

    pip install torch pytorch_lightning numpy tokenizers safetensors pydantic
    python -m llm_assets.training --shards . --out model

A run that was killed goes on where it was when the same command is given again. Then bring the folder `model` back, and at home:

    llm-assets train adopt model
"""


def name_training(shards: Sequence[Artefact], tokenizer: Artefact, config: Training, model: Model) -> str:
    """sha256 (hex) of all that decides the weights: both sections, the tokenizer, the tokens in their order."""
    digest = hash_file(tokenizer.path("tokenizer.json"))
    payloads = [read_header(path).payload_sha256 for split in SPLITS for each in shards for path in list_shards(each, split)]
    return fingerprint([config.fingerprint(), model.fingerprint(), digest, payloads])


def list_pack(shards: Mapping[str, Artefact], tokenizer: Artefact) -> dict[str, tuple[Path, FileEntry]]:
    """What a pack holds of the data, by its path there: where it lies now, and its size and hash."""
    folders = {f"shards/{name}": artefact for name, artefact in shards.items()} | {TOKENIZER: tokenizer}
    return {
        f"{folder}/{entry.path}": (artefact.path(entry.path), entry)
        for folder, artefact in folders.items()
        for entry in artefact.files
        if folder == TOKENIZER or entry.path.endswith(".tokens")
    }


def write_pack(target: Path, shards: Mapping[str, Artefact], tokenizer: Artefact, config: Training, model: Model) -> None:
    """Writes a pack into a new folder. ``pack.json`` comes last, so that half a pack is none."""
    files = list_pack(shards, tokenizer)
    for path, (source, _) in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / path)
    shutil.copytree(LIBRARY, target / LIBRARY.name, ignore=shutil.ignore_patterns("__pycache__"))
    (target / CONFIG).write_text(f"[model]\n{_to_toml(model)}\n[training]\n{_to_toml(config)}", encoding="utf-8")
    (target / "README.md").write_text(_README, encoding="utf-8")
    content = {
        "training": name_training(list(shards.values()), tokenizer, config, model),
        "crawls": list(shards),
        "files": [asdict(FileEntry(path, entry.bytes, entry.sha256)) for path, (_, entry) in files.items()],
    }
    put_text(target / PACK, json.dumps(content, indent=1) + "\n")


def read_pack(folder: Path) -> tuple[list[Artefact], Artefact]:
    """Shards by crawl, in the order of the training set, and the tokenizer. DataError where a file is not what was packed."""
    files = list_packed(folder)
    _check_files(folder, [each for each in files if not each.path.endswith(".tokens")])  # training hashes the shards as it opens them

    def part(name: str) -> Artefact:
        inside = (each for each in files if each.path.startswith(f"{name}/"))
        return Artefact(folder / name, tuple(FileEntry(each.path.removeprefix(f"{name}/"), each.bytes, each.sha256) for each in inside))

    return [part(f"shards/{crawl}") for crawl in _read_json(folder / PACK)["crawls"]], part(TOKENIZER)


def list_packed(folder: Path) -> list[FileEntry]:
    """The data of a pack, as its ``pack.json`` tells. DataError where that cannot be read."""
    try:
        return [FileEntry(**entry) for entry in _read_json(folder / PACK)["files"]]
    except (KeyError, TypeError) as error:
        raise DataError(f"the list of the pack's files cannot be read: {error!r}", folder / PACK) from error


@dataclass(frozen=True)
class Receipt:
    """What came back: which training it was, what it came to, and the model's files."""

    training: str
    report: Report
    files: tuple[FileEntry, ...]


def write_receipt(folder: Path, training: str, report: Report) -> None:
    """Signs for the files of a model's folder."""
    files = [asdict(entry) for entry in Artefact.of_folder(folder).files if entry.path != RECEIPT]
    put_text(folder / RECEIPT, json.dumps({"training": training, "report": asdict(report), "files": files}, indent=1) + "\n")


def read_receipt(folder: Path) -> Receipt:
    """The receipt of a model's folder. DataError where there is none, or a file is not the one it was written for."""
    content = _read_json(folder / RECEIPT)
    try:
        report = content["report"]
        receipt = Receipt(
            content["training"],
            Report(**{**report, "warnings": tuple(report["warnings"])}),
            tuple(FileEntry(**entry) for entry in content["files"]),
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"the receipt cannot be read: {error!r}", folder / RECEIPT) from error
    _check_files(folder, receipt.files)
    return receipt


def _check_files(folder: Path, files: Iterable[FileEntry]) -> None:
    place = folder.resolve()
    for entry in files:
        path = folder / entry.path
        if not path.resolve().is_relative_to(place):
            raise DataError(f"a file outside the folder is named: {entry.path}", folder)
        if not path.is_file():
            raise DataError("a file is missing; copy the folder again", path)
        if hash_file(path) != entry.sha256:
            raise DataError("the file is not the one that was written here; copy the folder again", path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError("the file is missing: the folder is not whole, or was not written by llm-assets", path) from error
    except ValueError as error:
        raise DataError(f"this is no JSON: {error}", path) from error
    if not isinstance(content, dict):
        raise DataError("this is no JSON object", path)
    return content


def _to_toml(section: Section) -> str:
    """The keys of a flat section; what has no value is left out. JSON writes such values as TOML does."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in section.model_dump(mode="json").items() if value is not None)
