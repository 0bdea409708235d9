"""``python -m llm_assets.training``: trains from a pack, or from folders of shards and a tokenizer, where only this stage is installed."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from llm_assets.errors import ConfigError, DataError, LLMAssetsError
from llm_assets.formats.manifest import Artefact, open_output, read_manifest
from llm_assets.model.config import Model
from llm_assets.model.device import choose_device
from llm_assets.store.objects import is_stored
from llm_assets.training import stage
from llm_assets.training.config import Training
from llm_assets.training.fetch import fetch_data
from llm_assets.training.machine import Machine, Strategy, is_first_process
from llm_assets.training.parcel import CONFIG, PACK, name_training, read_pack, write_receipt
from llm_assets.training.throughput import Progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; the process's exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m llm_assets.training",
        description="Trains a language model on token shards.",
        epilog="example: python -m llm_assets.training --shards . --out model --devices 8 --strategy fsdp2",
    )
    parser.add_argument(
        "--shards",
        required=True,
        action="append",
        help="a pack, a crawl's place below token_shards, or a folder of .tokens files; also s3://… of the first two; may be given again",
    )
    parser.add_argument("--tokenizer", help="folder with tokenizer.json, here or in a store (a pack has its own)")
    parser.add_argument("--cache", type=Path, help="folder that keeps what comes from a store (default: ~/.cache/llm-assets)")
    parser.add_argument("--out", type=Path, required=True, help="folder that the model is written to")
    parser.add_argument("--config", type=Path, help="TOML or JSON with the recipe's sections [model] and [training] (a pack has its own)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--devices", type=int, default=1, help="how many of a machine train together, a process each (default: 1)")
    parser.add_argument("--nodes", type=int, default=1, help="machines that train together, each started by torchrun (default: 1)")
    parser.add_argument(
        "--strategy", choices=get_args(Strategy), default="ddp", help="several devices hold the whole model each, or a share of it"
    )
    parser.add_argument("--checkpoints", type=Path, help="folder that a killed run goes on from (default: OUT.checkpoints)")
    options = parser.parse_args(arguments)
    try:
        cache = options.cache or Path.home() / ".cache" / "llm-assets"
        folders = [_find_folder(place, cache) for place in options.shards]
        shards, tokenizer = _open_data(folders, None if options.tokenizer is None else _find_folder(options.tokenizer, cache))
        training, model = read_config(options.config or _packed_config(folders[0]))
        machine = Machine(choose_device(options.device), options.devices, options.strategy, options.nodes)
        report = stage.train_model(
            shards,
            tokenizer,
            options.out,
            training,
            model,
            machine,
            options.checkpoints or options.out.with_name(f"{options.out.name}.checkpoints"),
            on_step=_show,
        )
        if not is_first_process():
            return 0
        write_receipt(options.out, name_training(shards, tokenizer, training, model), report)
    except LLMAssetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"windows: {report.kept:,} of {report.read:,}\n")
    sys.stdout.writelines(f"{name}: {figure}\n" for name, figure in report.figures.items())
    sys.stderr.writelines(f"warning: {warning}\n" for warning in report.warnings)
    return 0


def _find_folder(place: str, cache: Path) -> Path:
    return fetch_data(place, cache) if is_stored(place) else Path(place)


def _open_data(folders: Sequence[Path], tokenizer: Path | None) -> tuple[list[Artefact], Artefact]:
    if (folders[0] / PACK).is_file():
        if len(folders) > 1 or tokenizer is not None:
            raise ConfigError(f"{folders[0]} is a pack: it has all shards and the tokenizer in it")
        return read_pack(folders[0])
    if tokenizer is None:
        raise ConfigError(f"{folders[0]} is no pack: --tokenizer must say where its tokenizer is")
    return [_open_folder(folder) for folder in folders], _open_folder(tokenizer)


def _open_folder(folder: Path) -> Artefact:
    """What the manifest there names; without one, what lies there."""
    manifest = read_manifest(folder)
    return Artefact.of_folder(folder) if manifest is None else open_output(folder, manifest)


def _packed_config(folder: Path) -> Path | None:
    return folder / CONFIG if (folder / PACK).is_file() else None


def read_config(path: Path | None) -> tuple[Training, Model]:
    """The two sections of a file; what it does not say, and no file at all, means the defaults."""
    sections: dict[str, Any] = {}
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
            sections = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except FileNotFoundError as error:
            raise DataError("the configuration is missing", path) from error
        except ValueError as error:
            raise DataError(f"this is no {'JSON' if path.suffix == '.json' else 'TOML'}: {error}", path) from error
    if unknown := sections.keys() - {"training", "model"}:
        raise ConfigError(f"{path}: unknown section {', '.join(sorted(unknown))}; there are training and model")
    try:
        name = "training"
        training = Training(**sections.get(name, {}))
        name = "model"
        return training, Model(**sections.get(name, {}))
    except ValidationError as error:
        faults = (".".join([name, *map(str, fault["loc"])]) + f": {fault['msg']}" for fault in error.errors())
        raise ConfigError("; ".join(faults)) from error


def _show(progress: Progress) -> None:
    mfu = "" if progress.mfu is None else f"  {progress.mfu:.1%} of peak"
    sys.stdout.write(
        f"step {progress.step}/{progress.steps}  loss {progress.loss:.4f}  gradient {progress.gradient_norm:.2f}  "
        f"{progress.tokens_per_second:,.0f} tokens/s{mfu}  {progress.seconds_left:,.0f} s left\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
