"""The reference of all signals as a page, written from what the code itself says of them.

python -m llm_assets.quality.reference > docs/reference/signals.md
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType

from llm_assets.quality import FILTERS, lines, ngrams, segments, sentences, words
from llm_assets.quality.bounds import Bound, Filter
from llm_assets.quality.cleaning import Cleaning
from llm_assets.quality.config import Signals
from llm_assets.section import Section

HEAD = """# Signals

Written by `python -m llm_assets.quality.reference` from the definitions in `llm_assets/quality/`; a test holds the two together.

A signal is a number measured on every document once, by `quality_signals`; it decides nothing. A filter of the recipe puts bounds
on signals, both ends included, and `filtered_docs` holds the numbers against them without reading a text again. A ratio whose
divisor is 0 is NaN, which lies within no bound.

Unless its definition says otherwise, a signal is measured on the text before cleaning.
"""

LANGUAGES = """## Other languages

`language` and `language_score` are measured first: they say which stop words are looked for, and whether words are found by spaces
or by ICU's dictionaries. Thresholds may differ by language; a key left out has the value it has for all others:

```toml
[signals.by_language.de]                    # what is measured: a change measures every document again
stop_words = ["der", "die", "das", "und", "ist", "nicht", "zu", "mit"]

[filters.gopher_quality.by_language.de]     # what is asked: a change is decided from what was measured
max_mean_word_length = 14
```

A list of words for a language is best taken from its own most frequent ones, and a threshold from where the same share of
good documents lies as in English; Penedo et al. 2025 (arXiv:2506.20920) tell how they did both for a thousand languages.
"""

DEFINITIONS: tuple[tuple[str, ModuleType], ...] = (
    ("Words", words),
    ("Words without spaces", segments),
    ("Lines and paragraphs", lines),
    ("Sentences", sentences),
    ("N-grams", ngrams),
)


def render_reference() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    for name, chosen in FILTERS.items():
        parts += [f"## `[filters.{name}]`\n", f"{_first_paragraph(chosen)}\n"]
        if chosen.signals:
            parts.append(_table(("signal", "unit", "definition", "source", "kept where"), _signal_rows(chosen)))
        parts.append(_table(("key", "default", "meaning"), _keys(chosen)))
    parts.append(LANGUAGES)
    for name, section in (("signals", Signals), ("cleaning", Cleaning)):
        parts += [f"## `[{name}]`\n", f"{_first_paragraph(section)}\n", _table(("key", "default", "meaning"), _keys(section))]
    parts.append("## What is counted\n")
    parts += [f"**{title}.** {_prose(module)}\n" for title, module in DEFINITIONS]
    return "\n".join(parts)


def _signal_rows(chosen: type[Filter]) -> Iterator[tuple[str, ...]]:
    asked = {bound.signal: bound for bound in chosen().bounds()}
    for signal in chosen.signals:
        bound = asked.get(signal.name)
        kept = _tell_bound(chosen, bound) if bound else "–"
        yield f"`{signal.name}`", signal.unit, _plain(signal.definition), signal.source or "–", kept


def _tell_bound(chosen: type[Filter], bound: Bound) -> str:
    """The keys that a bound comes from: those that move it."""
    keys = dict.fromkeys(_moving_keys(chosen, bound))
    return " and ".join(f"{'≥' if key.startswith('min_') else '≤'} `{key}`" for key in keys)


def _moving_keys(chosen: type[Filter], bound: Bound) -> Iterator[str]:
    plain = chosen()
    for key in chosen.model_fields:
        value = getattr(plain, key)
        if isinstance(value, int | float):
            moved = plain.model_copy(update={key: value + 1})
            if bound not in list(moved.bounds()):
                yield key


def _keys(section: type[Section]) -> Iterator[tuple[str, ...]]:
    fields = section.model_fields
    for key in sorted(fields, key="by_language".__eq__):  # what a filter has from its kind comes last
        field = fields[key]
        default = field.get_default(call_default_factory=True)
        yield f"`{key}`", f"`{_toml(default)}`", " ".join(_plain(field.description or "").split())


def _toml(value: object) -> str:
    """A default as a recipe writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }" if value else "{}"
    return str(value)


def _first_paragraph(thing: object) -> str:
    return _plain(inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def _prose(module: ModuleType) -> str:
    """A module's docstring without its title line, each paragraph on a line."""
    paragraphs = _plain(inspect.getdoc(module) or "").split("\n\n")[1:]
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)


def _plain(text: str) -> str:
    """Markdown of a docstring: literals in single backquotes, references as literals."""
    return re.sub(r":\w+:`~?([\w.]+)`", r"`\1`", text.replace("``", "`"))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    cells = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells)


if __name__ == "__main__":
    sys.stdout.write(render_reference())
