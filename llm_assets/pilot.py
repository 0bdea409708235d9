"""A pilot: a share of a root's documents, in a root of its own below it, through every stage.

What a crawl costs and what its funnel looks like is known from a hundredth of it. The main root is only read: its files are
linked, not copied, its declarations and side inputs taken over as they are now. So documents keep their keys.
"""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

from llm_assets.crawl.declaration import write_declaration
from llm_assets.extract.sample import Sample
from llm_assets.formats.link import link_file
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import Step


def open_pilot(main: DataRoot, sample: Sample) -> DataRoot:
    """The root of a sample, with the crawls and side inputs that ``main`` has now; its recipe is the caller's business.

    ConfigError where ``main`` is a sample itself.
    """
    pilot = main.make_sample(sample)
    take_declarations(main, pilot)
    return pilot


def take_declarations(main: DataRoot, pilot: DataRoot) -> None:
    """Makes the crawls and side inputs of another root those that ``main`` has now."""
    declared = main.crawls(disabled=True)
    for gone in {each.name for each in pilot.crawls(disabled=True)} - {each.name for each in declared}:
        pilot.remove(pilot.declaration_path(gone))
    for each in declared:
        write_declaration(pilot.declaration_path(each.name), each, pilot.put_text)
    for name, digest in main.inputs().items():
        target = pilot.home / "inputs" / name / digest
        if not target.exists():
            _link_tree(main.input_path(name), target)
            pilot.push_folder(target)
        pilot.put_text(target.parent / "current", digest + "\n")


def adopt_files(step: Step) -> Report | None:
    """Links the files that the main root has of the step's crawl, under the numbers they have there.

    None where the step's root is no sample, or the main root has not these files, or not as they are declared now: then
    they are to be collected.
    """
    main = step.root.main
    manifest = main.manifest(step.asset, step.crawl) if main is not None else None
    if main is None or manifest is None:
        return None
    today = Snapshot(main, step.recipe).inputs(step.asset, step.crawl)
    if manifest.code_version != ASSETS[step.asset].code or manifest.inputs != today:
        return None
    artefact = main.artefact(step.asset, step.crawl)
    for entry in artefact.files:
        link_file(artefact.path(entry.path), step.folder / entry.path)
    told = {field.name: manifest.report[field.name] for field in fields(Report)}
    return Report(**{**told, "warnings": tuple(told["warnings"])})


def _link_tree(source: Path, target: Path) -> None:
    waiting = target.with_name(f".{target.name}")
    shutil.rmtree(waiting, ignore_errors=True)
    for path in source.rglob("*"):
        if path.is_file():
            link_file(path, waiting / path.relative_to(source))
    waiting.rename(target)
