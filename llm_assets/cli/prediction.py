"""A prediction on a terminal: the window of tokens, and a bar for each that may come next."""

from __future__ import annotations

from rich.bar import Bar
from rich.table import Table

from llm_assets.cli.shared import stdout
from llm_assets.display import for_terminal
from llm_assets.sampling.picture import TOKEN_LETTERS, show_token
from llm_assets.sampling.prediction import Prediction

BAR_COLUMNS = 40


def print_prediction(seen: Prediction) -> None:
    """The window's tokens apart by colour, then a bar for each candidate; the correct one is green."""
    colours = ("on grey19", "on grey30")
    stdout.print(
        "".join(f"[{colours[place % 2]}]{for_terminal(show_token(text))}[/]" for place, text in enumerate(seen.window)) + " [bold]?[/]",
        soft_wrap=True,
    )
    table = Table(box=None, show_header=False, pad_edge=False)
    highest = max(bar.probability for bar in seen.bars)
    for bar in seen.bars:
        right = seen.correct is not None and bar.token == seen.correct.token
        colour = "green" if right else "bright_black"
        table.add_row(
            f"[{'bold green' if right else 'default'}]{for_terminal(show_token(bar.text, TOKEN_LETTERS))}[/]",
            f"[dim]{bar.token}[/]",
            f"{bar.probability:.2%}",
            Bar(highest, 0, bar.probability, width=BAR_COLUMNS, color=colour),
            "[green]← correct[/]" if right else "",
        )
    stdout.print(table)
    if seen.rank is not None:
        stdout.print(f"[dim]{seen.rank:,} tokens were held likelier than the correct one[/]")
