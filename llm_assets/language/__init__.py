"""Language identifiers: texts in, their languages and scores out.

An identifier takes a String series without nulls and gives a DataFrame of the same height: ``language`` (ISO 639 code, ``und``
where it sees nothing to go by) and ``language_score`` (0 to 1; 0 for ``und``). It reads nothing but the text, so that a document
has the same language whatever stands beside it.
"""

from __future__ import annotations

from llm_assets.language.fasttext import identify_fasttext
from llm_assets.language.langdetect import identify_langdetect
from llm_assets.language.py3langid import identify_py3langid
from llm_assets.language.second_opinion import identify_second_opinion

IDENTIFIERS = {"second_opinion": identify_second_opinion, "py3langid": identify_py3langid, "langdetect": identify_langdetect}
"""Those that bring their model along."""

TRAINED = {"fasttext": identify_fasttext}
"""Those that take the folder of a model beside the texts: a side input of the data root."""
