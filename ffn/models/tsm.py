"""TSM: an image network whose residual blocks see their neighbours in time, averaged over the frames of a clip."""

from torch import Tensor, nn
from torchvision.models import resnet

from ffn.models.frame_context import FrameContext
from ffn.models.temporal_shift import ShiftedConv2d
from ffn.models.tiny_resnet import TinyResNet

CLASSIFIER_STD = 0.001  # TSN and TSM start their classifier there
BACKBONES = {
    "resnet18": resnet.resnet18,
    "resnet50": resnet.resnet50,
    "resnet101": resnet.resnet101,
    "tiny": TinyResNet,
}


class TSM(nn.Module):
    """Temporal Shift Module over ``backbone``, a residual network that ends in features of size ``fc.in_features``.

    The first of each stage's residual blocks shifts, and every ``shift_every``-th after it.

    Forward takes clips (B, T, 3, H, W), float and normalised, T any, and returns logits (B, num_classes), the mean of
    the per-frame logits.
    """

    def __init__(
        self, backbone: nn.Module, num_classes: int, *, dropout: float, training_window: int | None, shift_every: int
    ) -> None:
        super().__init__()
        self.shift_every = shift_every
        self.context = FrameContext(training_window)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(backbone.fc.in_features, num_classes)
        nn.init.normal_(self.classifier.weight, 0, CLASSIFIER_STD)
        nn.init.zeros_(self.classifier.bias)
        backbone.fc = nn.Identity()
        self.backbone = backbone
        for block in shifted_blocks(backbone, shift_every):
            block.conv1 = ShiftedConv2d.replacing(block.conv1, self.context)

    def forward(self, clips: Tensor) -> Tensor:
        num_clips, num_frames = clips.shape[:2]
        self.context.enter(num_clips, num_frames, training=self.training)
        features = self.backbone(clips.flatten(0, 1))
        frame_logits = self.classifier(self.dropout(features))
        return frame_logits.unflatten(0, (-1, num_frames)).mean(1)


def shifted_blocks(backbone: nn.Module, shift_every: int) -> list[nn.Module]:
    """The residual blocks of ``backbone`` that shift: of each stage the first and every ``shift_every``-th after it."""
    sequences = [module for module in backbone.modules() if isinstance(module, nn.Sequential)]
    stages = [stage for stage in sequences if isinstance(stage[0], resnet.BasicBlock | resnet.Bottleneck)]
    return [block for stage in stages for block in stage[::shift_every]]
