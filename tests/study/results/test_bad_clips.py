"""Trials over damaged videos: what bad_clips.csv and the tables say."""

import pandas as pd
import pytest

from ffn.data.videos import BadClip
from ffn.training.frame_schedule import constant
from study.commands.evaluate import evaluate_checkpoint
from study.dataset import StudyData
from study.plan.protocol import Protocol
from study.plan.trial import Trial
from study.results.bad_clips import BAD_CLIPS, BAD_CLIPS_OF_EVALUATION, join_bad_clips, write_bad_clips
from study.results.folder import StudyFolder
from study.run_trial import run_trial
from tests.damaged_videos import damage, small_dataset

UNREADABLE = ("missing", "empty", "text", "audio_only")
TRIAL = Trial().vary(
    backbone="tiny", schedule=constant(2), epochs=1, batch_size=20, short_side=56, crop_size=48, loader_workers=0,
    recalibration_clips=20,
)  # fmt: skip
PROTOCOL = Protocol(eval_frames=(2, 4), eval_split="validation")


def bad(index):
    return BadClip(index=index, id=f"00{index}", path=f"/videos/00{index}.webm", reason='it is, as "they" say, bad')


def rows_of(path):
    return pd.read_csv(path, dtype=str)


def joined(folder, tmp_path):
    join_bad_clips(tmp_path / "all.csv", [folder.trial(TRIAL.name)])
    return rows_of(tmp_path / "all.csv")


def test_a_trial_names_each_bad_clip_once_and_counts_the_others(videos, tmp_path):
    root = small_dataset(videos, tmp_path / "data", train=410, validation=12)
    ids = {split: damage(root, split) for split in ("train", "validation")}
    folder = StudyFolder(tmp_path / "study")
    run_trial(TRIAL, folder, StudyData(root=root), PROTOCOL)
    found = joined(folder, tmp_path)
    expected = {(split, ids[split][kind]) for split in ids for kind in UNREADABLE}
    assert len(found) == len(expected)
    assert set(zip(found["split"], found["clip"])) == expected
    assert all(clip in path for clip, path in zip(found["clip"], found["path"]))
    assert found["reason"].notna().all()
    evaluations = pd.read_csv(folder.trial(TRIAL.name) / "evaluations.csv", keep_default_na=False)
    assert set(evaluations["clips"]) == {12 - len(UNREADABLE)}
    assert set(evaluations["adaptation"]) == {"", "recalibrated"}
    _evaluate_alone(root, folder, tmp_path, ids["validation"])


def _evaluate_alone(root, folder, tmp_path, ids):
    """The checkpoint's own evaluation names and counts the same clips."""
    checkpoint = folder.checkpoints(TRIAL.name) / "last.pt"
    alone = evaluate_checkpoint(checkpoint, root, (2,), "validation", out=tmp_path / "alone")
    assert set(alone.table["clips"]) == {12 - len(UNREADABLE)}
    unreadable = {ids[kind] for kind in UNREADABLE}
    assert {clip.id for clip in alone.bad} == unreadable
    assert set(rows_of(tmp_path / "alone" / "bad_clips.csv")["clip"]) == unreadable


def test_a_trial_that_stops_says_which_clips_were_bad(videos, tmp_path):
    root = small_dataset(videos, tmp_path / "data", train=40, validation=12)
    ids = damage(root, "train")
    folder = StudyFolder(tmp_path / "study")
    with pytest.raises(ValueError, match="more than 1%"):
        run_trial(TRIAL, folder, StudyData(root=root), PROTOCOL)
    found = joined(folder, tmp_path)
    assert set(found["clip"]) <= {ids[kind] for kind in UNREADABLE}
    assert len(found) > 1


def test_the_union_of_several_trials_names_each_clip_once(tmp_path):
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    write_bad_clips(first / BAD_CLIPS, {"train": [bad(2), bad(1)], "validation": [bad(1)]})
    write_bad_clips(first / BAD_CLIPS_OF_EVALUATION, {"validation": [bad(1)]})
    write_bad_clips(second / BAD_CLIPS, {"train": [bad(1), bad(3)]})
    join_bad_clips(tmp_path / "all.csv", [first, second, third])
    found = rows_of(tmp_path / "all.csv")
    assert list(zip(found["split"], found["clip"])) == [
        ("train", "001"), ("train", "002"), ("validation", "001"), ("train", "003")
    ]  # fmt: skip
    assert set(found["reason"]) == {bad(1).reason}


def test_without_bad_clips_the_table_is_empty(tmp_path):
    write_bad_clips(tmp_path / BAD_CLIPS, {"train": []})
    join_bad_clips(tmp_path / "all.csv", [tmp_path])
    assert (tmp_path / "all.csv").read_text() == "split,clip,path,reason\n"
