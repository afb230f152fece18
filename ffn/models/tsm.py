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

    Forward takes clips (B, T, 3, H, W), float and normalised, T any, and returns logits (B, num_classes), the mean of
    the per-frame logits.
    """

    def __init__(self, backbone: nn.Module, num_classes: int, *, dropout: float, training_window: int | None) -> None:
        super().__init__()
        self.context = FrameContext(training_window)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(backbone.fc.in_features, num_classes)
        nn.init.normal_(self.classifier.weight, 0, CLASSIFIER_STD)
        nn.init.zeros_(self.classifier.bias)
        backbone.fc = nn.Identity()
        self.backbone = backbone
        for block in residual_blocks(backbone):
            block.conv1 = ShiftedConv2d.replacing(block.conv1, self.context)

    def forward(self, clips: Tensor) -> Tensor:
        num_frames = clips.shape[1]
        self.context.enter(num_frames, training=self.training)
        features = self.backbone(clips.flatten(0, 1))
        frame_logits = self.classifier(self.dropout(features))
        return frame_logits.unflatten(0, (-1, num_frames)).mean(1)


def residual_blocks(network: nn.Module) -> list[nn.Module]:
    """Every residual block of ``network``, in order."""
    return [module for module in network.modules() if isinstance(module, resnet.BasicBlock | resnet.Bottleneck)]
