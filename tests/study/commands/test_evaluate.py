import json
import shutil

import pandas as pd
import pytest
import torch

from ffn.data.views import Views
from ffn.evaluation.protocol import EvaluationProtocol
from ffn.models.parts import Parts
from ffn.training.checkpoint import save_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from study.__main__ import main
from study.commands.evaluate import evaluate_checkpoint
from study.results.published import DATASETS
from tests.ffn.models.released_networks import checkpoint, earlier_checkpoint

FFN, TSM = "ffn-4+8+16-lr0.05-seed0", "tsm-16-lr0.05-seed0"
CHECKPOINT = f"checkpoints/{FFN}/last.pt"


@pytest.mark.parametrize(("trial", "recalibrated"), [(FFN, []), (TSM, ["--recalibrate", 600])])
def test_a_checkpoint_alone_gives_the_studys_numbers(trial, recalibrated, demo_study, videos, tmp_path, capsys):
    folder, _ = demo_study
    words = ["evaluate", "--checkpoint", folder / "checkpoints" / trial / "last.pt",
             "--data", videos / "20bn-something-something-v2", "--labels", videos / "labels",
             "--frames", 4, 12, 12, "--split", "test", "--out", tmp_path, *recalibrated]  # fmt: skip
    assert main([*map(str, words)]) == 0
    printed = capsys.readouterr().out
    key, evaluations = ["adaptation", "eval_frames"], {"keep_default_na": False}
    found = pd.read_csv(tmp_path / "evaluations.csv", **evaluations).set_index(key)
    study = pd.read_csv(folder / "evaluations.csv", **evaluations)
    of_last = study[(study["trial"] == trial) & (study["selection"] == "last")].set_index(key)
    assert set(found.index) == {(kind, count) for kind, count in of_last.index if count in (4, 12)}
    for row in found.index:
        assert found.loc[row, ["top1", "loss"]].tolist() == of_last.loc[row, ["top1", "loss"]].tolist()
        assert f"{found.loc[row, 'top1']:.2f}" in printed
    assert ("recalibrated" in printed) == bool(recalibrated)
    assert len(pd.read_parquet(tmp_path / "predictions.parquet")) == 24 * len(found)


def test_another_sampling_of_frames_is_named_in_the_rows(demo_study, videos):
    checkpoint = demo_study[0] / CHECKPOINT
    tables = {
        sampling: evaluate_checkpoint(
            checkpoint, videos, (4,), "test", protocol=EvaluationProtocol(sampling=sampling)
        ).table
        for sampling in ("centre", "segments")
    }
    assert [(table["method"][0], table["sampling"][0]) for table in tables.values()] == [
        ("ffn", "centre"), ("ffn", "segments"),
    ]  # fmt: skip
    assert tables["centre"]["loss"][0] != tables["segments"]["loss"][0]


def test_another_precision_rounds_and_is_named_in_the_rows(demo_study, videos):
    checkpoint = demo_study[0] / CHECKPOINT
    exact, rounded = (
        evaluate_checkpoint(checkpoint, videos, (4,), "test", precision=precision).table.iloc[0]
        for precision in ("float32", "bfloat16")
    )
    assert exact["loss"] != rounded["loss"] == pytest.approx(exact["loss"], rel=0.02)
    assert "bfloat16" in rounded["trial"] and "bfloat16" not in exact["trial"]


def test_views_are_named_in_the_rows(tiny_settings, clips, videos, tmp_path, capsys):
    settings = tiny_settings()
    run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
    save_checkpoint(tmp_path / "last.pt", run.checkpoint())
    words = ["evaluate", "--checkpoint", tmp_path / "last.pt", "--data", videos, "--frames", 4, "--out", tmp_path]
    assert main([*map(str, words), "--clips", "2", "--crops", "3"]) == 0
    (row,) = pd.read_csv(tmp_path / "evaluations.csv").to_dict("records")
    assert (row["views"], row["sampling"]) == ("2x3", "centre")
    assert "2x3" in capsys.readouterr().out
    assert main([*map(str, words), "--crops", "2"]) == 2


@pytest.mark.parametrize(("counts", "method"), [((4,), "tsm"), ((2, 4), "ffn")])
def test_a_checkpoint_without_a_study_is_called_what_it_is(counts, method, tiny_settings, clips, videos, tmp_path):
    settings = tiny_settings(schedule=constant(*counts), parts=Parts() if len(counts) > 1 else None)
    run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
    save_checkpoint(tmp_path / "last.pt", run.checkpoint())
    (row,) = evaluate_checkpoint(tmp_path / "last.pt", videos, (4,), "test").table.to_dict("records")
    assert row["method"] == method
    assert row["train_frames"] == "+".join(map(str, counts))


def test_classes_in_another_order_are_refused_with_the_first_that_differs(
    tiny_settings, clips, videos, tmp_path, capsys
):
    settings = tiny_settings()
    run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
    save_checkpoint(tmp_path / "last.pt", run.checkpoint() | {"classes": ["Some other class", *map(str, range(11))]})
    words = ["evaluate", "--checkpoint", str(tmp_path / "last.pt"), "--data", str(videos), "--frames", "4"]
    assert main(words) == 2
    assert "was trained with 'Some other class' as class 0, the data has" in capsys.readouterr().err


