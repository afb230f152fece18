"""Other projects' networks, by the names and shapes in released_names.json.gz and written out a second time.

The files themselves are too large to keep; their parameters are drawn here. The networks are computed over the stored
names, as the released code defines them: nothing in this file calls ffn.
"""

import gzip
import json
import re
from pathlib import Path

import torch
import torch.nn.functional as F

NAMES = json.loads(gzip.decompress(Path(__file__).with_name("released_names.json.gz").read_bytes()))["networks"]
STAGES = {"resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}


def released_shapes(network):
    """ResNet-101 is ResNet-50 with 17 more of the third stage's last block."""
    if not network.endswith("resnet101"):
        return NAMES[network]
    shapes = NAMES[network.replace("101", "50")]
    blocks = range(STAGES["resnet50"][2], STAGES["resnet101"][2])
    last = {name: shape for name, shape in shapes.items() if ".layer3.5." in name}
    return shapes | {name.replace("3.5.", f"3.{block}."): shape for block in blocks for name, shape in last.items()}


def official_tsm_name(name, every):
    """The official TSM repository's spelling of a parameter, where it shifts in one block of ``every``."""
    block = re.search(r"layer\d\.(\d+)\.conv1\.weight$", name)
    return name.replace("conv1.", "conv1.net.") if block and int(block[1]) % every == 0 else name


def earlier_name(name):
    """The earlier reproduction's spelling of a TSM's or FFN's parameter."""
    base = name.removeprefix("module.").replace("base_model.", "backbone.")
    return base.replace("new_fc.", "backbone.fc.")


def earlier_tsm_name(name):
    """The same of a TSM: its blocks are the official repository's, and its classifier is outside the backbone."""
    return earlier_name(official_tsm_name(name, 1)).replace("backbone.fc.", "fc.")


def earlier_checkpoint(network):
    """What the earlier reproduction saves of a TSM or FFN: the scheduler's milestones are a Counter."""
    spelled = earlier_tsm_name if network.startswith("tsm") else earlier_name
    state = {spelled(name): value for name, value in checkpoint(network).items()}
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.01, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [20, 40])
    return {
        "epoch": 49,
        "model_state_dict": state,
        "optimizer_state_dict": optimizer.state_dict(),
        "best_acc": 56.69,
        "scheduler_state_dict": scheduler.state_dict(),
        "scaler_state_dict": {"scale": 65536.0, "growth_factor": 2.0, "_growth_tracker": 3},
    }


def checkpoint(network):
    """A state dict with a released file's names and random values under which activations keep their size."""
    generator = torch.Generator().manual_seed(0)
    return {name: drawn(name, shape, generator) for name, shape in released_shapes(network).items()}


def drawn(name, shape, generator):
    noise, uniform = torch.randn(shape, generator=generator), torch.rand(shape, generator=generator)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(1234)
    if "adaconv" in name:
        return 0.3 * noise
    if len(shape) == 4:
        return noise * (2 / noise[0].numel()) ** 0.5
    if len(shape) == 2:
        return 0.1 * noise
    if name.endswith(".running_var"):
        return 0.5 + uniform
    return 0.3 + 0.6 * uniform if name.endswith(".weight") else 0.2 * noise


def reference_logits(state, clips, suffix):
    """Logits of the network whose parameters ``state`` names; ``suffix`` is that of the private parts, "" in a TSM."""
    state = {name.removeprefix("module."): value for name, value in state.items()}
    base = "backbone" if "backbone.conv1.weight" in state else "base_model"
    classifier = next(name for name in ("new_fc", "fc", "backbone.fc") if f"{name}.weight" in state)
    x = F.conv2d(clips.flatten(0, 1), state[f"{base}.conv1.weight"], stride=2, padding=3)
    x = F.max_pool2d(batch_norm(state, f"{base}.bn1{suffix}", x).relu(), 3, stride=2, padding=1)
    blocks = sorted({tuple(map(int, match)) for name in state for match in re.findall(r"layer(\d)\.(\d+)\.", name)})
    for stage, block in blocks:
        stride = 2 if block == 0 and stage > 1 else 1
        x = residual_block(state, f"{base}.layer{stage}.{block}", x, clips.shape[1], suffix, stride)
    frame_logits = F.linear(x.mean((2, 3)), state[f"{classifier}.weight"], state[f"{classifier}.bias"])
    return frame_logits.unflatten(0, clips.shape[:2]).mean(1)


def residual_block(state, name, x, num_frames, suffix, stride):
    bottleneck, official = f"{name}.conv3.weight" in state, any(".net." in key for key in state)
    wrapped = f"{name}.conv1.net.weight" in state
    y = shift(x, num_frames) if wrapped or not official else x
    if suffix:
        y = y + F.conv2d(y, state[f"{name}.adaconv{suffix}.weight"], groups=y.shape[1])
    first = state[f"{name}.conv1.net.weight" if wrapped else f"{name}.conv1.weight"]
    y = F.conv2d(y, first, stride=1 if bottleneck else stride, padding=first.shape[-1] // 2)
    y = batch_norm(state, f"{name}.bn1{suffix}", y).relu()
    y = F.conv2d(y, state[f"{name}.conv2.weight"], stride=stride if bottleneck else 1, padding=1)
    y = batch_norm(state, f"{name}.bn2{suffix}", y)
    if bottleneck:
        y = batch_norm(state, f"{name}.bn3{suffix}", F.conv2d(y.relu(), state[f"{name}.conv3.weight"]))
    conv, bn = ("downsample_conv", f"downsample_bn{suffix}") if suffix else ("downsample.0", "downsample.1")
    if f"{name}.{conv}.weight" in state:
        x = batch_norm(state, f"{name}.{bn}", F.conv2d(x, state[f"{name}.{conv}.weight"], stride=stride))
    return (x + y).relu()


def batch_norm(state, name, x):
    mean, var, weight, bias = (state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return F.batch_norm(x, mean, var, weight, bias)


def shift(x, num_frames):
    clips, fold = x.unflatten(0, (-1, num_frames)), x.shape[1] // 8
    none = torch.zeros_like(clips[:, :1])
    following, previous = torch.cat([clips[:, 1:], none], 1), torch.cat([none, clips[:, :-1]], 1)
    parts = following[:, :, :fold], previous[:, :, fold : 2 * fold], clips[:, :, 2 * fold :]
    return torch.cat(parts, 2).flatten(0, 1)
