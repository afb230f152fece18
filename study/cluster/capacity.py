"""The study's driver: how many trials the cluster can run at once, and which it can never run."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ray
import yaml

from study.cluster.ray_internals import ACCELERATOR, HEAD, LAUNCHER_CONFIG, growing_node_groups

if TYPE_CHECKING:
    from study.plan.trial import Trial

ROUNDING = 1e-6  # fractions of a GPU need not add up exactly


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """``number`` equal nodes, each with ``resources`` by Ray's names: CPU, GPU, accelerator_type:H200."""

    number: int
    resources: Mapping[str, float]

    def workers(self, wanted: Mapping[str, float]) -> int:
        """How many workers that each need ``wanted`` fit on these nodes; a worker is not split over nodes."""
        each = min(int(self.resources.get(name, 0) / amount + ROUNDING) for name, amount in wanted.items())
        return self.number * each

    def __str__(self) -> str:
        had = {name: amount for name, amount in self.resources.items() if name in ("CPU", "GPU")}
        kinds = [name.removeprefix(ACCELERATOR) for name in self.resources if name.startswith(ACCELERATOR)]
        return f"{self.number} x {', '.join([f'{amount:g} {name}' for name, amount in had.items()] + kinds) or '0 CPU'}"


def cluster_nodes() -> list[Nodes]:
    """The nodes of this process's cluster, including those that it may still launch."""
    if groups := growing_node_groups():
        return [_group(*group) for group in groups]
    there = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    to_launch = launchable_nodes(LAUNCHER_CONFIG) if "RAY_ADDRESS" in os.environ else []
    kept = [resources for resources in there if HEAD in resources] if to_launch else there
    return [Nodes(number=1, resources=resources) for resources in kept] + to_launch


def launchable_nodes(launcher_config: Path) -> list[Nodes]:
    """The nodes that `ray up` may launch, from the configuration that it leaves on the head: Ray has no other record.

    None without that file, or if it does not say what resources the nodes have (your own machines).
    """
    if not launcher_config.exists():
        return []
    kinds = yaml.safe_load(launcher_config.read_text()).get("available_node_types", {}).values()
    launched = [kind for kind in kinds if kind.get("resources") and kind["max_workers"]]
    return [_group(kind["max_workers"], kind["resources"]) for kind in launched]


def _group(number: int, resources: Mapping[str, float]) -> Nodes:
    return Nodes(number=number if number >= 0 else sys.maxsize, resources=resources)  # -1: any number


def concurrent_trials(trials: "Sequence[Trial]", nodes: Sequence[Nodes]) -> int:
    """How many of ``trials`` can run at once, whichever they are.

    Raises ValueError naming the field if one of them can never run.
    """
    return min(_concurrent(trial, nodes) for trial in trials)


def _concurrent(trial: "Trial", nodes: Sequence[Nodes]) -> int:
    wanted = worker_resources(trial)
    for field, resource in (
        ("accelerator", f"{ACCELERATOR}{trial.resources.accelerator}"),
        ("gpus", "GPU"),
        ("cpus", "CPU"),
    ):
        if resource in wanted and not any(group.workers({resource: wanted[resource]}) for group in nodes):
            raise _never(trial, field, getattr(trial.resources, field), nodes)
    workers = sum(kind.workers(wanted) for kind in nodes)
    if workers < trial.resources.workers:
        raise _never(trial, "workers", f"{trial.resources.workers} with {_described(wanted)} each", nodes)
    return workers // trial.resources.workers


def worker_resources(trial: "Trial") -> dict[str, float]:
    """The resources of one worker of ``trial``, by Ray's names."""
    wanted = {"CPU": trial.resources.cpus}
    if trial.resources.gpus:
        wanted["GPU"] = trial.resources.gpus
    if trial.resources.accelerator:
        wanted[f"{ACCELERATOR}{trial.resources.accelerator}"] = 0.001  # as Ray requests a node of this type
    return wanted


def _never(trial: "Trial", field: str, wanted: object, nodes: Sequence[Nodes]) -> ValueError:
    has = "; ".join(map(str, nodes)) or "no node"
    return ValueError(f"{field}: {trial.name} requires {wanted}, and the cluster has {has}; try --scale demo")


def _described(wanted: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:g} {name}" for name, amount in wanted.items() if not name.startswith(ACCELERATOR))
