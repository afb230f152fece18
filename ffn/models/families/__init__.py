"""Families of image networks, each declared as data: how it is built, where its head is, where it shifts.

Nothing else in the project knows a family; a new one is a file here and a name in ``FAMILIES``.
"""

from ffn.models.families.mobilenet import MOBILENET_V2
from ffn.models.families.resnet import RESNETS
from ffn.models.families.tiny import TINY

FAMILIES = {family.name: family for family in (*RESNETS, MOBILENET_V2, TINY)}
"""By the name of the backbone."""
