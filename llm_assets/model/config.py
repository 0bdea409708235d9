"""What a model looks like: the recipe's section, and the dimensions that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from llm_assets.errors import ConfigError
from llm_assets.section import Section

WIDTH_PER_LAYER = 64
HEAD_WIDTH = 64
HIDDEN_MULTIPLE = 64


class Model(Section):
    """A decoder of the Llama family (Touvron et al. 2023): RoPE, RMSNorm, SwiGLU, grouped queries.

    ``layers`` is the depth dial: what is not given follows from it, so that one number makes the model larger or smaller.
    """

    layers: int = Field(default=4, ge=1)
    """Blocks of attention and feed-forward."""

    width: int | None = Field(default=None, ge=2)
    """Channels of the residual stream; 64 a layer when not given."""

    heads: int | None = Field(default=None, ge=1)
    """Query heads; one for every 64 channels when not given."""

    key_value_heads: int | None = Field(default=None, ge=1)
    """Key and value heads, each shared by ``heads / key_value_heads`` query heads (Ainslie et al. 2023); ``heads`` when not given."""

    hidden: int | None = Field(default=None, ge=1)
    """Channels inside the feed-forward; 8/3 of the width, up to a multiple of 64, when not given (Shazeer 2020)."""

    context: int = Field(default=512, ge=1)
    """Tokens a window: what the model is trained on, and the most it sees."""

    rope_theta: float = Field(default=10_000.0, gt=0)
    """Base of the rotary wavelengths (Su et al. 2021)."""

    norm_epsilon: float = Field(default=1e-5, gt=0)
    """Added to the mean square inside RMSNorm."""

    tied_embeddings: bool = True
    """Whether the output head is the embedding matrix (Press and Wolf 2017)."""

    qk_norm: bool = False
    """Whether queries and keys are normalised a head, as in Qwen3: steadier at high learning rates (Dehghani et al. 2023)."""

    def dimensions(self, vocabulary: int) -> Dimensions:
        """Every size resolved, for a vocabulary of so many tokens. ConfigError where they do not divide."""
        width = self.width or WIDTH_PER_LAYER * self.layers
        heads = self.heads or max(1, width // HEAD_WIDTH)
        key_value_heads = self.key_value_heads or heads
        if width % (2 * heads):
            raise ConfigError(f"model.width is {width}, which {heads} heads cannot share in even parts, as RoPE needs")
        if heads % key_value_heads:
            raise ConfigError(f"model.key_value_heads is {key_value_heads}; it must divide the {heads} heads")
        return Dimensions(
            vocabulary=vocabulary,
            context=self.context,
            layers=self.layers,
            width=width,
            heads=heads,
            key_value_heads=key_value_heads,
            hidden=self.hidden or -(-8 * width // 3 // HIDDEN_MULTIPLE) * HIDDEN_MULTIPLE,
            rope_theta=self.rope_theta,
            norm_epsilon=self.norm_epsilon,
            tied_embeddings=self.tied_embeddings,
            qk_norm=self.qk_norm,
        )


@dataclass(frozen=True)
class Dimensions:
    """The sizes of one model; see :class:`Model` for what each means."""

    vocabulary: int
    context: int
    layers: int
    width: int
    heads: int
    key_value_heads: int
    hidden: int
    rope_theta: float = 10_000.0
    norm_epsilon: float = 1e-5
    tied_embeddings: bool = True
    qk_norm: bool = False

    @property
    def head_width(self) -> int:
        """Channels of one head."""
        return self.width // self.heads

    @property
    def parameters(self) -> int:
        """All trained numbers; a tied matrix counts once."""
        attention = 2 * self.width * self.head_width * (self.heads + self.key_value_heads)
        feed_forward = 3 * self.width * self.hidden
        norms = 2 * self.width + (2 * self.head_width if self.qk_norm else 0)
        matrices = 1 if self.tied_embeddings else 2
        return self.layers * (attention + feed_forward + norms) + self.width + matrices * self.vocabulary * self.width

    @property
    def flops_per_token(self) -> int:
        """Operations of a forward and backward pass, a token: 6N + 12 · layers · heads · head width · context.

        N leaves out the embedding, which is looked up, and counts the head, which is multiplied (Chowdhery et al. 2022,
        appendix B).
        """
        looked_up = 0 if self.tied_embeddings else self.vocabulary * self.width
        attention = 12 * self.layers * self.heads * self.head_width * self.context
        return 6 * (self.parameters - looked_up) + attention
