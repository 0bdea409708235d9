"""The forward pass of a Llama-family decoder, top to bottom.

Modules bear the names that Hugging Face's Llama gives them, so that the weights are saved as they are. Shapes in comments
use B windows, T tokens, S tokens seen (T and those in the cache), D width, H query heads, K key-value heads, C channels of
a head, V vocabulary.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from torch import Tensor, nn

from llm_assets.model.config import Dimensions

INITIAL_STD = 0.02


class Cache:
    """Keys and values of the tokens seen so far, so that sampling computes each token once.

    Room for ``windows`` sequences of a whole context is taken at once; ``lengths`` tokens of each are filled, which may differ.
    """

    def __init__(
        self, dimensions: Dimensions, windows: int = 1, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        shape = (dimensions.layers, 2, windows, dimensions.key_value_heads, dimensions.context, dimensions.head_width)
        self.store = torch.zeros(shape, device=device, dtype=dtype)
        self.lengths = [0] * windows
        self._rows = torch.arange(windows, device=device)[:, None]
        self._places: slice | Tensor = slice(0, 0)
        self._end = 0

    def begin(self, tokens: int) -> tuple[slice | Tensor, Tensor | None]:
        """Makes ready for the next ``tokens`` of each window.

        Gives their positions, a slice where all windows are equally long and else (B, T), and the mask of what each of them
        sees, (B, 1, T, S); None where a causal one, or all, is right.
        """
        start, self._end = min(self.lengths), max(self.lengths) + tokens
        if start + tokens == self._end:
            self._places = slice(start, self._end)
            if tokens == 1 or start == 0:
                return self._places, None
            places = torch.arange(start, self._end, device=self.store.device)[None]
        else:
            self._places = places = torch.tensor(self.lengths, device=self.store.device)[:, None] + torch.arange(
                tokens, device=self.store.device
            )
        return self._places, torch.arange(self._end, device=self.store.device) <= places[:, None, :, None]

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Adds the newest keys and values of a layer, (B, K, T, C) each, and gives all of them, (B, K, S, C) each."""
        for kind, newest in enumerate((keys, values)):
            # Two indices with a slice between them put their own dimensions first: (B, T, K, C).
            if isinstance(self._places, slice):
                self.store[layer, kind, :, :, self._places] = newest
            else:
                self.store[layer, kind][self._rows, :, self._places] = newest.transpose(1, 2)
        return self.store[layer, 0, :, :, : self._end], self.store[layer, 1, :, :, : self._end]

    def end(self, tokens: int) -> None:
        """Counts what was begun as seen."""
        self.lengths = [length + tokens for length in self.lengths]

    def select(self, windows: Sequence[int]) -> Cache:
        """A cache of these windows alone; of one window, in the very room of this one."""
        selected = copy.copy(self)
        selected.store = self.store.narrow(2, windows[0], 1) if len(windows) == 1 else self.store[:, :, list(windows)]
        selected.lengths = [self.lengths[window] for window in windows]
        selected._rows = self._rows[: len(windows)]
        return selected


