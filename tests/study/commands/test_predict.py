from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ffn.data.batches import Batch
from ffn.data.clips import ClipRequest
from ffn.data.layouts.something_something import SomethingSomething
from ffn.evaluation.prediction import distributions, predict
from ffn.models.parts import Parts
from ffn.training.checkpoint import save_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.opened_checkpoint import open_checkpoint
from study.__main__ import main
from study.commands.predict import chosen_threshold, predictions

COUNTS = (2, 4)
NAMES = [f"moving [something] {label}" for label in range(12)]


@pytest.fixture
def checkpoint(tiny_settings, clips, tmp_path):
    """Writes a checkpoint of an FFN whose classes have these names; a ``sure`` one tells clips apart in its answers."""

    def write(names, *, sure=False):
        settings = tiny_settings(schedule=constant(*COUNTS), parts=Parts())
        run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12, classes=names)
        if sure:
            torch.nn.init.normal_(run.model.classifier.weight)
        save_checkpoint(tmp_path / "last.pt", run.checkpoint())
        return tmp_path / "last.pt"

    return write


@pytest.fixture
def paths(videos):
    return [video.path for video in SomethingSomething(videos).labelled("validation")[:2]]


def test_probabilities_are_those_of_evaluation(checkpoint, paths, clips):
    opened = open_checkpoint(checkpoint(NAMES))
    validation = clips("validation", opened.settings)
    batch = Batch.of([validation[ClipRequest(index=index, frame_counts=(*COUNTS, 6))] for index in range(2)])
    evaluated = predict(opened.model, [batch], (*COUNTS, 6), torch.device("cpu"))
    for index, found in enumerate(predictions(opened, paths, (*COUNTS, 6))):
        assert set(found.probabilities) == {*COUNTS, 6}
        for count, distribution in found.probabilities.items():
            of_label = distribution[evaluated[count].labels[index]].item()
            assert of_label == pytest.approx(evaluated[count].probability[index], rel=1e-4)
            assert distribution.topk(5).indices.tolist() == evaluated[count].top_classes[index].tolist()
            assert distribution.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("names", "shown"), [(NAMES, "moving [something] "), ((), "class ")])
def test_the_trained_counts_and_their_costs_are_printed(names, shown, checkpoint, paths, capsys):
    assert main(["predict", "--checkpoint", str(checkpoint(names)), *map(str, paths), "--top", "3"]) == 0
    printed = capsys.readouterr().out
    assert printed.count(shown) == 2 * len(COUNTS) * 3
    assert [line.split()[0] for line in printed.split("GMACs per clip")[1].splitlines()[1:]] == ["2", "4"]


def test_a_video_that_cannot_be_read_does_not_stop_the_others(checkpoint, paths, tmp_path, capsys):
    (tmp_path / "text.mp4").write_text("not a video")
    bad = [tmp_path / "text.mp4", tmp_path / "missing.mp4", tmp_path]
    assert main(["predict", "--checkpoint", str(checkpoint(())), *map(str, [*bad, *paths])]) == 1
    printed = capsys.readouterr().out
    assert [sum(line.startswith(f"{path}: ") for line in printed.splitlines()) for path in bad] == [1, 1, 1]
    assert printed.count("decoded once") == 2


def test_what_is_no_checkpoint_is_refused_in_one_line(paths, tmp_path, capsys):
    (tmp_path / "text.pt").write_text("not a checkpoint")
    assert main(["predict", "--checkpoint", str(tmp_path / "text.pt"), str(paths[0])]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_count_that_the_network_does_not_take_is_refused_in_a_line(saved, paths, capsys):
    checkpoint, _ = saved(backbone="tests.ffn.clip_networks:Guarded", schedule=constant(4))
    assert main(["predict", "--checkpoint", str(checkpoint), str(paths[0]), "--frames", "4", "9"]) == 2
    printed = capsys.readouterr().err
    assert "takes no clips of 9 frames" in printed and len(printed.splitlines()) == 1


@pytest.mark.parametrize("path", ["/last.pt", "/somewhere/last.pt", "/somewhere/else/last.pt"])
def test_a_checkpoint_near_the_root_has_no_study_to_ask(path):
    with pytest.raises(ValueError, match=r"study\.json"):
        chosen_threshold("auto", Path(path), COUNTS, "centre")


def test_shared_frames_are_seen_on_demand_and_are_fewer(checkpoint, paths, clips, capsys):
    opened = open_checkpoint(checkpoint(NAMES))
    shared = clips("validation", opened.settings)
    shared.preparation = replace(shared.preparation, evaluation_sampling="shared")
    sample = shared[ClipRequest(index=0, frame_counts=COUNTS)]
    assert len(sample.frames) == COUNTS[-1]
    seen = distributions(dict.fromkeys(COUNTS, opened.model.eval()), Batch.of([sample]))
    found = next(predictions(opened, paths, COUNTS, "shared"))
    for count in COUNTS:
        torch.testing.assert_close(found.probabilities[count], seen[count][0])
    words = ["predict", "--checkpoint", str(checkpoint(NAMES, sure=True)), str(paths[0]), "--frames", "2"]
    printed = [main([*words, "--sampling", rule]) or capsys.readouterr().out for rule in ("centre", "shared", "shared")]
    # the other lines have times
    centre, once, again = ([line for line in text.splitlines() if "moving" in line] for text in printed)
    assert len(centre) == 5
    assert once == again != centre


def test_with_a_budget_each_video_stops_where_it_is_sure(checkpoint, paths, capsys):
    opened = open_checkpoint(checkpoint(NAMES))
    whole = list(predictions(opened, paths, COUNTS))
    surest = max(float(found.probabilities[2].max()) for found in whole)
    for found, stopped in zip(whole, predictions(opened, paths, COUNTS, threshold=surest)):
        count = 2 if float(found.probabilities[2].max()) >= surest else 4
        assert set(stopped.probabilities) == {count}
        torch.testing.assert_close(stopped.probabilities[count], found.probabilities[count])
    words = ["predict", "--checkpoint", str(checkpoint(NAMES)), str(paths[0]), "--budget"]
    assert main([*words, "0"]) == 0
    assert "4 frames" not in capsys.readouterr().out
    for budget, named in (("1.5", "--budget"), ("half", "--budget"), ("auto", "study.json")):
        assert main([*words, budget]) == 2
        assert named in capsys.readouterr().err
