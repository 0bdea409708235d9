"""``llm-assets generate|next``: what the model says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.shared import MODEL, Json, app, examples, open_root, require_text, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    import tokenizers

    from llm_assets.model.transformer import Transformer

Prompt = Annotated[str, typer.Argument(metavar="PROMPT", help="The beginning of a text; may be empty.")]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="Where the model runs: auto, cpu, cuda.")]


@app.command(rich_help_panel=MODEL, epilog=examples("llm-assets generate 'The function returns' --tokens 80 --seed 7"))
def generate(
    context: typer.Context,
    prompt: Prompt,
    tokens: Annotated[int, typer.Option(metavar="N", help="At most so many tokens.", min=1)] = 100,
    temperature: Annotated[
        float, typer.Option(metavar="T", help="Below 1 the likely becomes likelier; 0 takes the likeliest.", min=0)
    ] = 0.8,
    top_k: Annotated[int | None, typer.Option(metavar="K", help="Only the k likeliest tokens.", min=1)] = 50,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws the tokens: the same one gives the same text.", min=0)] = 0,
    device: Device = "auto",
) -> None:
    """Let the trained model go on from a prompt."""
    model, tokenizer = _open_model(context, prompt, device)
    from llm_assets.sampling.config import Decoding
    from llm_assets.sampling.generate import generate as go_on

    text = go_on(model, tokenizer, prompt, Decoding(tokens=tokens, temperature=temperature, top_k=top_k, seed=seed))
    stdout.print(f"[bold]{for_terminal(prompt)}[/]{for_terminal(text)}", soft_wrap=True)


@app.command(
    "next", rich_help_panel=MODEL, epilog=examples("llm-assets next 'The function returns a'", "llm-assets next 'import ' --top 3 --json")
)
def next_token(
    context: typer.Context,
    prompt: Prompt,
    top: Annotated[int, typer.Option(metavar="N", help="How many candidates.", min=1)] = 10,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """The likeliest next tokens, with their probabilities."""
    model, tokenizer = _open_model(context, prompt, device)
    from llm_assets.sampling.next_token import next_tokens

    rows = [
        {"token": each.text if as_json else repr(each.text), "token_id": each.token, "probability": each.probability}
        for each in next_tokens(model, tokenizer, prompt, top)
    ]
    print_table(rows, as_json, formats={"token_id": "{}", "probability": "{:.2%}"})


def _open_model(context: typer.Context, prompt: str, device: str) -> tuple[Transformer, tokenizers.Tokenizer]:
    """The root's model and its tokenizer; looked for before anything heavy is imported."""
    artefact = open_root(context).artefact("trained_model")
    require_text(prompt, "prompt")
    from llm_assets.sampling.generate import open_model

    return open_model(artefact.folder, device)
