"""Cost of a clip: multiply-adds and latency."""

import time
from functools import partial
from statistics import median

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ffn.models.one_clip import Where, evaluating_copy, on_shapes_or_values, one_clip
from ffn.models.temporal_kernels import TAPS, TemporalKernel


def multiply_adds(model: nn.Module, num_frames: int, size: int) -> int:
    """Multiply-adds of one clip of ``num_frames`` frames of ``size`` pixels squared (the paper's "FLOPs").

    Counts convolutions, linear layers, attention and temporal kernels, from shapes alone where the network allows it.
    """
    return on_shapes_or_values(partial(_counted, model, num_frames, size))


def _counted(model: nn.Module, num_frames: int, size: int, where: Where) -> int:
    network = evaluating_copy(model, where)
    filtered: list[int] = []
    for module in network.modules():
        if isinstance(module, TemporalKernel):
            module.register_forward_hook(lambda kernel, inputs, output: filtered.append(TAPS * output.numel()))
    with FlopCounterMode(display=False) as counter:  # with gradients: without, attention is one uncounted operation
        network(one_clip(num_frames, size, where))
    return counter.get_total_flops() // 2 + sum(filtered)


@torch.inference_mode()
def latency(model: nn.Module, num_frames: int, size: int, *, repeats: int = 10) -> float:
    """Seconds for one clip on the model's device: the median of ``repeats`` after two warm-up runs."""
    device = next(model.parameters()).device
    clip = torch.zeros(1, num_frames, 3, size, size, device=device)
    seconds = []
    for _ in range(repeats + 2):
        begin = time.perf_counter()
        model(clip).cpu()  # waits for a GPU
        seconds.append(time.perf_counter() - begin)
    return median(seconds[2:])
