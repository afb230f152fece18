"""The random states of this process, on the CPU and on its GPU."""

import torch
from torch import Tensor


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The states for a run on ``device``."""
    state = {"cpu": torch.get_rng_state()}
    return state | {"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else state


def set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    """Restore ``state``; a run that has moved from a CPU to a GPU keeps the GPU's fresh state."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)