@pytest.fixture
def something_folder(videos, tmp_path):
    """Two clips of the small dataset under a label map of 174 classes, as Something-Something V2 has."""
    root = tmp_path / "ssv2"
    shutil.copytree(videos, root)
    path = root / "labels" / "labels.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps(known | {f"Another thing {index}": str(index) for index in range(len(known), 174)}))
    split = root / "labels" / "validation.json"
    split.write_text(json.dumps(json.loads(split.read_text())[:2]))
    return root


@pytest.mark.parametrize(("asked", "reason"), [
    ({"split": "train"}, "these are on the train split, the paper's on validation"),
    ({"protocol": EvaluationProtocol(sampling="segments")}, "sampling segments (the paper: centre)"),
    ({"protocol": EvaluationProtocol(views=Views(clips=2))}, "views 2x1 (the paper: 1x1)"),
    ({}, "the protocol differs: crop size 48 (the paper: 224), short side 56 (the paper: 256)"),
])  # fmt: skip
def test_nothing_published_stands_beside_another_protocol(
    asked, reason, something_folder, tiny_settings, clips, tmp_path, monkeypatch
):
    monkeypatch.setitem(DATASETS, "ssv2", ("Something-Something V2", 174, (2, 2)))
    settings = tiny_settings()
    run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=174)
    save_checkpoint(tmp_path / "last.pt", run.checkpoint())
    results = evaluate_checkpoint(tmp_path / "last.pt", something_folder, (4,), **{"split": "validation", **asked})
    assert results.published == {}
    assert reason in results.reason


def released(network):
    return {"state_dict": checkpoint(network), "epoch": 50, "best_prec1": 61.0}


@pytest.mark.parametrize(
    ("origin", "content", "network", "published"),
    [("released", released, "tsm_resnet50", "31.52"), ("earlier", earlier_checkpoint, "ffn_resnet50", "56.07")],
)
def test_a_checkpoint_of_another_project_stands_beside_the_papers_row(
    origin, content, network, published, something_folder, tmp_path, capsys, monkeypatch
):
    torch.save(content(network), tmp_path / "ckpt.best.pth.tar")
    words = ["evaluate", "--checkpoint", tmp_path / "ckpt.best.pth.tar", "--data", something_folder, "--frames", 4,
             "--out", tmp_path]  # fmt: skip
    assert main([*map(str, words)]) == 0
    (row,) = pd.read_csv(tmp_path / "evaluations.csv").to_dict("records")
    assert (row["method"], row["variant"], row["epoch"]) == (network[:3], origin, 50)
    printed = capsys.readouterr().out
    assert published not in printed
    assert "no published figures are shown beside these: this is another dataset" in printed
    monkeypatch.setitem(DATASETS, "ssv2", ("Something-Something V2", 174, (2, 2)))
    assert main([*map(str, words)]) == 0
    assert published in capsys.readouterr().out


@pytest.fixture
def words(saved, videos):
    """An evaluation of an untrained network."""
    checkpoint, _ = saved()
    return ["evaluate", "--checkpoint", str(checkpoint), "--data", str(videos), "--frames", "4", "--split", "test"]


def test_a_dataset_needs_no_other_split_than_the_evaluated_one(words, videos, tmp_path, capsys):
    root = shutil.copytree(videos, tmp_path / "without validation")
    (root / "labels" / "validation.json").unlink()
    assert main([*words, "--data", str(root)]) == 0
    assert "no published figures are shown beside these: this is another dataset" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["file", "file/inside", "/proc/self/nowhere"])
def test_an_out_that_cannot_be_written_is_refused_before_the_evaluation(place, words, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main([*words, "--checkpoint", str(tmp_path / "none.pt"), "--out", str(tmp_path / place)]) == 2
    printed = capsys.readouterr().err
    assert "must be a folder that can be written to" in printed and len(printed.splitlines()) == 1


def test_evaluations_of_another_checkpoint_are_not_replaced(words, saved, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    words = [*words, "--out", str(out)]
    assert main(words) == 0
    before = (out / "evaluations.csv").read_bytes()
    assert main(words) == 0  # the same checkpoint's are
    checkpoint, _ = saved(seed=1)
    assert main(words) == 2
    printed = capsys.readouterr().err
    assert f"--out {out} has the evaluations of {checkpoint}" in printed and len(printed.splitlines()) == 1
    (out / "checkpoint.json").unlink()
    assert main(words) == 2
    assert "not recorded" in capsys.readouterr().err
    assert (out / "evaluations.csv").read_bytes() == before


def test_a_network_that_was_trained_in_no_fold_is_not_evaluated_in_one(words, gestures, capsys):
    assert main([*words, "--data", str(gestures)]) == 2
    printed = capsys.readouterr().err
    assert f"{gestures} has 5 folds, and" in printed and "was trained in none" in printed
    assert len(printed.splitlines()) == 1
