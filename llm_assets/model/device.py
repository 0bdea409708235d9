"""Where a model runs."""

from __future__ import annotations

import torch

from llm_assets.errors import ConfigError

AUTO = "auto"


def choose_device(name: str) -> str:
    """A device that torch knows: the one named, or for ``auto`` the GPU where there is one, else the processor.

    Raises ConfigError where torch does not know the name, or has no such device here.
    """
    if name == AUTO:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ConfigError(f"device {name!r} cannot be used here ({str(error).splitlines()[0]}); auto takes what there is") from error
    return name
