"""The optimiser: parameter groups, learning-rate schedule, and the gradient step."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from ffn.models.normalisation import NORMALISATIONS
from ffn.models.temporal_kernels import TemporalKernel
from ffn.models.video_network import VideoNetwork
from ffn.training.settings import TrainingSettings


@dataclass(frozen=True)
class GroupRule:
    """Factors on the learning rate and the weight decay of a parameter group."""

    lr: float
    decay: float


CLASSIFIER_WEIGHT = GroupRule(5, 1)
CLASSIFIER_BIAS = GroupRule(10, 0)
NORMALISATION = GroupRule(1, 0)
OTHER_BIAS = GroupRule(2, 0)
TEMPORAL_KERNEL = GroupRule(1, 0)
OTHER = GroupRule(1, 1)
ADAMW_SECOND_BETA = 0.999  # torch's default
OPTIMISER = "sgd"  # its name in checkpoints, whichever it is


def parameter_groups(model: VideoNetwork, settings: TrainingSettings) -> list[dict]:
    """Parameter groups: for SGD those of the official TSM, or a single one (see ``Recipe``); AdamW's own.

    Temporal kernels have no weight decay, as they are initialised to the shift, not to zero.
    """
    if settings.optimiser == "adamw":
        rule_of = _adamw_rule
    else:
        rule_of = _tsm_rule if settings.recipe.parameter_groups == "tsm" else _single_rule
    classifier = set(model.get_submodule(model.classifier_name).modules()) if model.classifier_name else set()
    members: dict[GroupRule, list[nn.Parameter]] = {}
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            members.setdefault(rule_of(module, name, module in classifier), []).append(parameter)
    return [_group(parameters, rule, settings) for rule, parameters in members.items()]


def _tsm_rule(module: nn.Module, name: str, in_classifier: bool) -> GroupRule:
    if isinstance(module, NORMALISATIONS):
        return NORMALISATION
    if in_classifier:
        return CLASSIFIER_BIAS if _is_bias(name) else CLASSIFIER_WEIGHT
    if isinstance(module, TemporalKernel):
        return TEMPORAL_KERNEL
    return OTHER_BIAS if _is_bias(name) else OTHER


def _single_rule(module: nn.Module, name: str, in_classifier: bool) -> GroupRule:
    return TEMPORAL_KERNEL if isinstance(module, TemporalKernel) else OTHER


def _adamw_rule(module: nn.Module, name: str, in_classifier: bool) -> GroupRule:
    kept = _is_bias(name) or isinstance(module, (TemporalKernel, *NORMALISATIONS))
    return GroupRule(1, 0) if kept else OTHER


def _is_bias(name: str) -> bool:
    return name.endswith("bias")  # also attention's in_proj_bias


def _group(parameters: list[nn.Parameter], rule: GroupRule, settings: TrainingSettings) -> dict:
    return {
        "params": parameters,
        "lr": settings.lr * rule.lr,
        "weight_decay": settings.weight_decay * rule.decay,
    }


def lr_factor(step: int, settings: TrainingSettings, total_steps: int) -> float:
    """The learning rate at ``step`` (from 0), as a fraction of ``settings.lr``."""
    warmup_steps = settings.warmup_epochs / settings.epochs * total_steps
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    progress = settings.schedule.progress(step, total_steps=total_steps)
    if settings.lr_schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * progress))
    return 0.1 ** sum(progress >= milestone for milestone in settings.lr_milestones)


class Optimisation:
    """SGD or AdamW with learning-rate schedule, gradient clipping and, for float16, loss scaling."""

    def __init__(self, model: VideoNetwork, settings: TrainingSettings, total_steps: int, device: torch.device) -> None:
        self.parameters = list(model.parameters())
        self.optimiser = _optimiser(parameter_groups(model, settings), settings)
        self.schedule = LambdaLR(self.optimiser, lambda step: lr_factor(step, settings, total_steps))
        self.scaler = torch.amp.GradScaler(device.type, enabled=settings.precision == "float16")
        self.max_norm = settings.max_gradient_norm if _clips(settings) else None
        self.base_lr = settings.lr

    @property
    def steps_done(self) -> int:
        """Steps so far, skipped ones included."""
        return self.schedule.last_epoch

    @property
    def lr(self) -> float:
        """The learning rate of the next step, without the groups' factors."""
        return self.schedule.lr_lambdas[0](self.steps_done) * self.base_lr

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of ``loss``."""
        self.scaler.scale(loss).backward()

    def step(self) -> None:
        """Apply and clear the accumulated gradients, and advance the learning rate."""
        if self.max_norm is not None:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.parameters, self.max_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.optimiser.zero_grad(set_to_none=True)
        self.schedule.step()

    def skip_step(self) -> None:
        """Only advance the learning rate, because some worker could not read any of its clips."""
        self.schedule.step()

    def state_dict(self) -> dict:
        """The state needed to resume."""
        return {
            OPTIMISER: self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        """Restore the state saved by ``state_dict``."""
        self.optimiser.load_state_dict(state[OPTIMISER])
        self.schedule.load_state_dict(state["schedule"])
        self.scaler.load_state_dict(state["scaler"])


def _optimiser(groups: list[dict], settings: TrainingSettings) -> Optimizer:
    if settings.optimiser == "adamw":
        return AdamW(groups, betas=(settings.momentum, ADAMW_SECOND_BETA))
    return SGD(groups, momentum=settings.momentum)


def _clips(settings: TrainingSettings) -> bool:
    when = settings.recipe.clip_gradients
    return when == "always" or (when == "full_precision" and settings.precision == "float32")
