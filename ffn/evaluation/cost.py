"""Cost of a clip: multiply-adds and latency."""

import copy
import time
from statistics import median

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ffn.models.temporal_kernels import TAPS, TemporalKernel


def multiply_adds(model: nn.Module, num_frames: int, size: int) -> int:
    """Multiply-adds of one clip of ``num_frames`` frames of ``size`` pixels squared (the paper's "FLOPs").

    Counts convolutions, linear layers and temporal kernels from shapes, without computing anything.
    """
    shapes_only = copy.deepcopy(model).to("meta", torch.float32).eval()
    filtered: list[int] = []
    for module in shapes_only.modules():
        if isinstance(module, TemporalKernel):
            module.register_forward_hook(lambda kernel, inputs, output: filtered.append(TAPS * output.numel()))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        shapes_only(torch.empty(1, num_frames, 3, size, size, device="meta"))
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
