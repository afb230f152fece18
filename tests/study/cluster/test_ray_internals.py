"""A contract test for each use of what is not Ray's public interface: the one that fails names what moved."""

import inspect
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import ray
from ray import train, tune
from ray.tune.schedulers import ASHAScheduler, MedianStoppingRule

from study.cluster import ray_internals
from study.plan.stopping import ScheduledTrial
from tests.conftest import ROOT

RAY = Path(ray.__file__).parent


def environment_variables():
    """What Ray calls the variables that the study sets, by Ray's own constants."""
    from ray._common.constants import RAY_WARN_BLOCKING_GET_INSIDE_ASYNC_ENV_VAR
    from ray.train.v2._internal import constants

    return {
        constants.HEALTH_CHECK_INTERVAL_S_ENV_VAR,
        constants.WORKER_GROUP_START_TIMEOUT_S_ENV_VAR,
        constants.ENABLE_PRINT_PATCH_ENV_VAR,
        constants.ENABLE_PREEMPTION_WATCHER_ENV_VAR,
        RAY_WARN_BLOCKING_GET_INSIDE_ASYNC_ENV_VAR,
        "TUNE_DISABLE_SIGINT_HANDLER",
        "RAY_prestart_worker_first_driver",
    }


def test_environment_variables_still_have_their_names():
    assert environment_variables() == {*ray_internals.ENVIRONMENT, *ray_internals.LOCAL_ENVIRONMENT}
    assert "TUNE_DISABLE_SIGINT_HANDLER" in (RAY / "tune" / "tune.py").read_text()
    assert b"prestart_worker_first_driver" in (RAY / "core" / "src" / "ray" / "raylet" / "raylet").read_bytes()


def test_ray_still_marks_submitted_jobs_by_its_variable(monkeypatch):
    from ray._private.runtime_env.constants import RAY_JOB_CONFIG_JSON_ENV_VAR

    monkeypatch.delenv(RAY_JOB_CONFIG_JSON_ENV_VAR, raising=False)
    assert not ray_internals.in_submitted_job()
    monkeypatch.setenv(RAY_JOB_CONFIG_JSON_ENV_VAR, "{}")
    assert ray_internals.in_submitted_job()
    supervisor = (RAY / "dashboard" / "modules" / "job" / "job_supervisor.py").read_text()
    assert "RAY_JOB_CONFIG_JSON_ENV_VAR: json.dumps" in supervisor


def test_the_head_node_and_accelerators_still_have_their_resource_names():
    from ray._common.constants import HEAD_NODE_RESOURCE_NAME
    from ray._common.utils import RESOURCE_CONSTRAINT_PREFIX

    assert HEAD_NODE_RESOURCE_NAME == ray_internals.HEAD
    assert RESOURCE_CONSTRAINT_PREFIX == ray_internals.ACCELERATOR


def test_ray_up_still_leaves_its_configuration_on_the_head():
    written = f"~/{ray_internals.LAUNCHER_CONFIG.name}"
    assert written in (RAY / "autoscaler" / "_private" / "commands.py").read_text()


def test_a_cluster_configuration_still_has_node_groups():
    from ray.core.generated.autoscaler_pb2 import ClusterConfig

    group = ClusterConfig().node_group_configs.add()
    assert {"max_count", "resources"} <= {field.name for field in group.DESCRIPTOR.fields}
    from ray._private.state import state

    assert callable(state.get_cluster_config)


def test_a_node_that_starts_is_waited_for_by_the_function_that_is_made_patient():
    """By hand: with the raylet stopped for 45 seconds a study starts, where Ray alone gives up."""
    from ray._private import node, services

    waiting = inspect.getsource(node.Node.__init__).split("raylet_start_wait_time_s = 30")[1].split("break")[0]
    assert "node_info = ray._private.services.get_node(" in waiting
    assert list(inspect.signature(services.get_node).parameters) == ["gcs_address", "node_id"]
    usual = services.get_node
    with ray_internals.patient_start():
        assert services.get_node is not usual
    assert services.get_node is usual


def test_a_named_trainable_is_shown_by_its_name():
    trainable = ray_internals.named_trainable(lambda config: None, lambda config: config["trial"])
    assert issubclass(trainable, tune.Trainable)
    shown = object.__new__(trainable)
    shown.config = {"trial": "tsm-16"}
    assert repr(shown) == "tsm-16"


