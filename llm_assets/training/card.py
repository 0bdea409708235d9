"""The model card: what a person who finds the folder alone should know."""

from __future__ import annotations

from collections.abc import Mapping

from llm_assets.model.config import Dimensions
from llm_assets.report import Figure

_CARD = """\
---
library_name: transformers
pipeline_tag: text-generation
tags:
- llm-assets
---

# A language model of {parameters:,} parameters

Trained from scratch by llm-assets on a filtered, deduplicated and scrubbed web crawl. It continues text; it was not taught to
follow instructions or to refuse, and what it says may be false or offensive.

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained(".")
tokenizer = AutoTokenizer.from_pretrained(".")
```

| | |
|---|--:|
{rows}
"""


def write_card(dimensions: Dimensions, figures: Mapping[str, Figure]) -> str:
    """Markdown. ``figures`` are what training came to; only those that the same inputs give again belong here."""
    facts: dict[str, Figure] = {
        "layers": dimensions.layers,
        "width": dimensions.width,
        "heads": dimensions.heads,
        "key and value heads": dimensions.key_value_heads,
        "context": dimensions.context,
        "vocabulary": dimensions.vocabulary,
        **{name.replace("_", " "): figure for name, figure in figures.items()},
    }
    rows = "\n".join(f"| {name} | {_format(figure)} |" for name, figure in facts.items())
    return _CARD.format(parameters=dimensions.parameters, rows=rows)


def _format(figure: Figure) -> str:
    if isinstance(figure, str):
        return figure
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.4f}"
