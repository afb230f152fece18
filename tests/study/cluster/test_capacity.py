from pathlib import Path

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config

from ffn.training.frame_schedule import constant
from study.cluster.capacity import Nodes, concurrent_trials, launchable_nodes
from study.plan.trial import Trial

SMALL = Trial().vary(schedule=constant(4))
H200_NODE = {"CPU": 192, "GPU": 8, "accelerator_type:H200": 1, "memory": 1e12}
HEAD = Nodes(number=1, resources={"CPU": 16, "memory": 1e9})
FOUR_NODES = Nodes(number=4, resources=H200_NODE)


@pytest.mark.parametrize(
    ("trial", "nodes", "at_once"),
    [
        (SMALL, [Nodes(number=1, resources={"CPU": 2})], 2),
        (SMALL.vary(cpus=16, gpus=1), [HEAD, FOUR_NODES], 32),
        (SMALL.vary(cpus=2, gpus=0.1), [FOUR_NODES], 320),
        (SMALL.vary(cpus=48, gpus=1), [FOUR_NODES], 16),
        (SMALL.vary(cpus=16, gpus=1, workers=8, accelerator="H200"), [HEAD, FOUR_NODES], 4),
        (SMALL.vary(cpus=16, workers=5), [HEAD, FOUR_NODES], 9),
    ],
)
def test_as_many_trials_run_as_the_nodes_hold(trial, nodes, at_once):
    assert concurrent_trials([trial], nodes) == at_once
    assert concurrent_trials([SMALL, trial], [*nodes]) == at_once


@pytest.mark.parametrize(
    ("trial", "nodes", "named"),
    [
        (SMALL.vary(gpus=1, accelerator="H200"), [HEAD], "accelerator: tsm-4-lr0.01-seed0 requires H200"),
        (SMALL.vary(gpus=1), [HEAD], "gpus: .* the cluster has 1 x 16 CPU"),
        (SMALL.vary(cpus=300), [HEAD, FOUR_NODES], "cpus: .*300.* 16 CPU; 4 x 192 CPU, 8 GPU, H200"),
        (SMALL.vary(cpus=20, gpus=1, workers=32), [FOUR_NODES, HEAD], None),
        (SMALL.vary(cpus=30, gpus=1, workers=32), [FOUR_NODES], "workers: .*32 with 30 CPU, 1 GPU each"),
        (SMALL, [], "cpus: .* the cluster has no node"),
    ],
)
def test_what_no_node_can_hold_is_refused_by_its_field(trial, nodes, named):
    if named is None:
        assert concurrent_trials([trial], nodes) == 1
        return
    with pytest.raises(ValueError, match=named):
        concurrent_trials([SMALL, trial] if nodes else [trial], nodes)


@pytest.mark.parametrize(("name", "nodes"), [("cluster.yaml", 4), ("experiments/cluster_local.yaml", 0)])
def test_nodes_that_are_yet_to_be_launched_count(name, nodes, tmp_path):
    """`ray up` leaves its configuration on the head; for machines of one's own it does not say what they have."""
    launcher = yaml.safe_load((Path(__file__).parents[3] / name).read_text())
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(prepare_config(launcher)))
    found = launchable_nodes(tmp_path / "config.yaml")
    assert sum(kind.number for kind in found) == nodes
    if nodes:
        h200 = SMALL.vary(cpus=16, gpus=1, accelerator="H200")
        assert concurrent_trials([h200], [Nodes(number=1, resources={"CPU": 16}), *found]) == 32
    assert launchable_nodes(tmp_path / "nothing.yaml") == []
