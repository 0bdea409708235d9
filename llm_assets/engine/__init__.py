"""Where the work items of a stage run, how far they are, and what a killed run had finished of them.

A stage hands over a picklable function and its items (one a file, as a rule) and gets the results in the order of the
items, whatever finished first. So the number of workers never decides a byte.

    engine.map(measure, parts, "measuring signals")                     results in order
    engine.write_parts(extract, files, "extracting text", outputs)      the same, and no file twice after a kill
    advance(1, share)                                                   said by the function, from wherever it runs
    engine.progress("crawling", 120, 500, "pages")                      said by a stage that maps nothing
"""

from llm_assets.engine.contract import Engine, Progress, no_progress
from llm_assets.engine.documents import read_documents
from llm_assets.engine.journal import ResumingEngine, open_journal
from llm_assets.engine.local import LocalEngine
from llm_assets.engine.meter import advance
from llm_assets.engine.ray_engine import RayEngine

__all__ = ["Engine", "LocalEngine", "Progress", "RayEngine", "ResumingEngine", "advance", "no_progress", "open_journal", "read_documents"]
