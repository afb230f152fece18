from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint, save_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import OBJECTIVES, Objective
from ffn.training.opened_checkpoint import open_checkpoint
from ffn.training.recipe import EARLIER, PAPER, RELEASED
from tests.ffn.training.methods import METHODS


class Interrupted(Exception):
    pass


def training(settings, clips, **resources):
    return Training(settings, clips("train", settings), clips("validation", settings), num_classes=12, **resources)


def stop(row):
    raise Interrupted


def deterministic(row):
    return {key: value for key, value in row.items() if key not in ("seconds", "clips_per_second")}


@pytest.mark.parametrize("method", METHODS)
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(method, tiny_settings, clips, tmp_path):
    check_resuming(tiny_settings(**METHODS[method]), clips, tmp_path)


def check_resuming(settings, clips, folder):
    whole = training(settings, clips)
    whole.run(folder / "whole")
    with pytest.raises(Interrupted):
        training(settings, clips).run(folder / "parts", stop)
    torch.manual_seed(99)  # another process has another random state
    resumed = training(settings, clips)
    resumed.run(folder / "parts")
    assert [deterministic(row) for row in resumed.history] == [deterministic(row) for row in whole.history]
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


@dataclass(frozen=True, kw_only=True)
class LabelSmoothing(Objective):
    """An objective that the project does not have."""

    name = "label_smoothing"
    smoothing: float = 0.1

    def backward(self, step):
        loss = partial(F.cross_entropy, target=step.labels, label_smoothing=self.smoothing)
        return {count: step.train(step.clips[count], loss) for count in step.counts}


def test_a_new_objective_is_one_class_and_its_registration(monkeypatch, tiny_settings, clips, tmp_path):
    """It trains, resumes bit for bit, and comes back from its checkpoint."""
    monkeypatch.setitem(OBJECTIVES, "label_smoothing", LabelSmoothing)
    settings = tiny_settings(schedule=constant(2, 4), objective=LabelSmoothing(smoothing=0.2))
    check_resuming(settings, clips, tmp_path)
    assert open_checkpoint(tmp_path / "parts" / "last.pt").settings == settings


@pytest.mark.parametrize("method", ["tsm", "ffn", "proportional"])
def test_a_checkpoint_shows_what_it_holds(method, tiny_settings, clips, tmp_path):
    record = {"note": "by hand"}
    names = tuple(f"motion {label}" for label in range(12))
    run = training(tiny_settings(**METHODS[method]), clips, record=record, classes=names)
    run.history.append({"epoch": 1})
    save_checkpoint(tmp_path / "last.pt", run.checkpoint())
    opened = open_checkpoint(tmp_path / "last.pt")
    assert opened.classes == names
    assert opened.method == ("ffn" if method == "ffn" else "tsm")
    assert opened.record == record
    assert opened.settings == run.settings
    assert opened.epoch == 1


def test_a_checkpoint_of_an_earlier_version_has_no_class_names(tiny_settings, clips, tmp_path):
    run = training(tiny_settings(), clips)
    save_checkpoint(tmp_path / "last.pt", {key: part for key, part in run.checkpoint().items() if key != "classes"})
    assert open_checkpoint(tmp_path / "last.pt").classes == ()


def test_names_for_another_number_of_classes_are_refused(tiny_settings, clips):
    with pytest.raises(ValueError, match="classes must name 12 classes, got 2"):
        training(tiny_settings(), clips, classes=("a", "b"))


def test_validation_has_the_precision_of_training(tiny_settings, clips):
    """The same weights, validated in both: bfloat16 moves the loss a little."""
    rows = []
    for precision in ("float32", "bfloat16"):
        run = training(tiny_settings(precision=precision), clips)
        run.model.classifier.weight.data.mul_(1000)  # its initial 0.001 would hide all differences
        rows.append(run._validate()["validation_loss_16"])
    assert rows[0] != rows[1]
    assert rows[0] == pytest.approx(rows[1], rel=0.02)


def test_decoding_processes_change_nothing(tiny_settings, clips, tmp_path):
    histories = []
    for workers in (0, 2):
        run = training(tiny_settings(epochs=1), clips, loader_workers=workers)
        run.run(tmp_path / str(workers))
        histories.append(deterministic(run.history[0]))
    assert histories[0] == histories[1]