def rotary_angles(dimensions: Dimensions) -> tuple[Tensor, Tensor]:
    """Cosine and sine of every position's rotation, (context, C) each: what a channel, and what its partner, is multiplied by."""
    channels = torch.arange(0, dimensions.head_width, 2, dtype=torch.float32)
    frequencies = 1.0 / dimensions.rope_theta ** (channels / dimensions.head_width)
    angles = torch.outer(torch.arange(dimensions.context, dtype=torch.float32), frequencies)
    return torch.cat((angles.cos(), angles.cos()), dim=-1), torch.cat((-angles.sin(), angles.sin()), dim=-1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns each pair of channels by its position's angle (RoPE). ``x`` (B, T, H, C); channel i pairs with i + C / 2."""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)


def mask_documents(documents: Tensor) -> Tensor:
    """What each token may attend to, (B, 1, T, T): itself and the tokens before it that have its number in ``documents``, (B, T)."""
    same = documents[:, None, :, None] == documents[:, None, None, :]
    return same & same.new_ones(same.shape[-2:]).tril()


class RMSNorm(nn.Module):
    """Divides by the root of the mean square, in float32 (Zhang and Sennrich 2019)."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """(…, width) in and out."""
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.epsilon)


class Attention(nn.Module):
    """Causal attention of grouped queries."""

    def __init__(self, dimensions: Dimensions, layer: int) -> None:
        super().__init__()
        self.layer, self.heads, self.head_width = layer, dimensions.heads, dimensions.head_width
        self.grouped = dimensions.key_value_heads < dimensions.heads
        queries = dimensions.heads * dimensions.head_width
        keys = dimensions.key_value_heads * dimensions.head_width
        self.q_proj = nn.Linear(dimensions.width, queries, bias=False)
        self.k_proj = nn.Linear(dimensions.width, keys, bias=False)
        self.v_proj = nn.Linear(dimensions.width, keys, bias=False)
        self.o_proj = nn.Linear(queries, dimensions.width, bias=False)
        if dimensions.qk_norm:
            self.q_norm = RMSNorm(dimensions.head_width, dimensions.norm_epsilon)
            self.k_norm = RMSNorm(dimensions.head_width, dimensions.norm_epsilon)
        self.qk_norm = dimensions.qk_norm

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache | None, mask: Tensor | None) -> Tensor:
        """(B, T, D) in and out; the angles are those of the T positions. Without a mask each token sees all up to itself."""
        windows, tokens, _ = x.shape
        by_head = (windows, tokens, -1, self.head_width)
        q = self.q_proj(x).view(by_head)  # (B, T, H, C)
        k = self.k_proj(x).view(by_head)  # (B, T, K, C)
        v = self.v_proj(x).view(by_head).transpose(1, 2)  # (B, K, T, C)
        if self.qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        q = rotate(q, cos, sin).transpose(1, 2)  # (B, H, T, C)
        k = rotate(k, cos, sin).transpose(1, 2)  # (B, K, T, C)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)  # (B, K, S, C)
        elif mask is not None and self.grouped:  # torch's fast kernels for a GPU take a mask or groups, not both
            k, v = (each.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for each in (k, v))
        causal = mask is None and tokens > 1
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal, enable_gqa=self.grouped)
        joined: Tensor = self.o_proj(y.transpose(1, 2).reshape(windows, tokens, -1))
        return joined


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020)."""

    def __init__(self, dimensions: Dimensions) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(dimensions.width, dimensions.hidden, bias=False)
        self.up_proj = nn.Linear(dimensions.width, dimensions.hidden, bias=False)
        self.down_proj = nn.Linear(dimensions.hidden, dimensions.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) in and out."""
        y: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return y


class Block(nn.Module):
    """Attention, then feed-forward, each on the normalised stream and added back to it."""

    def __init__(self, dimensions: Dimensions, layer: int) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(dimensions.width, dimensions.norm_epsilon)
        self.self_attn = Attention(dimensions, layer)
        self.post_attention_layernorm = RMSNorm(dimensions.width, dimensions.norm_epsilon)
        self.mlp = FeedForward(dimensions)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache | None, mask: Tensor | None) -> Tensor:
        """(B, T, D) in and out."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, cache, mask)
        y: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return y


class Transformer(nn.Module):
    """The model: tokens in, logits of each next token out.

    Weights are drawn on the CPU from ``seed``, so that every device starts from the same ones; without a seed they are
    left unset, for weights that are loaded next.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, dimensions: Dimensions, seed: int | None = 0) -> None:
        super().__init__()
        self.dimensions = dimensions
        with torch.device("meta"):  # torch's own first draw would take time, and numbers of its global generator
            self.embed_tokens = nn.Embedding(dimensions.vocabulary, dimensions.width)
            self.layers = nn.ModuleList(Block(dimensions, layer) for layer in range(dimensions.layers))
            self.norm = RMSNorm(dimensions.width, dimensions.norm_epsilon)
            if not dimensions.tied_embeddings:
                self.lm_head = nn.Linear(dimensions.width, dimensions.vocabulary, bias=False)
        self.to_empty(device="cpu")
        cos, sin = rotary_angles(dimensions)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        if seed is not None:
            self._draw_weights(torch.Generator().manual_seed(seed))

    def _draw_weights(self, generator: torch.Generator) -> None:
        """Normal, narrower where a branch joins the stream (Radford et al. 2019) and for the head of a wide model.

        A tied head scores a token against itself at about std × width: unchecked, that would own the first losses.
        """
        head = "embed_tokens" if self.dimensions.tied_embeddings else "lm_head"
        std = {
            "o_proj": INITIAL_STD / math.sqrt(2 * self.dimensions.layers),
            "down_proj": INITIAL_STD / math.sqrt(2 * self.dimensions.layers),
            head: min(INITIAL_STD, 4.0 / self.dimensions.width),
        }
        for name, weight in self.named_parameters():
            if weight.dim() == 1:
                nn.init.ones_(weight)
            else:
                nn.init.normal_(weight, std=std.get(name.split(".")[-2], INITIAL_STD), generator=generator)

    def hidden_states(self, tokens: Tensor, cache: Cache | None = None, documents: Tensor | None = None) -> Tensor:
        """(B, T) token ids to (B, T, D), what the head reads. With a cache, ``tokens`` follow those that it holds.

        With ``documents``, (B, T), a token attends to those of its own number alone, as if each document stood in a window of its own:
        where in the window it stands makes no difference, since RoPE turns by distance.
        """
        count = tokens.shape[1]
        end = count if cache is None else count + max(cache.lengths)
        if end > self.dimensions.context:
            raise ValueError(f"{end} tokens are more than the model's context of {self.dimensions.context}")
        x = self.embed_tokens(tokens)  # (B, T, D)
        places, mask = (slice(count), None) if cache is None else cache.begin(count)
        # (T, 1, C), or (B, T, 1, C) where windows are of several lengths
        cos, sin = (table[places].to(x.dtype).unsqueeze(-2) for table in (self.cos, self.sin))
        if documents is not None:
            mask = mask_documents(documents)
        for block in self.layers:
            x = block(x, cos, sin, cache, mask)
        if cache is not None:
            cache.end(count)
        y: Tensor = self.norm(x)
        return y

    def head(self, hidden: Tensor) -> Tensor:
        """(…, D) hidden states to (…, V) logits."""
        weight = self.embed_tokens.weight if self.dimensions.tied_embeddings else self.lm_head.weight
        return F.linear(hidden, weight)

    def forward(self, tokens: Tensor, cache: Cache | None = None, documents: Tensor | None = None) -> Tensor:
        """(B, T) token ids to (B, T, V) logits; see :meth:`hidden_states`."""
        return self.head(self.hidden_states(tokens, cache, documents))
