"""A plan's size and speed: multiply-adds are those of the trials' own networks, speeds those that were measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from experiments.benchmarks.measure import Measurement, begin, write
from experiments.demo import experiment as demo
from ffn.evaluation.cost import multiply_adds
from ffn.models.factory import create_model
from study.__main__ import main
from study.plan.estimate import clip_cost, plan
from study.plan.experiment import load_experiment
from study.plan.scale import at_demo_scale
from study.plan.speed import ASSUMED, BYTES, COMPILED, LOADERS, READING, TRAINING, Speeds, measured_speeds

CLASSES = 12


@pytest.mark.parametrize("name", ["table4_ablation", "beyond_ffn_parts"])
def test_a_clip_costs_its_frames_whatever_each_count_has_for_itself(name):
    trials = at_demo_scale(load_experiment(Path(f"experiments/{name}.py"))).trials
    for training in {str(trial.training.parts): trial.training for trial in trials}.values():
        network = create_model(**training.architecture(CLASSES))
        assert multiply_adds(network, 3, training.crop_size) == clip_cost(training, CLASSES, 3)


@pytest.fixture
def measured(tmp_path):
    """The speeds of a folder with the table of a benchmark."""
    rows = [
        Measurement(benchmark=TRAINING["core"], variant="tiny", value=1e10, unit="multiply-adds/s"),
        Measurement(benchmark=TRAINING["GPU"], variant="resnet50", value=None, unit="multiply-adds/s"),
        Measurement(benchmark=f"clips {{4,8,16}}, 2 {LOADERS}", variant="earlier", value=5.0, unit="clips/s/core"),
        Measurement(benchmark=f"clips {{4,8,16}}, 2 {LOADERS}", variant=BYTES, value=20.0, unit="clips/s/core"),
    ]
    write(tmp_path, "benchmarks", rows, begin("tests", 1))
    return measured_speeds(tmp_path)


def test_what_a_benchmark_lacks_is_assumed(measured, tmp_path):
    assert (measured.of("core", "tiny"), measured.reading) == (1e10, 0.05)
    assert measured.of("GPU", "resnet50") == ASSUMED["GPU"]
    assert str(tmp_path / "benchmarks.csv") in str(measured)
    assumed = measured_speeds(tmp_path / "nowhere")
    assert (assumed.of("core", "tiny"), assumed.reading) == (ASSUMED["core"], READING)
    assert "on an H200" in str(assumed)


def test_time_and_loaders_follow_from_the_speeds(measured):
    """A device four times slower takes four times longer, and as many fewer loaders; validation costs time."""
    uncached = replace(demo, decoded_cache=False)
    (fast, slow) = (plan(uncached, speeds=speeds)[0] for speeds in (Speeds(reading=0.05), measured))
    assert slow.seconds == pytest.approx(ASSUMED["core"] / 1e10 * fast.seconds)
    assert fast.loader_cores == pytest.approx(ASSUMED["core"] / 1e10 * slow.loader_cores)
    read = demo.synthetic.train // fast.trial.training.batch_size * fast.trial.training.batch_size
    clips = fast.trial.training.epochs * (read + demo.synthetic.validation)
    assert fast.loader_cores * fast.seconds == pytest.approx(clips * 0.05)
    more = plan(replace(uncached, validation_frames=(4, 8, 16, 32)))[0]
    assert more.seconds > fast.seconds and more.steps == fast.steps
    assert plan(demo)[0].loader_cores is None


def test_compiling_is_counted_on_a_gpu_alone():
    def seconds(**changes):
        return plan(replace(demo, trials=(demo.trials[0].vary(**changes),)))[0].seconds

    assert seconds(gpus=1) == pytest.approx(COMPILED * seconds(gpus=1, compile=True))
    assert seconds() == seconds(compile=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [("gestures.py", True), ("gestures.py --data VIDEOS", False), ("demo.py", False), ("table1_methods.py", True)],
)
def test_a_dry_run_says_whose_sizes_it_assumes(words, said, gestures, tmp_path, capsys):
    arguments = ["run", *f"experiments/{words}".replace("VIDEOS", str(gestures)).split()]
    assert main([*arguments, "--out", str(tmp_path / "not begun"), "--dry-run"]) == 0
    assert ("those of Something-Something V2" in capsys.readouterr().out) == said