def test_a_trainer_leaves_out_ray_data_and_the_watcher_of_its_controller_and_nothing_else(tmp_path):
    from ray.train.v2._internal.callbacks import DatasetsCallback
    from ray.train.v2._internal.callbacks.placement_group_callback import PlacementGroupCleanerCallback
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    arguments = {"scaling_config": train.ScalingConfig(num_workers=1)}
    usual = DataParallelTrainer(print, **arguments)._create_default_callbacks()
    trainer = ray_internals.trainer_in_this_process(print, placement_group=tmp_path / "places", **arguments)
    ours = trainer._create_default_callbacks()
    assert Counter(map(type, usual)) - Counter(map(type, ours)) == {
        DatasetsCallback: 1, PlacementGroupCleanerCallback: 1,
    }  # fmt: skip


LOST = """
import sys
from pathlib import Path

import ray
from ray.train import ScalingConfig
from ray.util import list_named_actors

from study.cluster.ray_internals import ON_HEAD, free_places, trainer_in_this_process
from tests.running import wait_for

places, started = (Path(sys.argv[1]) / name for name in ("places", "started"))


@ray.remote(num_cpus=0, resources=ON_HEAD)
class TrialProcess:
    def run(self):
        def work():
            started.touch()
            wait_for(lambda: False, seconds=600)

        trainer_in_this_process(work, placement_group=places, scaling_config=ScalingConfig(num_workers=1)).fit()


ray.init(address="local", num_cpus=1, include_dashboard=False, logging_level="CRITICAL", log_to_driver=False)
trial = TrialProcess.remote()
trial.run.remote()
wait_for(started.exists, seconds=100)
ray.kill(trial)
print("coordinated", any("Coordinator" in named["name"] for named in list_named_actors(all_namespaces=True)))
available = ray.available_resources
wait_for(lambda: [name for name, free in available().items() if "CPU_group_" in name and free == 1], seconds=30)
print("kept", "CPU" in available())
free_places(places)
wait_for(lambda: available().get("CPU") == 1, seconds=30)
print("freed", places.exists())
"""


def test_ray_starts_no_coordinator_and_keeps_what_a_lost_trial_reserved_until_it_is_freed(environment, tmp_path):
    words = [sys.executable, "-c", LOST, tmp_path]
    found = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert found.stdout.splitlines() == ["coordinated False", "kept False", "freed False"], found.stderr


def test_a_trainer_still_runs_one_controller_to_its_result():
    from ray.train.v2._internal.execution.controller import TrainController
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    source = inspect.getsource(DataParallelTrainer._initialize_and_run_controller)
    assert "controller_actor_cls.remote(**controller_init_kwargs)" in source
    assert "ray.get(controller.run.remote())\n        return ray.get(controller.get_result.remote())" in source
    assert inspect.iscoroutinefunction(TrainController.run)


def test_an_epoch_is_tunes_training_iteration():
    assert ray_internals.epoch_number(3) == {"training_iteration": 3}
    assert tune.result.TRAINING_ITERATION == "training_iteration"


COMMON = {"time_attr": "epoch", "metric": "score", "mode": "max", "grace_period": 1}


@pytest.mark.parametrize(
    "schedules",
    [ASHAScheduler(**COMMON), MedianStoppingRule(**COMMON, min_time_slice=math.inf)],
    ids=["asha", "median"],
)
def test_schedulers_decide_without_a_tune_run(schedules):
    trials = [ScheduledTrial(trial_id=str(number), arm="tsm-16", epochs=9) for number in range(5)]
    scheduler = ray_internals.SchedulerOutsideTune(schedules)
    decisions = []
    for score, trial in zip((5, 4, 3, 2, 1), trials):
        decisions.append(scheduler.says_stop(trial, {"epoch": 1, "score": score}))
        scheduler.tell(trial, {"epoch": 1, "score": score})
    assert decisions[0] is False
    assert decisions[-1] is True


def test_the_processes_that_ray_adds_to_a_trial_load_no_torch():
    code = "import sys; from study.cluster import trial_process, train_worker, early_stopping; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in found.stdout.split()
