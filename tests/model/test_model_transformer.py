"""The forward pass: what it starts from, what it can learn, and that the cache changes nothing."""

from __future__ import annotations

import math

import pytest
import torch

from llm_assets.errors import ConfigError
from llm_assets.model.config import Model
from llm_assets.model.score import CPU_LOGITS, next_token_loss, score_windows, token_losses
from llm_assets.model.transformer import Cache, Transformer

MODELS = [
    Model(layers=2, width=64, heads=4, context=16),
    Model(layers=2, width=64, heads=4, key_value_heads=1, context=16),
    Model(layers=2, width=64, heads=4, context=16, tied_embeddings=False, qk_norm=True),
]


def draw_tokens(vocabulary: int, *shape: int) -> torch.Tensor:
    return torch.randint(vocabulary, shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(("vocabulary", "width"), [(256, 64), (4096, 192), (32768, 768)])
def test_the_first_loss_is_that_of_a_guess(tied: bool, vocabulary: int, width: int) -> None:
    model = Transformer(Model(layers=2, width=width, context=32, tied_embeddings=tied).dimensions(vocabulary))
    tokens = draw_tokens(vocabulary, 4, 33)
    assert next_token_loss(model, tokens[:, :-1], tokens[:, 1:]).item() == pytest.approx(math.log(vocabulary), rel=0.02)


@pytest.mark.parametrize("config", MODELS)
def test_one_batch_is_learnt_by_heart(config: Model) -> None:
    model = Transformer(config.dimensions(50))
    tokens = draw_tokens(50, 4, 17)
    tokens[:, 0] = torch.arange(4)  # windows that begin alike could not be told apart
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(150):
        loss = next_token_loss(model, tokens[:, :-1], tokens[:, 1:])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() < 0.01


@pytest.mark.parametrize("config", MODELS)
@pytest.mark.parametrize("first", [1, 5, 16])
def test_the_cache_gives_the_logits_of_the_whole_window(config: Model, first: int) -> None:
    model = Transformer(config.dimensions(50))
    tokens = draw_tokens(50, 2, 16)
    cache = Cache(model.dimensions, windows=2)
    with torch.no_grad():
        parts = [model(tokens[:, :first], cache)] + [model(tokens[:, place : place + 1], cache) for place in range(first, 16)]
        torch.testing.assert_close(torch.cat(parts, dim=1), model(tokens), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("config", MODELS)
def test_no_token_sees_a_later_one(config: Model) -> None:
    model = Transformer(config.dimensions(50))
    tokens = draw_tokens(50, 1, 16)
    changed = tokens.clone()
    changed[0, 10] = (changed[0, 10] + 1) % 50
    with torch.no_grad():
        assert torch.equal(model(tokens)[:, :10], model(changed)[:, :10])
        assert not torch.equal(model(tokens)[:, 10:], model(changed)[:, 10:])


def test_more_tokens_than_the_context_are_refused() -> None:
    model = Transformer(MODELS[0].dimensions(50))
    with pytest.raises(ValueError, match="17 tokens are more than the model's context of 16"):
        model(draw_tokens(50, 1, 17))


@pytest.mark.parametrize("config", MODELS)
def test_parameters_are_counted_as_they_are(config: Model) -> None:
    dimensions = config.dimensions(50)
    assert dimensions.parameters == sum(weight.numel() for weight in Transformer(dimensions).parameters())


def test_operations_leave_out_the_embedding_and_count_the_head() -> None:
    tied = Model(layers=2, width=64, heads=4, context=16)
    untied = tied.model_copy(update={"tied_embeddings": False})
    assert tied.dimensions(50).flops_per_token == untied.dimensions(50).flops_per_token
    assert tied.dimensions(50).flops_per_token == 6 * tied.dimensions(50).parameters + 12 * 2 * 64 * 16


def test_a_seed_decides_the_weights_and_leaves_the_global_generator_alone() -> None:
    state = torch.get_rng_state()
    one, same, other = (Transformer(MODELS[0].dimensions(50), seed=seed).embed_tokens.weight for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("config", "key"),
    [(Model(width=64, heads=5), "model.width"), (Model(width=64, heads=4, key_value_heads=3), "model.key_value_heads")],
)
def test_sizes_that_do_not_divide_are_refused_by_name(config: Model, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        config.dimensions(50)


def test_the_loss_in_pieces_is_the_loss_of_the_whole() -> None:
    vocabulary = CPU_LOGITS // 20
    model = Transformer(Model(layers=1, width=8, heads=1, context=16).dimensions(vocabulary))
    tokens = draw_tokens(vocabulary, 3, 17)
    whole = torch.nn.functional.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
    torch.testing.assert_close(next_token_loss(model, tokens[:, :-1], tokens[:, 1:]), whole)


def test_bits_per_byte_leave_out_tokens_without_bytes() -> None:
    model = Transformer(MODELS[0].dimensions(50))
    tokens = draw_tokens(50, 2, 17)
    lengths = [0, *range(1, 50)]
    score = score_windows(model, [(tokens[:, :-1], tokens[:, 1:])], lengths)
    losses, targets = token_losses(model, tokens[:, :-1], tokens[:, 1:]).flatten().tolist(), tokens[:, 1:].flatten().tolist()
    assert 0 in targets
    nats = sum(loss for loss, target in zip(losses, targets, strict=True) if target)
    assert score.bits_per_byte == pytest.approx(nats / math.log(2) / sum(targets), rel=1e-6)
    assert score.loss == pytest.approx(sum(losses) / len(losses), rel=1e-6)
