"""Everything that runs on a GPU, on a pretended one: nothing is left on the CPU, and no two devices meet."""

from dataclasses import dataclass, replace

import pytest
import torch

from experiments.benchmarks.inputs import random_clips
from ffn.data.views import Views
from ffn.evaluation.cost import latency
from ffn.evaluation.protocol import PLAIN, EvaluationProtocol
from ffn.models.families import FAMILIES
from ffn.models.families.tiny import TINY, TinyResNet
from ffn.models.folding import sub_network
from ffn.models.parts import DEFAULT_RETROFIT, Parts
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
from ffn.training.frame_schedule import constant, mixed
from ffn.training.loop import Training
from ffn.training.objectives import OBJECTIVES, Distillation, Mixed
from ffn.training.settings import TrainingSettings
from study.evaluation import Evaluator, evaluate_ensemble, evaluate_trial
from study.plan.trial import Trial
from tests.ffn.clip_networks import OWN
from tests.ffn.training.methods import METHODS
from tests.pretended_device import pretended_device

pytestmark = pytest.mark.filterwarnings("ignore:Accessing the data pointer of FakeTensor")  # by deepcopy, of a buffer
FFN = METHODS["ffn"]
RUNS = METHODS | {
    "mixed": {"schedule": mixed(4, 2, probability=1.0), "objective": Mixed()},
    "taught by the average": FFN | {"objective": Distillation(averaged_teacher=True), "averaging": 0.5},
    "private weights": FFN | {"parts": Parts(weight_sharing=False)},
    "synchronised": FFN | {"synchronised_batchnorm": True},
    "float16": METHODS["beyond"] | {"precision": "float16"},
}


@pytest.fixture(scope="module", autouse=True)
def one_block():
    """A network of one block, which has every kind of layer: each operation takes a millisecond here."""

    def build():
        network = TinyResNet()
        network.blocks, network.fc = network.blocks[:1], torch.nn.Linear(16, 1000)
        return network

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FAMILIES, "one_block", replace(TINY, name="one_block", build=build))
        yield


@pytest.fixture
def device():
    with pretended_device() as device:
        yield device


def settings_of(**changes):
    small = {"backbone": "one_block", "epochs": 1, "batch_size": 3, "short_side": 20, "crop_size": 16}
    return TrainingSettings(**(small | changes | {"data_share": 1.0}))


def training(settings, device="cpu"):
    clips = random_clips(settings)
    return Training(settings, clips, clips, num_classes=5, device=device)


def assert_all_there(run, device):
    """Weights, statistics, their average, momentum and loss scale."""
    tensors = tensors_of(run)
    momenta = [state["momentum_buffer"] for state in run.optimisation.optimiser.state.values()]
    assert momenta
    assert {tensor.device.type for tensor in tensors + momenta} == {device.type}


def tensors_of(run):
    """Weights and statistics of the network and of its average."""
    networks = (run.model, run.ema.network)
    return [tensor for network in networks for tensor in (*network.parameters(), *network.buffers())]


@pytest.mark.parametrize("method", RUNS)
def test_an_epoch_stays_on_the_device(method, device):
    """Loading, step, average and validation of each method, objective, kind of schedule and precision."""
    run, types = training(settings_of(epochs=2, **RUNS[method]), device), []
    run.model.backbone.conv1.register_forward_hook(
        lambda layer, _, output: types.append(output.dtype) if layer.training else None
    )
    row = run.run_epoch(0)
    assert set(types) == {getattr(torch, run.settings.precision)}  # autocast for another device is silently none
    assert run.optimisation.steps_done == 1
    assert row.keys() >= {f"validation_top1_{count}" for count in run.settings.frame_counts}
    assert_all_there(run, device)


@pytest.mark.parametrize(
    "network",
    [
        {"backbone": "tiny_r2plus1d"},
        {"backbone": "tiny_vit", "optimiser": "adamw", "short_side": 52, "crop_size": 48},
        {"backbone": OWN},
    ],
    ids=lambda network: network["backbone"],
)
def test_networks_over_clips_stay_there(network, device):
    run = training(settings_of(**FFN, **network), device)
    run.run_epoch(0)
    assert run.optimisation.steps_done == 1
    assert {tensor.device.type for tensor in tensors_of(run)} == {device.type}


def test_every_objective_is_among_them():
    assert {type(method["objective"]) for method in RUNS.values() if "objective" in method} >= {
        *OBJECTIVES.values()
    } - {type(settings_of().objective)}


@dataclass(frozen=True)
class RandomData:
    """What an evaluator reads: random clips for every split."""

    settings: TrainingSettings

    def clips(self, split, preparation):
        return random_clips(self.settings).prepared(preparation)


@pytest.fixture(scope="module")
def checkpoints(one_block, tmp_path_factory):
    """The folders of a TSM and an FFN trained for an epoch on the CPU."""
    folders = {method: tmp_path_factory.mktemp(method) for method in ("tsm", "ffn")}
    for method, folder in folders.items():
        training(settings_of(**METHODS[method])).run(folder)
    return folders


def test_a_run_of_the_cpu_goes_on_there(checkpoints, device):
    run = training(settings_of(**FFN, epochs=2), device)
    run.restore(load_checkpoint(checkpoints["ffn"] / "last.pt"))
    assert_all_there(run, device)
    run.run_epoch(1)
    assert_all_there(run, device)


@pytest.mark.parametrize("parts", [Parts(), Parts.named(DEFAULT_RETROFIT)])
def test_a_retrofit_stays_on_the_device(parts, checkpoints, device):
    start = str(checkpoints["tsm"] / "last.pt")
    run = training(settings_of(start=start, schedule=constant(2), parts=parts, averaging=0.5), device)
    run.run_epoch(0)
    assert_all_there(run, device)


def evaluator(device):
    settings = settings_of()
    return Evaluator(
        data=RandomData(settings), preparation=settings.preparation, split="test", frames=(2, 3), device=device
    )


@pytest.mark.parametrize("method", ["tsm", "ffn"])
def test_evaluation_brings_back_rows_alone(method, checkpoints, device):
    """Of the last epoch, with several views and re-calibrated; no statistic is read from anywhere but the device."""
    views = EvaluationProtocol(views=Views(clips=2))
    rows = evaluate_trial(Trial(recalibration_clips=3), checkpoints[method], evaluator(device), (PLAIN, views))
    kinds = {(str(row.protocol.views), row.protocol.adaptation) for row in rows}
    assert kinds == {("1x1", ""), ("1x1", "recalibrated"), ("2x1", ""), ("2x1", "recalibrated")}
    assert {len(row.predictions.labels) for row in rows} == {3}


def test_an_ensemble_is_evaluated_there(checkpoints, device):
    rows = evaluate_ensemble(Trial(), [checkpoints["tsm"]] * 2, evaluator(device))
    assert [row.eval_frames for row in rows] == [2, 3]


def test_the_network_of_one_count_is_folded_and_timed_there(checkpoints, device):
    model = model_from_checkpoint(load_checkpoint(checkpoints["ffn"] / "last.pt")).to(device)
    folded = sub_network(model, 2)
    assert {parameter.device.type for parameter in folded.parameters()} == {device.type}
    assert latency(folded, 2, 16, repeats=1) > 0
