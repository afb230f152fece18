"""How PyTorch chooses the kernels of a GPU."""

import torch


def choose_kernels(device: torch.device) -> None:
    """On a GPU let cuDNN try its convolutions and keep the fastest, as the released code does, and round the inputs of
    float32 convolutions to TF32, which is PyTorch's default."""
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = True


def kernel_choices() -> list[str]:
    """What is on of these, by name."""
    cudnn = torch.backends.cudnn
    return [name for name, on in (("TF32", cudnn.allow_tf32), ("cudnn.benchmark", cudnn.benchmark)) if on]
