"""TensorBoard's and Ray's views of real studies, read back."""

import time
from types import SimpleNamespace

import pandas as pd
import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.metadata import SESSION_START_INFO_TAG, parse_session_start_info_plugin_data

from study.cluster.recording import TensorBoardWriter
from study.plan.experiment import load_experiment
from study.results.folder import StudyFolder
from tests.conftest import ROOT

FFN = "ffn-4+8+16-lr0.05-seed0"
TRIAL = load_experiment(ROOT / "experiments" / "demo.py").trials[0]


def curves_in(folder):
    events = EventAccumulator(str(folder)).Reload()
    return {tag: {event.step: event.value for event in events.Scalars(tag)} for tag in events.Tags()["scalars"]}


@pytest.fixture(scope="module")
def hyperparameter_view(demo_study):
    """What TensorBoard's own hyperparameter view makes of the study: by trial, and all in all."""
    events = EventMultiplexer().AddRunsFromDirectory(str(demo_study[0] / "tensorboard")).Reload()
    view = Context(TBContext(data_provider=MultiplexerDataProvider(events, "")))
    found = view.hparams_metadata(RequestContext(), "")
    trials = {
        name: parse_session_start_info_plugin_data(tags[SESSION_START_INFO_TAG]).hparams for name, tags in found.items()
    }
    return trials, view.experiment_from_metadata(RequestContext(), "", True, found, [])


def test_every_trial_has_a_curve_per_frame_count_over_its_epochs(demo_study):
    folder, _ = demo_study
    epochs = pd.read_csv(folder / "epochs.csv").set_index("epoch")
    for name, rows in epochs.groupby("trial"):
        curves = curves_in(folder / "tensorboard" / name)
        for count in (4, 8, 16):
            assert curves[f"validation_top1/{count}"] == pytest.approx(dict(rows[f"validation_top1_{count}"]), abs=0.01)
        trained = [int(count) for count in name.split("-")[1].split("+")]
        losses = {f"train_loss/{count}": dict(rows[f"train_loss_{count}"]) for count in trained}
        assert {tag: curve for tag, curve in curves.items() if tag.startswith("train_loss/")} == {
            tag: pytest.approx(loss) for tag, loss in losses.items()
        }
        assert curves["training/lr"] == pytest.approx(dict(rows["lr"]))
        assert curves["training/clips_per_second"] == pytest.approx(dict(rows["clips_per_second"]), abs=0.1)


def test_memory_never_shrinks_to_less_than_its_peak(demo_study):
    folder, _ = demo_study
    peak = pd.read_csv(folder / "trials.csv").set_index("trial")["peak_memory_mb"][FFN]
    memory = list(curves_in(folder / "tensorboard" / FFN)["training/peak_memory_mb"].values())
    assert memory[0] > 100
    assert memory == sorted(memory)
    assert memory[-1] <= peak


def test_ray_adds_no_curves_of_its_own(demo_study):
    groups = {tag.split("/")[0] for tag in curves_in(demo_study[0] / "tensorboard" / FFN)}
    assert groups == {"train_loss", "train_top1", "validation_loss", "validation_top1", "training"}
    assert not list((demo_study[0] / "ray" / "tune").rglob("events*"))


def test_hyperparameters_bear_the_names_of_the_tables(demo_study, hyperparameter_view):
    trials, _ = hyperparameter_view
    table = pd.read_csv(demo_study[0] / "trials.csv", keep_default_na=False).set_index("trial")
    assert set(trials) == set(table.index)
    for name, shown in trials.items():
        for number in ("lr", "seed", "batch_size", "epochs"):
            assert shown[number].number_value == table[number][name]
        for text in ("method", "variant", "train_frames"):
            assert shown[text].string_value == table[text][name]
        assert shown["recipe/crop"].string_value == "random"


def test_the_view_begins_with_what_differs_and_has_the_accuracies(hyperparameter_view):
    _, view = hyperparameter_view
    differing = [shown.name for shown in view.hparam_infos if shown.differs]
    assert [shown.name for shown in view.hparam_infos[: len(differing)]] == differing
    assert {"lr", "method", "train_frames"} <= set(differing)
    assert {f"validation_top1/{count}" for count in (4, 8, 16)} <= {metric.name.tag for metric in view.metric_infos}


def test_curves_go_on_in_a_later_session(tmp_path):
    trial = SimpleNamespace(config={"trial": TRIAL.as_dict()})
    for epochs in ((1, 2), (3,)):
        writer = TensorBoardWriter(StudyFolder(tmp_path))
        for epoch in epochs:
            writer.log_trial_result(epoch, trial, {"epoch": epoch, "validation_top1_4": 10.0 * epoch})
        writer.log_trial_end(trial)
        time.sleep(1.1)  # event files are named by the second
    assert curves_in(tmp_path / "tensorboard" / TRIAL.name) == {"validation_top1/4": {1: 10.0, 2: 20.0, 3: 30.0}}


def test_a_trial_without_epochs_leaves_no_curves(tmp_path):
    trial = SimpleNamespace(config={"trial": TRIAL.as_dict()})
    writer = TensorBoardWriter(StudyFolder(tmp_path))
    writer.log_trial_start(trial)
    writer.log_trial_result(1, trial, {"done": True})
    writer.log_trial_end(trial)
    assert not (tmp_path / "tensorboard").exists()


def test_a_study_says_where_to_watch_it(demo_study):
    folder, printed = demo_study
    lines = printed.splitlines()
    assert f"TensorBoard: tensorboard --logdir {folder / 'tensorboard'}" in lines
    assert any(line.startswith("Ray's dashboard: http://") for line in lines)
