"""How fast a run is, and what share of the device that is."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

DENSE_BF16_FLOPS = {
    "B200": 2250e12,
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "RTX 4090": 165e12,
}
"""Peak operations a second of dense bf16 products, from the vendor's data sheets (which print the sparse figure larger). A
device is the first whose name holds the key."""


@dataclass(frozen=True)
class Progress:
    """Where a run stands. ``loss`` is the mean since the last point, in nats a token; ``mfu`` the share of the devices' peak, 0..1,
    None where that is not known."""

    step: int
    steps: int
    loss: float
    gradient_norm: float
    learning_rate: float
    tokens_per_second: float
    mfu: float | None
    seconds_left: float

    def metrics(self) -> dict[str, float]:
        """What a logger records, by name."""
        figures = {
            "train/loss": self.loss,
            "train/gradient_norm": self.gradient_norm,
            "train/learning_rate": self.learning_rate,
            "speed/tokens_per_second": self.tokens_per_second,
            "speed/seconds_left": self.seconds_left,
        }
        return figures if self.mfu is None else {**figures, "speed/mfu": self.mfu}


def peak_flops(device: torch.device) -> float | None:
    """Dense bf16 peak of a GPU; None where it is not known."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((peak for key, peak in DENSE_BF16_FLOPS.items() if key in name), None)


class Stopwatch:
    """Seconds that training takes, without what is measured or saved in between."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = time.perf_counter()

    def resume(self) -> None:
        """Counts from now on."""
        self._since = time.perf_counter()

    def pause(self) -> None:
        """Adds the seconds since the last :meth:`resume`."""
        self.seconds += time.perf_counter() - self._since
