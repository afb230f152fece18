"""Every command in README and docs, run: in this process, on the small videos, in the tests' folders."""

import re
import shlex
import shutil
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import SHORT_RETROFIT
from tests.test_docs import COMMANDS

PYTHON = "python -m "
IN_THEIR_OWN_TEST = "my_"  # the files of docs/networks.md: test_own_network.py
RUN_HERE = sorted(
    {line.removeprefix(PYTHON) for line in COMMANDS if line.startswith(PYTHON) and IN_THEIR_OWN_TEST not in line}
)


def small(module, arguments, videos, retrofitted):
    """Options that make a command end in seconds: few clips, and only the plan of a long experiment."""
    if module == "experiments.benchmarks":
        return ["--quick", "--only", "step", "--repeats", "1"]
    if arguments[:2] == ["data", "synthesize"]:
        return ["--train", "12", "--validation", "12", "--test", "12"]
    if "--workers" in arguments:
        return ["--workers", "1"]
    if arguments[0] == "retrofit":
        return [*SHORT_RETROFIT, "--out", str(retrofitted())]  # this study, which is finished
    if arguments[0] != "run":
        return []
    return ["--data", str(videos)] if "demo.py" in arguments[1] else ["--dry-run"]


def named_by_class(root):
    """A folder of files, empty as only their names are looked at."""
    (root / "testvideo").mkdir(parents=True)
    for name in ("up", "down", "unclassified"):
        for number in range(5):
            (root / "testvideo" / f"testvideo_{name}_{number}.mp4").touch()
    return root


def as_the_earlier_reproduction_keeps_it(videos, folder):
    """The videos below ``data``, the labels beside it."""
    root = folder / "database"
    (root / "data").mkdir(parents=True)
    for place in ("data/20bn-something-something-v2", "labels"):
        (root / place).symlink_to(videos / Path(place).name)
    return root


def with_another_backbone(study, folder):
    """A copy of the study whose trials are there as R(2+1)D's too."""
    shutil.copytree(study, folder)
    for name in ("trials.csv", "evaluations.csv"):
        table = pd.read_csv(folder / name)
        other = table.assign(trial="another " + table["trial"])
        if "model" in table:
            other["model"] = table["model"].str.replace("tiny", "tiny_r2plus1d")
        pd.concat([table, other]).to_csv(folder / name, index=False)
    return folder


@pytest.fixture
def places(demo_study, videos, gestures, tmp_path):
    """What stands in the docs, and what stands for it here; the longest first."""
    study = str(demo_study[0])
    checkpoints = f"{study}/checkpoints"
    return {
        "checkpoints/ffn/best.pth": f"{checkpoints}/ffn-4+8+16-lr0.05-seed0/last.pt",
        "checkpoints/vanilla_tsm/best.pth": f"{checkpoints}/tsm-16-lr0.05-seed0/last.pt",
        "ckpt.best.pth.tar": f"{checkpoints}/ffn-4+8+16-lr0.05-seed0/last.pt",
        "tsm.pt": f"{checkpoints}/tsm-16-lr0.05-seed0/last.pt",
        r"data/synthetic-\S+": str(videos),
        "data/fine": str(tmp_path / "fine"),
        r"\bDATA\b": str(videos),
        r"\bdatabase\b": str(as_the_earlier_reproduction_keeps_it(videos, tmp_path)),
        r"\bEgoGestAR\b": str(gestures),
        r"verified.csv\b": str(tmp_path / "verified.csv"),
        r"\bvideo\.mp4": str(next(videos.rglob("*.webm"))),
        r"results/\w+": study,
        r"--pictures docs\S*": f"--pictures {tmp_path}",
    }


@pytest.mark.parametrize("words", RUN_HERE)
def test_every_command_runs(words, places, videos, request, tmp_path):
    if "data verify" in words:  # it writes beside the videos
        places = places | {r"\bDATA\b": str(shutil.copytree(videos, tmp_path / "copied"))}
    if "data index" in words:  # it never writes over an index
        places = places | {r"\bEgoGestAR\b": str(named_by_class(tmp_path / "gestures"))}
    if re.search(r"run experiments/(?!demo)", words):  # the demo's folder takes no other study
        places = places | {r"results/\w+": str(tmp_path / "study")}
    if "--plots backbones" in words:
        places = places | {r"results/\w+": str(with_another_backbone(places[r"results/\w+"], tmp_path / "study"))}
    if "study run" in words and "--out" not in words:  # a person's own studies are no part of the tests
        words = f"{words} --out {tmp_path / 'study'}"
    for named, place in places.items():
        words = re.sub(named, place, words)
    module, *arguments = shlex.split(words)
    main = import_module(f"{module}.__main__").main
    options = small(module, arguments, videos, lambda: request.getfixturevalue("retrofitted")[0])
    assert main([*arguments, *options]) == 0
