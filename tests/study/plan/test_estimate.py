"""A plan's size and speed: multiply-adds are those of the trials' own networks, speeds those that were measured."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.benchmarks.measure import Measurement, begin, write
from experiments.demo import experiment as demo
from ffn.evaluation.cost import multiply_adds
from ffn.models.factory import create_model
from study.__main__ import main
from study.outlook import outlook
from study.plan.estimate import clip_cost, plan
from study.plan.experiment import load_experiment
from study.plan.scale import at_demo_scale
from study.plan.search import Search, choice
from study.plan.speed import ASSUMED, BYTES, COMPILED, LOADERS, READING, TRAINING, Speeds, measured_speeds
from study.results.folder import OUTCOME, StudyFolder, write_json
from study.study import Study

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


@pytest.fixture
def begun(tmp_path):
    """A study of an experiment in an empty folder."""
    return lambda experiment: Study(experiment, StudyFolder(tmp_path / "study"))


def test_time_and_loaders_follow_from_the_speeds(measured, begun):
    """A device four times slower takes four times longer, and as many fewer loaders; validation costs time."""
    uncached = replace(demo, decoded_cache=False)
    (fast, slow) = (plan(begun(uncached), speeds=speeds)[0] for speeds in (Speeds(reading=0.05), measured))
    assert slow.seconds == pytest.approx(ASSUMED["core"] / 1e10 * fast.seconds)
    assert fast.loader_cores == pytest.approx(ASSUMED["core"] / 1e10 * slow.loader_cores)
    read = demo.synthetic.train // fast.trial.training.batch_size * fast.trial.training.batch_size
    clips = fast.trial.training.epochs * (read + demo.synthetic.validation)
    assert fast.loader_cores * fast.seconds == pytest.approx(clips * 0.05)
    more = plan(begun(replace(uncached, validation_frames=(4, 8, 16, 32))))[0]
    assert more.seconds > fast.seconds and more.steps == fast.steps
    assert plan(begun(demo))[0].loader_cores is None


@pytest.fixture
def planned(begun):
    """The plan of one of the demo's trials with some changes."""
    return lambda **changes: plan(begun(replace(demo, trials=(demo.trials[0].vary(**changes),))))[0]


def test_compiling_is_counted_on_a_gpu_alone(planned):
    assert planned(gpus=1).seconds == pytest.approx(COMPILED * planned(gpus=1, compile=True).seconds)
    assert planned().seconds == planned(compile=True).seconds


@pytest.mark.parametrize(
    ("share", "whole", "times_as_long"),
    [
        ({"gpus": 0.25}, {"gpus": 1}, 4),
        ({"gpus": 1, "workers": 4}, {"gpus": 1}, 1 / 4),
        ({"cpus": 2, "workers": 3}, {"cpus": 1}, 1 / 6),
    ],
)
def test_a_trial_takes_the_same_of_a_device_however_devices_are_shared(share, whole, times_as_long, planned):
    of_share, of_whole = planned(**share), planned(**whole)
    assert of_share.seconds == pytest.approx(times_as_long * of_whole.seconds)
    assert of_share.device_seconds == pytest.approx(of_whole.device_seconds) == pytest.approx(of_whole.seconds)


def test_the_total_of_a_dry_run_is_that_of_whole_devices(tmp_path, capsys):
    words = ["run", "experiments/demo.py", "--out", str(tmp_path / "not begun"), "--dry-run", "--gpus"]
    totals = []
    for share in ("1", "0.25"):
        assert main([*words, share]) == 0
        totals.append(re.search(r"about (\S+) of one device in all", capsys.readouterr().out)[1])
    assert totals[0] == totals[1]


SPACE = {"weight_decay": choice([0.0, 1e-4, 1e-3])}
SEARCHED = replace(demo, trials=demo.trials[:2], score_frames=(16,), search=Search(space=SPACE, samples=2))


def names(study):
    return Counter({row.trial.name: row.trials for row in plan(study) if row.variations is None}), sum(
        row.trials for row in plan(study) if row.variations
    )


def test_of_an_interrupted_search_what_is_left_is_planned_and_said(begun):
    study = begun(SEARCHED)
    first, second = SEARCHED.trials
    assert names(study) == ({first.name: 1, second.name: 1}, 4)
    done, open_ = study.suggest(first.name, {"weight_decay": 0.0}) + study.suggest(second.name, {"weight_decay": 0.0})
    for over in (first, done):
        write_json(study.folder.trial(over.name) / OUTCOME, {"status": "finished"})
    assert names(study) == ({second.name: 1, open_.name: 1}, 2)
    assert "Still to be suggested: 2" in list(outlook(study))
    study.suggest(first.name, {"weight_decay": 1e-3})
    study.suggest(second.name, {"weight_decay": 1e-3})
    assert names(study)[1] == study.trials_to_come == 0
    assert not [line for line in outlook(study) if "suggested" in line]


@pytest.mark.parametrize(
    ("words", "said"),
    [("gestures.py", True), ("gestures.py --data VIDEOS", False), ("demo.py", False), ("table1_methods.py", True)],
)
def test_a_dry_run_says_whose_sizes_it_assumes(words, said, gestures, tmp_path, capsys):
    arguments = ["run", *f"experiments/{words}".replace("VIDEOS", str(gestures)).split()]
    assert main([*arguments, "--out", str(tmp_path / "not begun"), "--dry-run"]) == 0
    assert ("those of Something-Something V2" in capsys.readouterr().out) == said
