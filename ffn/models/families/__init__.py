"""Families of networks, declared as data: how each is built, where its head is, what shifts or is scaled.

To add a family, add a file here and its name to ``FAMILIES`` or ``CLIP_FAMILIES``; no other code depends on one.
"""

from ffn.models.families.mobilenet import MOBILENET_V2
from ffn.models.families.resnet import RESNETS
from ffn.models.families.tiny import TINY
from ffn.models.families.tiny_video import TINY_R2PLUS1D, TINY_VIT
from ffn.models.families.torchvision_video import TORCHVISION_VIDEO

FAMILIES = {family.name: family for family in (*RESNETS, MOBILENET_V2, TINY)}
"""Image networks by name: of each a TSM, a TSN and their FFNs are made."""
CLIP_FAMILIES = {family.name: family for family in (*TORCHVISION_VIDEO, TINY_R2PLUS1D, TINY_VIT)}
"""Networks over clips by name."""
