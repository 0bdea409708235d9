"""A program that takes one step on a root: ``python step_process.py HOME ASSET TEXT``.

It says ``begun``, waits for a line, writes what it reads of its input and TEXT, and says ``ended``; or says what stopped it.
"""

from __future__ import annotations

import sys

from llm_assets.engine import LocalEngine
from llm_assets.errors import LLMAssetsError
from llm_assets.plan import ASSETS
from llm_assets.recipe import read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step

home, asset, text = sys.argv[1:]
root, node = DataRoot.at(home), ASSETS[asset]
try:
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), asset, "a") as step:
        print("begun", flush=True)
        sys.stdin.readline()
        read = [path.read_text() for name in node.reads for path in step.read(name).table(ASSETS[name].kept[0])]
        (step.folder / f"{node.kept[0]}.parquet").write_text("".join([*read, text]))
        step.report = Report(asset, 0, 0)
    print("ended", flush=True)
except LLMAssetsError as error:
    print(type(error).__name__, error, flush=True)
