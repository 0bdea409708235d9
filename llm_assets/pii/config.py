"""The recipe's section ``pii``."""

from __future__ import annotations

from typing import Self

from pydantic import field_validator, model_validator

from llm_assets.pii import KINDS
from llm_assets.pii.kinds import Kind, Replacement
from llm_assets.pii.names import NAME, name_kind
from llm_assets.section import Section


class Pii(Section):
    """Which personal data is taken out of the corpus, and what stands in for it."""

    kinds: tuple[str, ...] = ("email", "ip_address")
    """Kinds to replace, each once; FineWeb replaces these two. Empty leaves texts as they are."""

    replacement: Replacement = "fineweb"
    """``fineweb``: stand-ins from a reserved list that read like the real thing; ``tags``: ``<EMAIL>``, ``<IP_ADDRESS>`` …"""

    model: str | None = None
    """For kind ``presidio``: the spaCy package that finds names, such as ``en_core_web_sm``. It must be installed."""

    @field_validator("kinds")
    @classmethod
    def _check_kinds(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in (*KINDS, NAME):
                raise ValueError(f"{name!r} is no kind of personal data; there are {', '.join((*KINDS, NAME))}")
        if len(set(names)) != len(names):
            raise ValueError("a kind is named twice")
        return names

    @model_validator(mode="after")
    def _check_model(self) -> Self:
        if (self.model is not None) != (NAME in self.kinds):
            raise ValueError(f"model: a spaCy package is to be named with kind {NAME}, and with no other")
        return self

    def selected_kinds(self) -> tuple[Kind, ...]:
        """The kinds themselves, in the order of the table: how a recipe orders them decides nothing.

        ConfigError where one of them wants what is not installed.
        """
        kinds = tuple(kind for kind in KINDS.values() if kind.name in self.kinds)
        return kinds if self.model is None else (*kinds, name_kind(self.model))
