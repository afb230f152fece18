"""torch.compile for training steps: a graph per frame count, and the plain network where that cannot be had."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

from ffn.training.settings import TrainingSettings
from ffn.workers import shard

BACKEND = "inductor"
GRAPHS_OF_A_COUNT = 2  # with and without moving running statistics


class CompiledNetwork:
    """``model`` compiled for the batches of a worker at each frame count of ``settings``.

    It computes with the model's own parameters, whose names stay. Smaller batches, which unreadable clips leave, run
    uncompiled, as each size would be compiled for minutes. If compiling fails, all batches run uncompiled, and ``note``
    is told why.
    """

    def __init__(self, model: nn.Module, settings: TrainingSettings, *, note: Callable[[str], None]) -> None:
        self.model, self.note, self.failed = model, note, False
        of_a_worker = len(shard(range(settings.batch_size)))
        self.clips = min(settings.recipe.batchnorm_clips or of_a_worker, of_a_worker)
        graphs = GRAPHS_OF_A_COUNT * len(settings.frame_counts)
        torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, graphs)
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
