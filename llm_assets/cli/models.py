"""``llm-assets generate|next``: what the model says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.shared import Json, app, open_root, print_table, stdout
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    import tokenizers

    from llm_assets.model.transformer import Transformer


@app.command(epilog="Example: llm-assets generate 'The function returns' --tokens 80 --seed 7")
def generate(
    context: typer.Context,
    prompt: str,
    tokens: Annotated[int, typer.Option(help="At most so many tokens.", min=1)] = 100,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token.", min=0)] = 0.8,
    top_k: Annotated[int | None, typer.Option(help="Only the k likeliest tokens.")] = 50,
    seed: int = 0,
    device: str = "auto",
) -> None:
    """Let the trained model go on from a prompt."""
    from llm_assets.sampling.config import Decoding
    from llm_assets.sampling.generate import generate as go_on

    decoding = Decoding(tokens=tokens, temperature=temperature, top_k=top_k, seed=seed)
    text = go_on(*_open_model(context, device), prompt, decoding)
    stdout.print(f"[bold]{for_terminal(prompt)}[/]{for_terminal(text)}", soft_wrap=True)


@app.command("next", epilog="Example: llm-assets next 'The function returns a'")
def next_token(
    context: typer.Context,
    prompt: str,
    top: Annotated[int, typer.Option(help="How many candidates.", min=1)] = 10,
    device: str = "auto",
    as_json: Json = False,
) -> None:
    """The likeliest next tokens, with their probabilities."""
    from llm_assets.sampling.next_token import next_tokens

    candidates = next_tokens(*_open_model(context, device), prompt, top)
    print_table([{"token": each.text, "id": each.token, "probability": each.probability} for each in candidates], as_json)


def _open_model(context: typer.Context, device: str) -> tuple[Transformer, tokenizers.Tokenizer]:
    from llm_assets.model.device import choose_device
    from llm_assets.model.export import load_model
    from llm_assets.tokenizer.bpe import load_tokenizer

    model = open_root(context).artefact("trained_model")
    return load_model(model.folder, choose_device(device)), load_tokenizer(model.path("tokenizer.json"))
