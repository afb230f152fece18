"""docs/networks.md, followed word for word: somebody's own network, from its file to its retrofit."""

import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from ffn.models.parts import UNSHIFTED_RETROFIT
from ffn.training.opened_checkpoint import StateDictOf, open_checkpoint
from ffn.training.settings import TrainingSettings
from study.__main__ import main
from study.commands.retrofit import retrofit_experiment
from study.dataset import StudyData
from study.plan.experiment import load_experiment
from study.plan.protocol import Protocol
from study.results.folder import StudyFolder
from study.results.tables import write_tables
from study.run_trial import run_trial
from tests.test_docs import ROOT, blocks

PAGE = ROOT / "docs" / "networks.md"
COMMANDS = [line for block in blocks(PAGE, "sh") for line in block.splitlines()]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder with the page's two files, from where its commands are run."""
    network, _, experiment = blocks(PAGE, "python")
    (tmp_path / "my_networks.py").write_text(network)
    (tmp_path / "my_experiment.py").write_text(experiment)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("my_networks", None)


def words(beginning, videos):
    """The arguments of the page's command that begins so, on the small videos."""
    line = next(line for line in COMMANDS if line.startswith(f"python -m study {beginning}"))
    return shlex.split(re.sub(r"\bDATA\b", str(videos), line).removeprefix("python -m study "))


def test_an_experiment_trains_evaluates_and_reports_it(here, videos, capsys):
    assert main([*words("run", videos), "--dry-run"]) == 0
    assert "ffn_my_networks" in capsys.readouterr().out
    experiment = load_experiment(Path("my_experiment.py"))
    folder, data = StudyFolder(here / "results" / "mine"), StudyData(root=videos)
    protocol = Protocol(eval_frames=experiment.eval_frames, eval_split="test")
    trials = [trial.vary(epochs=1, recalibration_clips=12 * (trial.method == "tsm")) for trial in experiment.trials]
    for trial in trials:
        run_trial(trial, folder, data, protocol)
    write_tables(trials, folder)
    evaluations = pd.read_csv(folder.root / "evaluations.csv")
    assert set(evaluations["eval_frames"]) == {4, 8, 16}
    assert set(pd.read_csv(folder.root / "trials.csv")["model"]) == {
        "my_networks:recogniser", "ffn_my_networks:recogniser",
    }  # fmt: skip
    checkpoint = folder.checkpoints(trials[1].name) / "last.pt"
    assert main(["predict", "--checkpoint", str(checkpoint), str(next(videos.rglob("*.webm")))]) == 0


def test_its_plain_state_dict_is_evaluated_and_retrofitted(here, videos, capsys):
    import my_networks

    theirs = my_networks.recogniser(12).eval()
    torch.save(theirs.state_dict(), "their.pt")
    assert main(words("evaluate", videos)) == 0
    assert "top-1" in capsys.readouterr().out
    settings = TrainingSettings(backbone="my_networks:recogniser", crop_size=48, short_side=55)
    opened = open_checkpoint(Path("their.pt"), StateDictOf(settings=settings, num_classes=12))
    classes = [str(label) for label in range(12)]
    experiment = retrofit_experiment(
        opened, Path("their.pt"), classes, (4, 8), UNSHIFTED_RETROFIT, epochs=1, share=1.0, start_frames=16
    )
    (trial,) = experiment.trials
    run_trial(trial.vary(batch_size=12, loader_workers=0), StudyFolder(here / "out"), StudyData(root=videos),
              Protocol(eval_frames=experiment.eval_frames, eval_split="validation"))  # fmt: skip
    after = open_checkpoint(StudyFolder(here / "out").checkpoints(trial.name) / "last.pt").model
    clips = torch.randn(2, 16, 3, 48, 48)
    assert torch.equal(after(clips), theirs(clips))
    assert after.context.frame_counts == (4, 8, 16)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--size", "48"), "--size .* pass --backbone"),
        (("--backbone", "my_networks:nothing"), "my_networks:nothing cannot be imported"),
        (("--backbone", "my network"), "backbone must be one of"),
        (("--backbone", "my_networks:recogniser", "--size", "48", "--parts", "kernels"), "does not have"),
    ],
)
def test_unusable_arguments_are_named_in_one_line(here, arguments, named, videos, capsys):
    import my_networks

    torch.save(my_networks.recogniser(12).state_dict(), "their.pt")
    given = ["retrofit", "--checkpoint", str(here / "their.pt"), "--data", str(videos), "--frames", "4"]
    assert main([*given, "--trained-at", "16", "--out", str(here / "out"), *arguments]) == 2
    printed = capsys.readouterr().err
    assert re.search(named, printed), printed
    assert len(printed.strip().splitlines()) == 1
