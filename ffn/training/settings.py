"""Everything a training run depends on, except the videos and the machine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from ffn.data.clips import ClipPreparation
from ffn.data.cropping import CropGeometry
from ffn.data.reading import Reader
from ffn.models.factory import BACKBONES, FLEXIBLE, is_backbone, is_frame_by_frame, plain_name
from ffn.models.frame_flexible import NEAR_ZERO_STD
from ffn.models.parts import Parts
from ffn.models.tsm import CLASSIFIER_STD
from ffn.training.checks import require, require_choices
from ffn.training.frame_schedule import FrameSchedule, Phase, constant
from ffn.training.objectives import CrossEntropy, Objective, objective_from_dict
from ffn.training.precision import Precision
from ffn.training.recipe import PAPER, Recipe


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """One training run. The defaults are the paper's protocol for Something-Something V2 (section 4.1).

    Raises ValueError with the field's name for an invalid value.
    """

    # Model, objective and data.
    backbone: str = "resnet50"
    """resnet50 or another image network (``ffn.models.families``), of which a TSM is made; tsn_resnet50, without shift;
    a network over clips, such as r3d_18; or package.module:function for one's own."""
    schedule: FrameSchedule = field(default_factory=lambda: constant(16))
    """The frame counts trained in each step."""
    parts: Parts | None = None
    """The private parts of each frame count (FFN). None: a plain network."""
    objective: Objective = CrossEntropy()
    """The loss of a step over its sequences."""
    averaging: float = 0.0
    """Decay of an exponential moving average of the weights, which is validated, evaluated and saved instead of them
    (0: no average)."""
    recipe: Recipe = PAPER
    """Sampling, crops, parameter groups and gradient clipping."""
    weights: str | None = None
    """The backbone's initial weights: None (random), "imagenet" ("kinetics" for a network over clips), or a file's path
    (``ffn.models.backbone_weights``)."""
    pretrained: str | None = None
    """Checkpoint whose weights the network begins with, trained on from there. The classifier is new for other classes;
    a TSM's weights go into the parts of every frame count."""
    start: str | None = None
    """Checkpoint of a TSM to retrofit: it is frozen, and private parts are trained for the schedule's counts."""
    start_frames: int | None = None
    """The count at which ``start`` was trained. None: read from the checkpoint, or 16 for a released one."""
    data_share: float = 1.0
    """Fraction of the training videos to use."""
    reader: Reader = "pyav"
    """What decodes video files; frames are the same. Folders of pictures and a decoded cache need neither."""

    # The optimiser.
    epochs: int = 50
    batch_size: int = 32
    """Clips per step, over all workers together."""
    optimiser: Literal["sgd", "adamw"] = "sgd"
    """"sgd": with the groups of the recipe, as in the paper; "adamw": for transformers, with one learning rate for all,
    and no weight decay of biases and normalisation."""
    lr: float = 0.01
    lr_schedule: Literal["steps", "cosine"] = "steps"
    """"steps": a tenth after each of ``lr_milestones``; "cosine": half a cosine down to zero."""
    lr_milestones: tuple[float, ...] = (0.4, 0.8)
    """Fractions of the training after which the learning rate drops (the paper's epochs 20 and 40 of 50)."""
    warmup_epochs: float = 0.0
    """Epochs of linear warm-up to ``lr``."""
    momentum: float = 0.9
    """Of AdamW its first beta."""
    weight_decay: float = 5e-4
    """The FFN authors take 1e-4 on Kinetics-400."""
    max_gradient_norm: float = 20.0
    dropout: float = 0.5
    """Dropout before the classifier of a TSM; networks over clips keep what they are built with."""
    precision: Precision = "float32"
    """Precision of forward passes in training and validation; bfloat16 and float16 under automatic mixed precision."""
    compile: bool = False
    """Compile the network of training steps (torch.compile), a graph per frame count: the same up to rounding, with
    other draws of dropout. Off by default, as each graph takes a minute or more: it pays for hours on a GPU
    (docs/gpu.md)."""

    synchronised_batchnorm: bool = False
    """BatchNorm statistics over the clips of all workers instead of each worker's own."""

    # The pixels.
    short_side: int = 256
    """Length in pixels of a frame's short side after scaling, before cropping."""
    crop_size: int = 224
    """Height and width of the network's input, in pixels."""
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr_milestones", tuple(self.lr_milestones))
        require_choices(self)
        require(self, "backbone", is_backbone(self.backbone), f"one of {BACKBONES}")
        for name in ("epochs", "batch_size", "lr", "max_gradient_norm"):
            require(self, name, getattr(self, name) > 0, "above 0")
        for name in ("weight_decay", "warmup_epochs", "seed"):
            require(self, name, getattr(self, name) >= 0, "at least 0")
        for name in ("momentum", "dropout", "averaging"):
            require(self, name, 0 <= getattr(self, name) < 1, "in [0, 1)")
        require(self, "data_share", 0 < self.data_share <= 1, "above 0 and at most 1")
        require(self, "lr_milestones", all(0 < share < 1 for share in self.lr_milestones), "shares between 0 and 1")
        CropGeometry(short_side=self.short_side, size=self.crop_size)
        self._check_combinations()

    def _check_combinations(self) -> None:
        if self.synchronised_batchnorm and self.recipe.batchnorm_clips is not None:
            raise ValueError("synchronised_batchnorm cannot be combined with a recipe that sets batchnorm_clips")
        if self.parts and self.parts.temporal_kernels and not is_frame_by_frame(self.backbone):
            raise ValueError(f"parts: temporal kernels replace a TSM's shift, which {self.backbone} does not have")
        if self.start and not self.flexible:
            raise ValueError("start requires private parts per frame count: set parts as well")
        if not isinstance(self.objective, Objective):
            raise ValueError(f"objective must be one of ffn.training.objectives, got {self.objective!r}")
        for name in self.objective.required_settings:
            if not getattr(self, name):
                raise ValueError(f"{name} must be set for the objective {self.objective}")
        if self.pretrained and (self.weights or self.start):
            raise ValueError("pretrained cannot be combined with weights or start: its checkpoint contains all weights")
        if self.start and self.weights:
            raise ValueError("weights cannot be combined with start: its checkpoint contains all weights")
        if self.start and not self.objective.independent:
            raise ValueError(f"objective must train each count independently to retrofit start, got {self.objective}")

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Every frame count that is trained, ascending."""
        return self.schedule.frame_counts

    @property
    def preparation(self) -> ClipPreparation:
        """How the recipe turns videos into clips."""
        return ClipPreparation(
            geometry=CropGeometry(short_side=self.short_side, size=self.crop_size),
            sampling=self.recipe.frame_sampling,
            crop=self.recipe.crop,
            short_videos=self.recipe.short_videos,
        )

    @property
    def flexible(self) -> bool:
        """Whether frame counts have private parts."""
        return self.parts is not None

    @property
    def network(self) -> str:
        """The network's name in ``ffn.create_model``: tsm_resnet50, ffn_resnet50, r3d_18."""
        return f"{FLEXIBLE}{self.backbone}" if self.flexible else plain_name(self.backbone)

    def architecture(self, num_classes: int) -> dict[str, Any]:
        """The arguments of ``ffn.create_model``, without the initial weights."""
        leaking = self.recipe.shift_window == "longest" and len(self.frame_counts) > 1
        shared = {"num_classes": num_classes, "training_window": max(self.frame_counts) if leaking else None}
        if self.parts is None:
            return {"name": self.network, "dropout": self.dropout, **shared}
        return {
            "name": self.network,
            "dropout": self.dropout if self.recipe.ffn_dropout else 0.0,
            "frame_counts": list(self.frame_counts),
            **self.parts.as_dict(),
            "alteration_std": None if self.recipe.alteration_init == "fan_out" else NEAR_ZERO_STD,
            "classifier_std": CLASSIFIER_STD if self.recipe.ffn_classifier_init == "near_zero" else None,
            **shared,
        }

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values, for checkpoints and JSON."""
        return {**asdict(self), "objective": self.objective.as_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of ``as_dict``. Raises ValueError for missing, unknown or malformed fields."""
        try:
            phases = tuple(Phase(**phase) for phase in values["schedule"]["phases"])
            built = {
                "schedule": FrameSchedule(phases=phases),
                "parts": values["parts"] and Parts(**values["parts"]),
                "objective": objective_from_dict(values["objective"]),
                "recipe": Recipe(**values["recipe"]),
            }
            return cls(**{**values, **built})
        except (TypeError, KeyError) as error:
            raise ValueError(f"settings of another version: {error}") from error
