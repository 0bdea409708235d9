"""Continuations, and the guesses at the next token, against the model run without a cache."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tokenizers
import torch

from llm_assets.formats.shard import open_shard
from llm_assets.model.transformer import Transformer
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.continuation import Continuation, advance
from llm_assets.sampling.decode import choose_token
from llm_assets.sampling.generate import encode_prompt, generate, open_model, stream
from llm_assets.sampling.next_token import next_tokens, tabulate_windows
from llm_assets.sampling.score import score_shards
from llm_assets.tokenizer.bpe import end_of_text
from llm_assets.training.batches import Windows

Opened = tuple[Transformer, tokenizers.Tokenizer]
NOTHING = -1
"""An end that no model draws."""


def generate_tokens(model: Transformer, prompt: list[int], decoding: Decoding, end: int) -> list[int]:
    return [token for _, token in advance(model, [Continuation(prompt, decoding)], end)]


def generate_one(opened: Opened, prompt: str, decoding: Decoding) -> str:
    (text,) = generate(*opened, [prompt], [decoding])
    return text


@pytest.fixture(scope="module")
def opened(artefacts: Any) -> Opened:
    return open_model(artefacts[0].folder, "cpu")


@pytest.fixture(scope="module")
def shard(artefacts: Any) -> np.ndarray:
    return open_shard(artefacts[1].path("validation-00000.tokens"))[1]


@pytest.mark.parametrize("decoding", [Decoding(tokens=19, temperature=0), Decoding(tokens=19, top_p=0.9, repetition_penalty=1.3, seed=4)])
def test_the_cache_changes_no_token(opened: Opened, decoding: Decoding) -> None:
    model, tokenizer = opened
    prompt = encode_prompt(tokenizer, "Ünit")
    tokens, generator = list(prompt), torch.Generator().manual_seed(decoding.seed)
    with torch.no_grad():
        for _ in range(decoding.tokens):
            tokens.append(choose_token(model(torch.tensor([tokens]))[0, -1], tokens, decoding, generator))
    assert generate_tokens(model, prompt, decoding, NOTHING) == tokens[len(prompt) :]


@pytest.mark.parametrize("prompt", ["", "Ünit 3", "long " * 40])
def test_a_text_may_outgrow_the_context(opened: Opened, prompt: str) -> None:
    model, tokenizer = opened
    decoding = Decoding(tokens=100)
    assert len(generate_tokens(model, encode_prompt(tokenizer, prompt), decoding, NOTHING)) == 100


def test_the_end_of_text_ends_it_and_is_not_given(opened: Opened) -> None:
    model, tokenizer = opened
    prompt = encode_prompt(tokenizer, "page")
    whole = generate_tokens(model, prompt, Decoding(tokens=20), NOTHING)
    end = whole[7]
    assert generate_tokens(model, prompt, Decoding(tokens=20), end) == whole[: whole.index(end)]


@pytest.mark.parametrize("seed", range(4))
def test_the_pieces_are_the_whole_text(opened: Opened, seed: int) -> None:
    model, tokenizer = opened
    decoding = Decoding(tokens=60, temperature=1.5, top_k=None, seed=seed)
    ids = generate_tokens(model, encode_prompt(tokenizer, "Ü"), decoding, end_of_text(tokenizer))
    assert "".join(piece for _, piece in stream(model, tokenizer, ["Ü"], [decoding])) == tokenizer.decode(ids)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_stop_text_ends_it_and_is_cut_off(opened: Opened, length: int) -> None:
    whole = generate_one(opened, "page", Decoding(tokens=40))
    stop = whole[6 : 6 + length]
    assert generate_one(opened, "page", Decoding(tokens=40, stop=("never there", stop))) == whole[: whole.index(stop)]


def test_the_seed_decides_the_text(opened: Opened) -> None:
    first, same, other = (generate_one(opened, "page", Decoding(tokens=30, temperature=1.5, seed=seed)) for seed in (1, 1, 2))
    assert first == same != other


def test_next_tokens_are_the_models_own_distribution(opened: Opened) -> None:
    model, tokenizer = opened
    every = next_tokens(model, tokenizer, "Ünit", top=10_000).candidates
    assert len(every) == model.dimensions.vocabulary
    assert sum(candidate.probability for candidate in every) == pytest.approx(1, abs=1e-4)
    assert [candidate.probability for candidate in every] == sorted((candidate.probability for candidate in every), reverse=True)
    (greedy,) = generate_tokens(model, encode_prompt(tokenizer, "Ünit"), Decoding(tokens=1, temperature=0), NOTHING)
    assert every[0].token == greedy


def test_a_table_marks_the_token_that_came(opened: Opened, shard: np.ndarray) -> None:
    model, tokenizer = opened
    windows = Windows([shard], model.dimensions.context)
    tables = list(tabulate_windows(model, tokenizer, windows, [0, 3], top=model.dimensions.vocabulary))
    for number, table in zip([0, 3], tables, strict=True):
        assert table.position == (number + 1) * 24
        assert table.correct.token == shard[table.position]
        assert table.candidates[table.rank] == table.correct
        assert table.text == tokenizer.decode(shard[number * 24 : table.position].tolist(), skip_special_tokens=False)


def test_the_score_of_random_weights_is_near_that_of_a_guess(opened: Opened, shard: np.ndarray) -> None:
    model, tokenizer = opened
    score = score_shards(model, tokenizer, Windows([shard], 24))
    assert score.tokens == (len(shard) - 1) // 24 * 24
    assert score.loss == pytest.approx(np.log(320), rel=0.2)
    assert 0 < score.bytes <= sum(len(tokenizer.decode([token]).encode()) + 4 for token in shard.tolist())


def test_a_text_is_the_same_alone_and_among_others(opened: Opened) -> None:
    prompts = ["", "Ünit 3", "write to", "page " * 12, "Ünit"]
    decodings = [Decoding(tokens=tokens, temperature=0.7, top_k=8, seed=seed) for seed, tokens in enumerate((60, 3, 40, 30, 1))]
    together = generate(*opened, prompts, decodings)
    assert together == [generate_one(opened, prompt, decoding) for prompt, decoding in zip(prompts, decodings, strict=True)]


def test_a_text_that_its_reader_ends_leaves_the_others_alone(opened: Opened) -> None:
    model, tokenizer = opened
    texts = [Continuation(encode_prompt(tokenizer, prompt), Decoding(tokens=6)) for prompt in ("page", "Ünit")]
    for text, _ in advance(model, texts, NOTHING):
        text.ended |= text is texts[0]
    assert [text.left for text in texts] == [5, 0]


@pytest.mark.parametrize("correct", [None, " says page"])
def test_the_correct_token_is_marked_where_it_is_told(opened: Opened, correct: str | None) -> None:
    model, tokenizer = opened
    seen = next_tokens(model, tokenizer, "Ünit 3,", top=2, correct=correct)
    assert len(seen.candidates) == 2
    if correct is None:
        assert (seen.correct, seen.rank, seen.bars) == (None, None, seen.candidates)
    else:
        assert seen.correct.token == encode_prompt(tokenizer, correct)[1]
        assert seen.correct in seen.bars


def test_a_window_that_spells_an_address_is_shown_redacted(opened: Opened) -> None:
    model, tokenizer = opened
    seen = next_tokens(model, tokenizer, "write to ada@lovelace.org now")
    assert "lovelace" not in "".join(seen.window)
    assert "<EMAIL>" in seen.window[0]
