"""Best-fit packing and attention within documents."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.model.config import Model
from llm_assets.model.score import next_token_loss, score_windows, token_losses
from llm_assets.model.transformer import Transformer
from llm_assets.training.batches import IGNORED, Batches, Windows, in_batches
from llm_assets.training.packing import PackedWindows, pack_best_fit

END, CONTEXT, VOCABULARY = 0, 16, 50
MODELS = [
    Model(layers=2, width=64, heads=4, context=CONTEXT),
    Model(layers=2, width=64, heads=4, key_value_heads=2, context=CONTEXT, tied_embeddings=False, qk_norm=True),
]


def draw_shards(lengths: tuple[tuple[int, ...], ...], seed: int = 1) -> list[np.ndarray]:
    """Shards of documents of so many tokens, end-of-text the last of each."""
    random = np.random.default_rng(seed)
    documents = [[np.append(random.integers(1, VOCABULARY, length - 1), END) for length in shard] for shard in lengths]
    return [np.concatenate(shard).astype(np.uint16) for shard in documents]


SHARDS = draw_shards(((3, 7, 16, 1, 5, 40, 2, 9), (17, 4, 4, 11, 15, 6, 33), (8,)))


def pack(shards: list[np.ndarray] = SHARDS, seed: int = 3, masking: bool = False) -> PackedWindows:
    return PackedWindows(shards, CONTEXT, END, seed, masking=masking)


def documents_of(shard: np.ndarray) -> list[tuple[int, int]]:
    """First and last-but-one place of each document."""
    ends = (np.flatnonzero(shard == END) + 1).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def fill_naively(lengths: list[int], capacity: int) -> list[int]:
    """Best fit of falling lengths, one at a time: the space that is left in each window, sorted."""
    spaces: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [space for space in spaces if space >= length]
        tightest = min(fitting, default=capacity)
        if fitting:
            spaces.remove(tightest)
        spaces.append(tightest - length)
    return sorted(spaces)


@given(st.lists(st.integers(1, 12), max_size=60), st.integers(12, 15))
def test_windows_fill_as_when_each_document_is_placed_by_itself(lengths: list[int], capacity: int) -> None:
    windows = pack_best_fit(np.array(lengths, np.int32), capacity)
    filled = Counter[int]()
    for window, length in zip(windows.tolist(), lengths, strict=True):
        filled[window] += length
    assert sorted(filled) == list(range(len(filled)))
    assert sorted(capacity - tokens for tokens in filled.values()) == fill_naively(lengths, capacity)


def test_every_token_is_a_target_once_an_epoch() -> None:
    windows = pack()
    places = Counter(
        (shard, place)
        for number in range(len(windows))
        for shard, start, length in windows.pieces(number)
        for place in range(start, start + length)
    )
    assert places == Counter((number, place) for number, shard in enumerate(SHARDS) for place in range(shard.size))
    assert windows.tokens == sum(shard.size for shard in SHARDS)


def test_a_document_that_fits_in_a_window_is_whole_in_one() -> None:
    windows = pack()
    pieces = {piece for number in range(len(windows)) for piece in windows.pieces(number)}
    fitting = [(number, start, end - start) for number, shard in enumerate(SHARDS) for start, end in documents_of(shard)]
    assert {each for each in fitting if each[2] <= CONTEXT} <= pieces
    assert len(pieces) == sum(-(-length // CONTEXT) for _, _, length in fitting)


def test_a_target_comes_with_the_token_before_it_which_of_a_document_s_first_is_end_of_text() -> None:
    windows = pack(masking=True)
    for number in range(len(windows)):
        inputs, targets, documents = (part[0].tolist() for part in windows.gather([number]))
        place = 0
        for document, (shard, start, length) in enumerate(windows.pieces(number)):
            tokens = SHARDS[shard].tolist()
            assert targets[place : place + length] == tokens[start : start + length]
            assert inputs[place : place + length] == [tokens[start - 1] if start else END, *tokens[start : start + length - 1]]
            assert documents[place : place + length] == [document] * length
            place += length
        assert set(targets[place:]) <= {IGNORED}
        assert set(documents[place:]) <= {-1}


def test_a_text_that_was_not_ended_is_packed_too() -> None:
    windows = pack([np.array([5, 6, END, 7, 8], np.uint16)])
    assert sorted(windows.pieces(0)) == [(0, 0, 3), (0, 3, 2)]


def test_shards_without_a_token_have_no_window() -> None:
    assert len(pack([np.empty(0, np.uint16)])) == len(pack([])) == 0


def test_the_seed_decides_which_documents_share_a_window() -> None:
    shards = draw_shards((tuple([5] * 40),))
    first, same, other = ([list(windows.pieces(n)) for n in range(len(windows))] for windows in map(pack, [shards] * 3, [1, 1, 2]))
    assert first == same != other


@pytest.mark.parametrize("masking", [False, True])
@pytest.mark.parametrize("together", [1, 100, 1 << 20])
def test_how_many_batches_are_made_at_once_changes_none(masking: bool, together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [[part.tolist() for part in batch] for batch in Batches(pack(masking=masking), 3, 11, seed=4)]
    monkeypatch.setattr("llm_assets.training.batches.TOGETHER", together)
    assert [[part.tolist() for part in batch] for batch in Batches(pack(masking=masking), 3, 11, seed=4)] == expected
    assert len(expected) == 11


@pytest.mark.parametrize("seen", [0, 1, 5, 10, 11])
def test_a_restored_run_sees_what_was_left(seen: int) -> None:
    whole = list(Batches(pack(masking=True), 3, 11, seed=4))
    first = Batches(pack(masking=True), 3, 11, seed=4)
    stream = iter(first)
    for _ in range(seen):
        next(stream)
    resumed = Batches(pack(masking=True), 3, 11, seed=4)
    resumed.load_state_dict(first.state_dict())
    rest = list(resumed)
    assert len(rest) == 11 - seen
    assert all(
        torch.equal(one, other) for left, right in zip(rest, whole[seen:], strict=True) for one, other in zip(left, right, strict=True)
    )


def test_an_epoch_covers_every_packed_window_once() -> None:
    windows = pack()
    batches = Batches(windows, len(windows), 2, seed=4)
    assert [sorted(batches.numbers(epoch).tolist()) for epoch in range(2)] == [list(range(len(windows)))] * 2


@pytest.mark.parametrize("config", MODELS)
def test_a_document_in_a_packed_window_has_the_logits_that_it_has_alone(config: Model) -> None:
    model, windows, compared = Transformer(config.dimensions(VOCABULARY)), pack(masking=True), 0
    for number in range(len(windows)):
        inputs, _, documents = windows.gather([number])
        with torch.no_grad():
            packed = model(inputs, documents=documents)[0]
            for document in range(int(documents.max()) + 1):
                here = documents[0] == document
                torch.testing.assert_close(packed[here], model(inputs[:, here])[0], atol=1e-5, rtol=0)
                compared += 1
    assert compared == sum(len(list(windows.pieces(number))) for number in range(len(windows))) > len(windows)


@pytest.mark.parametrize("config", MODELS)
def test_a_document_in_a_masked_stream_has_the_logits_that_it_has_alone(config: Model) -> None:
    model, windows = Transformer(config.dimensions(VOCABULARY)), Windows(SHARDS, CONTEXT, END)
    inputs, _, documents = windows.gather(range(len(windows)))
    with torch.no_grad():
        streamed, unmasked = model(inputs, documents=documents), model(inputs)
        for row in range(len(windows)):
            begins = [place for place in range(CONTEXT) if place == 0 or inputs[row, place] == END]
            for start, end in zip(begins, [*begins[1:], CONTEXT], strict=True):
                torch.testing.assert_close(streamed[row, start:end], model(inputs[row : row + 1, start:end])[0], atol=1e-5, rtol=0)
    assert (streamed - unmasked).abs().max() > 1e-3


def test_padding_counts_in_no_loss() -> None:
    model = Transformer(MODELS[0].dimensions(VOCABULARY))
    inputs, targets, documents = pack(masking=True).gather(range(len(pack())))
    assert (targets == IGNORED).any()
    losses = token_losses(model, inputs, targets, documents)
    assert set(losses[targets == IGNORED].tolist()) == {0.0}
    torch.testing.assert_close(next_token_loss(model, inputs, targets, documents), losses.sum() / (targets >= 0).sum())


def test_a_masked_split_is_scored_document_by_document() -> None:
    model = Transformer(MODELS[0].dimensions(VOCABULARY))
    (shard,) = draw_shards(((16, 16),))
    masked = score_windows(model, in_batches(Windows([np.append(END, shard)], CONTEXT, END), [0, 1], 1), [1] * VOCABULARY)
    rows = torch.from_numpy(np.stack([np.append(END, shard[start : start + 16]) for start in (0, 16)]).astype(np.int64))
    assert masked.loss == pytest.approx(next_token_loss(model, rows[:, :-1], rows[:, 1:]).item(), rel=1e-5)


def test_a_masked_loss_compiles_into_one_graph() -> None:
    model = Transformer(MODELS[1].dimensions(VOCABULARY))
    batch = pack(masking=True).gather([0, 1])
    compiled: Any = torch.compile(next_token_loss, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(model, *batch), next_token_loss(model, *batch))