def test_history_has_every_count_and_the_best_epoch_is_kept(tiny_settings, clips, tmp_path):
    settings = tiny_settings(**METHODS["ffn"])
    run = Training(
        settings, clips("train", settings), clips("validation", settings), num_classes=12, validation_counts=(3,)
    )
    run.run(tmp_path)
    assert [row["epoch"] for row in run.history] == [1, 2]
    for count in (2, 3, 4):
        assert 0 <= run.history[-1][f"validation_top1_{count}"] <= 100
    assert {name for name in run.history[-1] if name.startswith("train_top1")} == {"train_top1_2", "train_top1_4"}
    means = [sum(row[f"validation_top1_{count}"] for count in (2, 4)) for row in run.history]
    assert run.best_epoch == 1 + means.index(max(means))
    assert len(load_checkpoint(tmp_path / "best.pt")["history"]) == run.best_epoch


@pytest.mark.parametrize(("recipe", "epoch"), [(PAPER, 1), (RELEASED, 2), (EARLIER, 2)])
def test_the_recipe_says_which_counts_choose_the_best_epoch(recipe, epoch, tiny_settings, clips):
    run = training(tiny_settings(**METHODS["ffn"] | {"recipe": recipe}), clips)
    run.history = [{"validation_top1_2": low, "validation_top1_4": high} for low, high in [(9, 5), (2, 6), (3, 6)]]
    assert run.best_epoch == epoch


def test_a_finished_run_does_nothing_again(tiny_settings, clips, tmp_path):
    settings = tiny_settings(epochs=1)
    training(settings, clips).run(tmp_path)
    training(settings, clips).run(tmp_path, stop)


def test_a_checkpoint_rebuilds_the_trained_network(tiny_settings, clips, tmp_path):
    settings = tiny_settings(epochs=1, **METHODS["ffn"])
    run = training(settings, clips)
    run.run(tmp_path)
    again = model_from_checkpoint(load_checkpoint(tmp_path / "last.pt"))
    x = torch.randn(2, 3, 3, 48, 48)
    assert torch.equal(again(x), run.model.eval()(x))


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tiny_settings, clips, tmp_path):
    settings = tiny_settings(epochs=2)
    run = training(settings, clips)

    def spoil(row):
        with torch.no_grad():
            run.model.classifier.weight.fill_(float("inf"))

    with pytest.raises(FloatingPointError, match="16 frames"):
        run.run(tmp_path, spoil)
    kept = load_checkpoint(tmp_path / "last.pt")
    assert len(kept["history"]) == 1
    assert all(value.isfinite().all() for value in kept["model"].values())


def test_more_clips_per_batch_than_videos_is_refused(tiny_settings, clips):
    with pytest.raises(ValueError, match="batch_size"):
        training(tiny_settings(batch_size=64), clips)


def test_a_tiny_network_learns(tiny_settings, clips, tmp_path):
    """The loss on 48 clips falls well below chance: the parts work together."""
    settings = tiny_settings(epochs=12, schedule=constant(8), dropout=0.0, warmup_epochs=1.0)
    run = training(settings, clips)
    run.run(tmp_path)
    assert run.history[-1]["train_loss_8"] < run.history[0]["train_loss_8"] - 0.2


def test_what_is_validated_and_kept_is_the_average(tiny_settings, clips, tmp_path):
    run = training(tiny_settings(epochs=1, averaging=0.9), clips)
    run.run(tmp_path)
    kept = model_from_checkpoint(load_checkpoint(tmp_path / "last.pt"))
    x = torch.randn(2, 4, 3, 48, 48)
    assert torch.equal(kept(x), run.ema.network.eval()(x))
    assert not torch.equal(kept(x), run.model.eval()(x))


def test_a_smaller_share_of_the_videos_lies_within_a_larger_one(tiny_settings, clips):
    def videos(share):
        run = training(tiny_settings(data_share=share, batch_size=4), clips)
        return {request.index for epoch in range(20) for batch in run._batches(epoch) for request in batch}

    shares = [videos(share) for share in (0.25, 0.5, 1.0)]
    assert [len(share) for share in shares] == [12, 24, 48]
    assert shares[0] < shares[1] < shares[2]


def test_nothing_but_plain_values_is_in_a_checkpoint(tiny_settings, clips, tmp_path):
    training(tiny_settings(epochs=1), clips).run(tmp_path)
    content = torch.load(tmp_path / "last.pt", weights_only=True)
    assert content["settings"]["epochs"] == 1
    assert not list(Path(tmp_path).glob(".*"))
