"""``llm-assets generate|next``: what the model says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from llm_assets.cli.prediction import print_prediction
from llm_assets.cli.shared import MODEL, Json, app, examples, open_root, require_text, stdout
from llm_assets.cli.tables import print_json
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    import tokenizers

    from llm_assets.model.transformer import Transformer
    from llm_assets.training.batches import Windows

Device = Annotated[str, typer.Option(metavar="DEVICE", help="Where the model runs: auto, cpu, cuda.")]


@app.command(
    rich_help_panel=MODEL,
    epilog=examples(
        "llm-assets generate 'The function returns' --tokens 80 --seed 7",
        "llm-assets generate 'Once' 'Twice' --temperature 0 --stop '.' --json",
        "llm-assets generate 'A list of' --samples 4 --top-k 0 --top-p 0.9",
    ),
)
def generate(
    context: typer.Context,
    prompts: Annotated[list[str], typer.Argument(metavar="PROMPT…", help="Beginnings of texts; one may be empty.")],
    tokens: Annotated[int, typer.Option(metavar="N", help="At most so many tokens.", min=1)] = 100,
    temperature: Annotated[
        float, typer.Option(metavar="T", help="Below 1 the likely becomes likelier; 0 takes the likeliest.", min=0)
    ] = 0.8,
    top_k: Annotated[int, typer.Option(metavar="K", help="Only the k likeliest tokens; 0 allows all.", min=0)] = 50,
    top_p: Annotated[
        float | None, typer.Option(metavar="P", help="Only the fewest likeliest tokens that hold this probability.", min=0, max=1)
    ] = None,
    min_p: Annotated[
        float | None, typer.Option(metavar="P", help="Only tokens at least this share as likely as the likeliest.", min=0, max=1)
    ] = None,
    repetition_penalty: Annotated[float, typer.Option(metavar="R", help="Above 1, what was said becomes unlikelier.", min=0.01)] = 1.0,
    stop: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="Ends a continuation; may be given several times.")] = None,
    samples: Annotated[int, typer.Option(metavar="N", help="Continuations of each prompt, of seeds one after the other.", min=1)] = 1,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws the tokens: the same one gives the same text.", min=0)] = 0,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Let the trained model go on from a prompt, or from several at once. One alone is printed as it is written."""
    for prompt in prompts:
        require_text(prompt, "prompt")
    model, tokenizer = open_root_model(context, device)
    from llm_assets.sampling import generate as generation
    from llm_assets.sampling.config import Decoding
    from llm_assets.sampling.shown import redact_pieces

    decoding = Decoding(
        tokens=tokens,
        temperature=temperature,
        top_k=top_k or None,
        top_p=top_p or None,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        stop=tuple(text for text in stop or () if text),
        seed=seed,
    )
    repeated = [prompt for prompt in prompts for _ in range(samples)]
    decodings = [decoding.model_copy(update={"seed": seed + number % samples}) for number in range(len(repeated))]
    if as_json or len(repeated) > 1:
        texts = generation.generate(model, tokenizer, repeated, decodings)
        rows = [{"prompt": prompt, "seed": each.seed, "text": text} for prompt, each, text in zip(repeated, decodings, texts, strict=True)]
        if as_json:
            print_json(rows)
            return
        for number, (prompt, text) in enumerate(zip(repeated, texts, strict=True)):
            stdout.print(("\n" if number else "") + f"[bold]{for_terminal(prompt)}[/]{for_terminal(text)}", soft_wrap=True)
        return
    stdout.print(f"[bold]{for_terminal(prompts[0])}[/]", end="", soft_wrap=True)
    for piece in redact_pieces(text for _, text in generation.stream(model, tokenizer, prompts, decodings)):
        stdout.print(Text(piece), end="", soft_wrap=True)
    stdout.print()


@app.command(
    "next",
    rich_help_panel=MODEL,
    epilog=examples(
        "llm-assets next 'The function returns a'",
        "llm-assets next 'The function returns a' --then ' list' --plot next.png",
        "llm-assets next --window 3",
        "llm-assets next 'import ' --top 3 --json",
    ),
)
def next_token(
    context: typer.Context,
    prompt: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="The beginning of a text; may be empty.")] = None,
    then: Annotated[str | None, typer.Option(metavar="TEXT", help="What really came: its first token is marked.")] = None,
    window: Annotated[int | None, typer.Option(metavar="N", help="Instead of a text, this window of the validation split.", min=0)] = None,
    top: Annotated[int, typer.Option(metavar="N", help="How many candidates.", min=1)] = 10,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it as a PNG.")] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """The window of tokens, and the probabilities of the next one; the correct one marked, where it is known."""
    from llm_assets.errors import ConfigError

    if (prompt is None) == (window is None):
        raise ConfigError("give either a text or --window")
    for words, name in ((prompt, "prompt"), (then, "text of --then")):
        require_text(words or "", name)
    model, tokenizer = open_root_model(context, device)
    from llm_assets.sampling import next_token as prediction

    if window is None:
        seen = prediction.next_tokens(model, tokenizer, prompt or "", top, then)
    else:
        windows = _validation_windows(context, model.dimensions.context)
        if window >= len(windows):
            raise ConfigError(f"the validation split has {len(windows):,} windows, numbered from 0")
        (seen,) = prediction.tabulate_windows(model, tokenizer, windows, [window], top)
    if plot is not None:
        from llm_assets.sampling.picture import draw_predictions

        plot.write_bytes(draw_predictions([seen]))
    if as_json:
        print_json(asdict(seen))
    else:
        print_prediction(seen)


def _validation_windows(context: typer.Context, length: int) -> Windows:
    from llm_assets.gate import shards_of
    from llm_assets.training.batches import Windows, open_split

    return Windows([tokens for _, tokens in open_split(list(shards_of(open_root(context)).values()), "validation")], length)


def open_root_model(context: typer.Context, device: str) -> tuple[Transformer, tokenizers.Tokenizer]:
    """The root's model and its tokenizer; looked for before anything heavy is imported."""
    artefact = open_root(context).artefact("trained_model")
    from llm_assets.sampling.generate import open_model

    return open_model(artefact.whole(), device)
