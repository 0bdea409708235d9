"""The recipe's section ``pii``."""

from __future__ import annotations

from pydantic import field_validator

from llm_assets.pii import KINDS
from llm_assets.pii.kinds import Kind, Replacement
from llm_assets.section import Section


class Pii(Section):
    """Which personal data is taken out of the corpus, and what stands in for it."""

    kinds: tuple[str, ...] = ("email", "ip_address")
    """Kinds to replace, each once; FineWeb replaces these two. Empty leaves texts as they are."""

    replacement: Replacement = "fineweb"
    """``fineweb``: stand-ins from a reserved list that read like the real thing; ``tags``: ``<EMAIL>``, ``<IP_ADDRESS>`` …"""

    @field_validator("kinds")
    @classmethod
    def _check_kinds(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in KINDS:
                raise ValueError(f"{name!r} is no kind of personal data; there are {', '.join(KINDS)}")
        if len(set(names)) != len(names):
            raise ValueError("a kind is named twice")
        return names

    def selected_kinds(self) -> tuple[Kind, ...]:
        """The kinds themselves, in the order of the table: how a recipe orders them decides nothing."""
        return tuple(kind for kind in KINDS.values() if kind.name in self.kinds)
