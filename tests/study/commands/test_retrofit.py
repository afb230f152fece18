import pytest
import torch

from ffn.data.synthetic import SyntheticDataset
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.opened_checkpoint import open_checkpoint
from study.__main__ import main
from study.commands.evaluate import evaluate_checkpoint
from study.commands.retrofit import retrofit_experiment
from study.plan.trial import Trial


@pytest.fixture
def tsm(demo_study):
    return demo_study[0] / "checkpoints" / "tsm-16-lr0.05-seed0" / "last.pt"


def test_the_command_writes_a_checkpoint_that_keeps_its_own_count(tsm, retrofitted, videos):
    out, printed = retrofitted
    written = next(out.glob("checkpoints/*/last.pt"))
    assert f"Checkpoint: {written}" in printed
    before, after = (model_from_checkpoint(load_checkpoint(path)) for path in (tsm, written))
    assert after.context.frame_counts == (4, 8, 16)
    clips = torch.randn(2, 16, 3, 48, 48)
    assert torch.equal(after(clips), before(clips))
    own, of_branches = (evaluate_checkpoint(path, videos, (8, 16), "validation").table for path in (tsm, written))
    assert list(of_branches["method"]) == ["retrofit", "retrofit"]
    assert of_branches["top1"][1] == own["top1"][1]
    assert f"{of_branches['top1'][0]:.2f}" in printed


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--frames", "16"), "16 frames already"),
        (("--frames", "4", "--parts", "bn,hat"), "hat"),
        (("--frames", "4", "--share", "0"), "data_share"),
        (("--frames", "4", "--checkpoint", "nowhere.pt"), "nowhere.pt"),
        (("--frames", "4", "--data", "nowhere"), "nowhere"),
    ],
)
def test_unusable_arguments_are_named_in_one_line(arguments, named, tsm, videos, tmp_path, capsys):
    words = ["retrofit", "--checkpoint", str(tsm), "--data", str(videos), "--out", str(tmp_path / "out"), *arguments]
    assert main(words) == 2
    printed = capsys.readouterr().err
    assert named in printed
    assert len(printed.strip().splitlines()) == 1


def test_an_ffn_is_refused(demo_study, videos, tmp_path, capsys):
    ffn = demo_study[0] / "checkpoints" / "ffn-4+8+16-lr0.05-seed0" / "last.pt"
    words = ["retrofit", "--checkpoint", str(ffn), "--data", str(videos), "--frames", "6", "--out", str(tmp_path)]
    assert main(words) == 2
    assert "FFN" in capsys.readouterr().err


def test_data_with_folds_is_refused_with_what_it_takes(saved, gestures, tmp_path, capsys):
    words = ["retrofit", "--checkpoint", str(saved()[0]), "--data", str(gestures), "--frames", "4"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 2
    printed = capsys.readouterr().err
    assert f"{gestures} has 5 folds, and retrofit takes a dataset with splits" in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.parametrize("trained_on", [{"fold": 1}, {"synthetic": SyntheticDataset()}])
def test_what_a_checkpoint_was_trained_on_says_nothing_of_its_retrofits_data(trained_on, saved, tiny_settings):
    trial = Trial(training=tiny_settings(schedule=constant(16)), **trained_on)
    path, _ = saved(record=trial.as_dict(), schedule=constant(16))
    classes = [str(label) for label in range(12)]
    experiment = retrofit_experiment(
        open_checkpoint(path), path, classes, (4,), ("bn",), epochs=1, share=1.0, start_frames=None
    )
    assert [(trial.fold, trial.synthetic) for trial in experiment.trials] == [(None, None)]
