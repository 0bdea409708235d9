"""Extraction engines: each takes the main text out of a page.

A new one is a file here with a function of the same form, and a line in the table. Its library is imported in the
function, so that reading a recipe costs none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from llm_assets.extract.engines.blend import extract_with_blend
from llm_assets.extract.engines.resiliparse import extract_with_resiliparse
from llm_assets.extract.engines.settings import EngineSettings
from llm_assets.extract.engines.trafilatura import extract_with_trafilatura

Extractor = Callable[[str, EngineSettings], str]
"""From the HTML of a page to its main text, empty where there is none. Depends on nothing else: not on pages seen before,
nor on the clock. Raises :class:`~llm_assets.extract.engines.settings.TooDeepError`; what else it raises counts as its error."""

ENGINES: Mapping[str, Extractor] = {
    "trafilatura": extract_with_trafilatura,
    "resiliparse": extract_with_resiliparse,
    "blend": extract_with_blend,
}
