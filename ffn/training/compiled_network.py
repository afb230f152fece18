"""torch.compile for training steps: a graph per frame count, and the plain network where that cannot be had."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

BACKEND = "inductor"
GRAPHS_OF_A_COUNT = 2  # with and without moving running statistics


class CompiledNetwork:
    """``model`` compiled for batches of ``clips`` clips of any of ``num_counts`` frame counts.

    It computes with the model's own parameters, whose names stay. Smaller batches, which unreadable clips leave, run
    uncompiled, as each size would be compiled for minutes. If compiling fails, so does everything else, and ``note``
    is told once.
    """

    def __init__(self, model: nn.Module, *, clips: int, num_counts: int, note: Callable[[str], None]) -> None:
        self.model, self.clips, self.note, self.failed = model, clips, note, False
        torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, GRAPHS_OF_A_COUNT * num_counts)
        self.compiled = torch.compile(model, dynamic=False, backend=BACKEND)

    def __call__(self, clips: Tensor) -> Tensor:
        """Logits of ``clips`` (B, T, 3, H, W)."""
        if self.failed or len(clips) != self.clips:
            return self.model(clips)
        try:
            return self.compiled(clips)
        except TorchDynamoException as error:
            self.failed = True
            self.note(f"it was not compiled, as torch.compile failed: {' '.join(str(error).split())[:200]}")
            return self.model(clips)
