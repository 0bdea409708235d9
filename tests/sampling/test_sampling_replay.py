"""A step of fixed shapes, and its recording on a GPU, against the plain one."""

from __future__ import annotations

import pytest
import torch

from llm_assets.model.config import Model
from llm_assets.model.transformer import Cache, Transformer
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.continuation import Continuation, advance
from llm_assets.sampling.replay import LEAST_PLACES, FixedCache, round_up

MODEL = Model(layers=2, width=32, heads=4, key_value_heads=2, context=4 * LEAST_PLACES).dimensions(97)


@torch.no_grad()
def test_a_fixed_step_sees_what_a_plain_one_does() -> None:
    model, lengths = Transformer(MODEL, seed=5), [0, 3, 17]
    plain, fixed = Cache(MODEL, len(lengths)), Cache(MODEL, len(lengths))
    for cache in (plain, fixed):
        cache.store[:] = torch.randn(cache.store.shape, generator=torch.Generator().manual_seed(6))
        cache.lengths = list(lengths)
    tokens = torch.tensor([[1], [2], [3]])
    view = FixedCache(fixed, torch.tensor(lengths)[:, None], LEAST_PLACES)
    torch.testing.assert_close(model(tokens, view), model(tokens, plain))
    torch.testing.assert_close(fixed.store, plain.store)
    with pytest.raises(ValueError, match="one token a window"):
        model(torch.tensor([[1, 2]] * 3), view)


def test_a_step_looks_at_a_round_number_of_places() -> None:
    ends = [round_up(places, 500) for places in (1, LEAST_PLACES, LEAST_PLACES + 1, 500)]
    assert ends == [LEAST_PLACES, LEAST_PLACES, 2 * LEAST_PLACES, 500]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="steps are recorded on a GPU")
@pytest.mark.parametrize("decoding", [Decoding(tokens=700, temperature=0), Decoding(tokens=700, temperature=0.2, repetition_penalty=1.3)])
def test_texts_of_a_gpu_are_those_of_a_cpu(decoding: Decoding) -> None:
    model = Transformer(MODEL, seed=5)
    with torch.no_grad():
        model.embed_tokens.weight.mul_(8)  # so that some tokens are clearly likelier
    prompts = [[1], list(range(90)), [3, 4, 5]]

    def write() -> list[list[int]]:
        texts = [Continuation(prompt, decoding.model_copy(update={"tokens": 700 - 100 * row})) for row, prompt in enumerate(prompts)]
        for _ in advance(model, texts, end=-1):
            pass
        return [text.tokens for text in texts]

    on_cpu = write()
    model.to("cuda")
    assert write() == on_cpu
