"""What a clip costs."""

import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def multiply_adds(model: nn.Module, num_frames: int, size: int) -> int:
    """Multiply-adds of one clip of ``num_frames`` frames of ``size`` pixels squared (the paper's "FLOPs").

    Counted over convolutions and linear layers on shapes alone; nothing is computed.
    """
    shapes_only = copy.deepcopy(model).to("meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        shapes_only(torch.empty(1, num_frames, 3, size, size, device="meta"))
    return counter.get_total_flops() // 2
