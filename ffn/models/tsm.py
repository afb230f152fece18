"""TSM: an image network with temporally shifted channels; its logits are averaged over a clip's frames."""

from torch import Tensor, nn

from ffn.models.families.family import Family
from ffn.models.frame_context import FrameContext
from ffn.models.temporal_shift import FrameConv2d
from ffn.models.video_network import VideoNetwork

CLASSIFIER_STD = 1e-3  # initialisation of TSN and TSM


class TSM(VideoNetwork):
    """Temporal Shift Module over ``backbone``, a network of ``family``; without ``shift`` a TSN.

    T is any number of frames; the logits are the mean of the per-frame logits.
    """

    classifier_name = "classifier"

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
        self.backbone_name = family.name if shift else f"tsn_{family.name}"
        self.architecture = {}
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
        self.scaled_layers = tuple(name for name, conv in self.named_modules() if isinstance(conv, FrameConv2d))

    def forward(self, clips: Tensor) -> Tensor:
        num_clips, num_frames = clips.shape[:2]
        self.context.enter(num_clips, num_frames, training=self.training)
        features = self.backbone(clips.flatten(0, 1))
        frame_logits = self.classifier(self.dropout(features))
        return frame_logits.unflatten(0, (-1, num_frames)).mean(1)
