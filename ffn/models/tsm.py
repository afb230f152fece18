"""TSM: an image network with temporally shifted channels; its logits are averaged over a clip's frames."""

from typing import Any

from torch import Tensor, nn

from ffn.models.families.family import Family
from ffn.models.frame_context import FrameContext
from ffn.models.temporal_shift import FrameConv2d

CLASSIFIER_STD = 1e-3  # initialisation of TSN and TSM


class TSM(nn.Module):
    """Temporal Shift Module over ``backbone``, a network of ``family``; without ``shift`` a TSN.

    Forward takes clips (B, T, 3, H, W), float and normalised, T any, and returns logits (B, num_classes), the mean of
    the per-frame logits. ``architecture`` holds the arguments of ``ffn.create_model``.
    """

    def __init__(
        self,
        family: Family,
        backbone: nn.Module,
        num_classes: int,
        *,
        dropout: float,
        training_window: int | None,
        shift_every: int,
        shift: bool,
        classifier_std: float | None,
    ) -> None:
        super().__init__()
        self.family, self.shift_every = family, shift_every
        self.architecture: dict[str, Any] = {}
        self.context = FrameContext(training_window)
        self.dropout = nn.Dropout(dropout)
        classifier = nn.Linear(family.take_head(backbone), num_classes)
        if classifier_std is not None:
            nn.init.normal_(classifier.weight, 0, classifier_std)
            nn.init.zeros_(classifier.bias)
        self.classifier: nn.Module = classifier
        self.backbone = backbone
        for name in family.shifting(backbone, shift_every):
            conv = backbone.get_submodule(name)
            if not isinstance(conv, nn.Conv2d):
                raise TypeError(f"{family.name}: shifting must name 2D convolutions, {name} is a {type(conv).__name__}")
            backbone.set_submodule(name, FrameConv2d.replacing(conv, self.context, shifts=shift))

    def forward(self, clips: Tensor) -> Tensor:
        num_clips, num_frames = clips.shape[:2]
        self.context.enter(num_clips, num_frames, training=self.training)
        features = self.backbone(clips.flatten(0, 1))
        frame_logits = self.classifier(self.dropout(features))
        return frame_logits.unflatten(0, (-1, num_frames)).mean(1)

    def normalisation_layers(self) -> list[nn.Module]:
        """All normalisation layers, of every frame count."""
        return [module for module in self.modules() if isinstance(module, self.family.normalisations)]
