"""Families of image networks, declared as data: how each is built, where its head is, where it shifts.

To add a family, add a file here and its name to ``FAMILIES``; no other code depends on a family.
"""

from ffn.models.families.mobilenet import MOBILENET_V2
from ffn.models.families.resnet import RESNETS
from ffn.models.families.tiny import TINY

FAMILIES = {family.name: family for family in (*RESNETS, MOBILENET_V2, TINY)}
"""Families by backbone name."""
