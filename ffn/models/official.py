"""Import of checkpoints written by the FFN authors' code, the official TSM repository, and an earlier reproduction.

Parameter names in the three repositories:

- BeSpontaneous/FFN-pytorch prefixes everything with ``module.``. Its TSM has torchvision's names under
  ``base_model.``; its FFN appends the frame count to the names of private parts: ``bn1_4``, ``downsample_bn_4``, and
  ``adaconv_4`` for the weight alteration, a depth-wise 1x1 convolution. It shifts in every residual block.
- mit-han-lab/temporal-shift-module names the first convolution of a shifting block ``conv1.net``: every block of
  ResNet-18 and ResNet-50, the first, third, fifth, ... block of each stage of ResNet-101.
- In both the classifier is ``new_fc``, or ``base_model.fc`` in networks without dropout.
- vignankamarthi/FFN-pytorch-Experiment-Subset has the same names under ``backbone.``: its TSM those of the official
  repository, its FFN the authors'. The classifier is ``fc`` in its TSM, ``backbone.fc`` in its FFN.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from torch import Tensor

from ffn.models.state_dicts import checked_state_dict, read_torch_file, state_dict_in
from ffn.models.temporal_shift import FrameConv2d
from ffn.models.tsm import TSM
from ffn.models.video_network import VideoNetwork

CONTENT = "the checkpoint"
"""What errors call a content whose file is not known."""

DEPTHS = {(2, False): "resnet18", (6, True): "resnet50", (23, True): "resnet101"}
"""Backbones by the number of blocks in their third stage, and whether these are bottlenecks."""

CLASSIFIERS = {"base_model": ("new_fc", "base_model.fc"), "backbone": ("fc", "backbone.fc")}
"""Names of the classifier by that of the backbone."""


def load_official(source: str | Path | Mapping[str, Any], model: VideoNetwork, *, origin: str | Path = CONTENT) -> None:
    """Load a checkpoint of the FFN authors' code or the earlier reproduction, or of the official TSM repository.

    ``source`` is the file's path, its content, or its state dict alone, with or without the prefix ``module.``;
    ``model``, into which it is loaded, a ``tsm_*`` or ``ffn_*`` network of the same depth and number of classes.
    ``origin`` is what errors call a ``source`` that is no path.

    The suffixes 4, 8 and 16 in an FFN's names stand for the low, middle and high frame count of its training: both
    codes write the same three into every file. They are mapped to the model's ``frame_counts`` in ascending
    order, so create the model with the counts at which the network was trained. The official TSM's ResNet-101 needs a
    model with ``shift_every=2``. The FFN authors' TSM cannot be told from a network without shift (TSN) by its names.

    Either every parameter and statistic is loaded or none. Raises FileNotFoundError for a missing file, and ValueError
    for a file that cannot be opened, for another kind of network, and otherwise with the names in the source that are
    missing, unexpected or of the wrong shape.
    """
    origin, released = _released_state(source, origin)
    spelling = _Spelling.of(released)
    _check_kind(origin, spelling, model)
    ours = model.state_dict()
    shifted = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, FrameConv2d)}
    suffixes = dict(zip(map(str, model.context.frame_counts), spelling.suffixes))
    names = {name: spelling.spell(name, suffixes, shifted=name in shifted) for name in ours}
    wanted = {names[name]: _released_shape(name, value) for name, value in ours.items()}
    placed = checked_state_dict(released, wanted, origin)
    model.load_state_dict({name: placed[names[name]].reshape(value.shape) for name, value in ours.items()})


def official_architecture(source: str | Path | Mapping[str, Any], *, origin: str | Path = CONTENT) -> dict[str, Any]:
    """The arguments of ``ffn.create_model`` for a network into which ``load_official`` can load ``source``.

    An FFN's frame counts are taken from its suffixes. Raises like ``load_official`` for anything else.
    """
    origin, released = _released_state(source, origin)
    spelling = _Spelling.of(released)
    classifier = released.get(f"{spelling.prefix}{spelling.classifier}.weight")
    listed = "\n".join(map(str, released))
    blocks = len(set(re.findall(r"layer3\.(\d+)\.conv1\.", listed)))
    backbone = DEPTHS.get((blocks, ".conv3." in listed))
    if classifier is None or backbone is None:
        raise ValueError(
            f"{origin} is neither a checkpoint of this project nor one of an FFN or TSM with ResNet-18, 50 or 101; of "
            "a plain state dict --backbone of `evaluate` and `retrofit` says the network"
        )
    counts = [int(suffix) for suffix in spelling.suffixes]
    return {
        "name": f"{'ffn' if counts else 'tsm'}_{backbone}",
        "num_classes": classifier.shape[0],
        "shift_every": spelling.shift_every,
        **({"frame_counts": counts} if counts else {}),
    }


def is_earlier(source: Mapping[str, Any]) -> bool:
    """Whether the earlier reproduction wrote the checkpoint ``source``, one into which ``load_official`` looks."""
    return _Spelling.of(state_dict_in(source, CONTENT)).backbone == "backbone"


def _released_state(source: str | Path | Mapping[str, Any], origin: str | Path) -> tuple[str, Mapping[str, Any]]:
    if isinstance(source, str | Path):
        return str(source), state_dict_in(read_torch_file(source), source)
    return str(origin), state_dict_in(source, origin)


def _released_shape(name: str, value: Tensor) -> tuple[int, ...]:
    return (*value.shape, 1, 1, 1) if ".alteration." in name else tuple(value.shape)


@dataclass(frozen=True, kw_only=True)
class _Spelling:
    """The naming scheme of a checkpoint."""

    prefix: str
    backbone: str
    classifier: str
    suffixes: tuple[str, ...]
    """An FFN's frame counts, ascending; empty for a TSM."""
    shift_every: int
    wraps_shifted: bool
    """Whether shifting convolutions are named ``conv1.net``."""

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        listed = "\n".join(map(str, names))
        prefix = "module." if listed.startswith("module.") else ""
        found = {name.removeprefix(prefix) for name in listed.splitlines()}
        backbone = next((name for name in CLASSIFIERS if f"{name}.conv1.weight" in found), "base_model")
        classifiers = CLASSIFIERS[backbone]
        wraps = ".conv1.net.weight" in listed
        return cls(
            prefix=prefix,
            backbone=backbone,
            classifier=next((name for name in classifiers if f"{name}.weight" in found), classifiers[0]),
            suffixes=tuple(sorted(re.findall(rf"{backbone}\.bn1_(\d+)\.weight$", listed, re.MULTILINE), key=int)),
            shift_every=2 if wraps and re.search(r"layer\d\.1\.conv1\.weight$", listed, re.MULTILINE) else 1,
            wraps_shifted=wraps,
        )

    def spell(self, name: str, suffixes: Mapping[str, str], *, shifted: bool) -> str:
        """The checkpoint's name for our ``name``; ``suffixes`` maps our counts to its suffixes."""
        name = re.sub(r"^backbone\.", f"{self.backbone}.", name)
        name = re.sub(r"^classifier\.", f"{self.classifier}.", name)
        if shifted and self.wraps_shifted:
            name = name.replace(".conv1.", ".conv1.net.")
        if self.suffixes:
            name = name.replace(".downsample.0.", ".downsample_conv.").replace(".downsample.1.", ".downsample_bn.")
            name = re.sub(r"\.conv1\.alteration\.(\d+)$", r".adaconv.\1.weight", name)
            name = re.sub(r"(bn\d?|adaconv)\.(\d+)\.", lambda part: f"{part[1]}_{suffixes[part[2]]}.", name)
        return self.prefix + name


def _check_kind(origin: str, spelling: _Spelling, model: VideoNetwork) -> None:
    counts = model.context.frame_counts
    if not isinstance(model, TSM) or model.family.name not in DEPTHS.values():
        raise ValueError(f"{origin}: released checkpoints are ResNets, the model is a {model.backbone_name}")
    if spelling.suffixes and not counts:
        raise ValueError(f"{origin} contains an FFN ({', '.join(spelling.suffixes)} frames), the model is a TSM: "
                         "create an ffn_* model")  # fmt: skip
    if counts and not spelling.suffixes:
        raise ValueError(f"{origin} does not contain an FFN, but the model is one: load a TSM into a tsm_* model and "
                         "convert it with ffn.frame_flexible")  # fmt: skip
    if len(counts) != len(spelling.suffixes):
        raise ValueError(f"{origin} contains {len(spelling.suffixes)} frame counts, the model has {counts}: "
                         "create it with as many frame_counts")  # fmt: skip
    if spelling.shift_every != model.shift_every:
        raise ValueError(f"{origin} shifts in one block of {spelling.shift_every}, the model in one of "
                         f"{model.shift_every}: create it with shift_every={spelling.shift_every}")  # fmt: skip
