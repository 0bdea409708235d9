"""Where a model runs. A setting of the machine, never of the recipe."""

from __future__ import annotations

import torch

from llm_assets.errors import ConfigError


def choose_device(name: str = "auto") -> str:
    """``auto`` is the first GPU where there is one, and the CPU otherwise; ConfigError where a device is not here."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"device is {name!r}; it could be auto, cpu, cuda or cuda:N") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device is {name!r}, and torch sees {torch.cuda.device_count()} GPUs here")
    return name
