"""decord gives the default reader's frames, or refuses the file by name."""

import sys
from dataclasses import replace
from importlib.machinery import PathFinder

import numpy as np
import pytest
import torch

from experiments.demo import TINY
from experiments.demo import experiment as demo
from ffn.data.batches import Batch
from ffn.data.clips import ClipRequest
from ffn.data.decoding import open_video_file
from ffn.data.decord_reader import open_with_decord
from ffn.data.reading import Box
from ffn.data.videos import UnreadableVideoError
from ffn.training.settings import TrainingSettings
from study.commands.evaluate import evaluate_checkpoint
from study.dataset import DataPlaces, StudyData, data_of
from tests.damaged_videos import damaged_files
from tests.ffn.data import test_shown_frames as files

SAME = {
    "mp4": (0, 90, 180, 270),
    "open groups": (0,),
    "avi with bidirectional frames": (0,),  # no timestamps
    "fading refresh": (0,),  # keyframes that cannot be decoded alone
    "4:4:4": (0, 270),
    "4:2:2": (0, 90),
    "hevc": (0, 90),  # open groups of pictures
    "vp8": (0,),
    "vp9": (0,),
    "mjpeg, full range": (0,),
}
REFUSED = {
    "10 bits": "other frames",
    "ts": "other frames",
    "mpeg2": "other frames",
    "stream without container": "Failed to measure",
}


def whole(open_video, path, indices):
    with open_video(path) as video:
        frames = video.frames(np.asarray(indices))
    assert frames.shape[0] == len(indices)
    return frames.cut(Box(0, 0, *frames.shape[1:]))


def same_frames(path):
    with open_video_file(path) as video:
        count = video.num_frames
    with open_with_decord(path) as video:
        assert video.num_frames == count
    rng = np.random.default_rng(2)
    draws = [np.unique(rng.integers(0, count, 3)) for _ in range(8)]
    for indices in (*draws, np.arange(count)):
        assert np.array_equal(whole(open_with_decord, path, indices), whole(open_video_file, path, indices)), indices


@pytest.mark.parametrize(("kind", "degrees"), [(kind, turn) for kind in SAME for turn in SAME[kind]])
def test_frames_are_the_default_readers(kind, degrees, tmp_path):
    same_frames(files.write(tmp_path / "clip", kind, degrees, size=(64, 128)))


@pytest.mark.parametrize("kind", REFUSED)
def test_what_decord_shows_otherwise_is_refused(kind, tmp_path):
    path = files.write(tmp_path / "clip", kind)
    with pytest.raises(UnreadableVideoError, match=f"clip: decord.*{REFUSED[kind]}.*'pyav'"):
        whole(open_with_decord, path, [3, 9])


def test_rgb_of_odd_heights_is_refused(tmp_path):
    path = files.write(tmp_path / "clip", "vp9", size=(47, 64))
    with pytest.raises(UnreadableVideoError, match="other frames"):
        whole(open_with_decord, path, [3, 9])


@pytest.mark.parametrize("name", ["hiding", "cut"])
def test_hidden_frames_are_refused(name, tmp_path):
    write = {"hiding": files.write_hidden, "cut": files.write_cut}[name]
    path, _ = write(tmp_path)
    with pytest.raises(UnreadableVideoError, match="decord counts 20 frames, not 1[67]"):
        whole(open_with_decord, path, [3, 9])


def test_damaged_files_are_read_alike_or_refused(videos, tmp_path):
    path = tmp_path / "clip.webm"
    refused = set()
    for kind, content in damaged_files(next(videos.glob("*/*.webm"))).items():
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        try:
            same_frames(path)
        except UnreadableVideoError:
            refused.add(kind)
    assert {"missing", "empty", "text", "audio_only"} <= refused
    assert not {"truncated", "fewer_frames"} & refused


def test_groups_without_a_wanted_frame_are_not_decoded(tmp_path):
    path = files.write(tmp_path / "clip", "vp9", frames=30)
    keys = files.destroy_groups(path)
    wanted = [keys[3], 29]  # none just before them: decord reads ahead
    assert np.array_equal(whole(open_with_decord, path, wanted), whole(open_video_file, path, wanted))
    for number in (keys[1], keys[1] + 1, keys[3] - 1):
        with pytest.raises(UnreadableVideoError, match="clip"):
            whole(open_with_decord, path, [0, number])


def test_a_study_reads_its_clips_by_the_chosen_reader(videos):
    preparation, request = TrainingSettings().preparation, ClipRequest(index=0, frame_counts=(4,), random_key=(0, 0))
    chosen, default = (
        StudyData(root=videos, reader=reader).clips("train", preparation) for reader in ("decord", "pyav")
    )
    assert chosen.open_video is open_with_decord
    assert torch.equal(Batch.of([chosen[request]]).clips(4), Batch.of([default[request]]).clips(4))


class WithoutDecord(PathFinder):
    """Finds every package but decord."""

    @classmethod
    def find_spec(cls, name, *arguments):
        return None if name == "decord" else super().find_spec(name, *arguments)


def test_a_reader_that_is_not_installed_is_refused_in_one_line_and_its_checkpoints_are_read(
    monkeypatch, videos, tmp_path
):
    finders = [WithoutDecord if finder is PathFinder else finder for finder in sys.meta_path]
    monkeypatch.setattr(sys, "meta_path", finders)
    monkeypatch.delitem(sys.modules, "decord", raising=False)
    line = "reader 'decord' is not installed: install decord2, or choose the reader 'pyav'"
    trial = TINY.vary(reader="decord")
    with pytest.raises(ValueError, match=line):
        data_of(replace(demo, trials=(trial,)), DataPlaces(data_root=videos))
    with pytest.raises(ValueError, match=line):
        evaluate_checkpoint(tmp_path / "none.pt", tmp_path, (4,), "validation", reader="decord")
    data = StudyData(root=videos)
    with pytest.raises(ValueError, match=line):
        data.of(trial).clips("train", trial.training.preparation)
    assert data.clips("train", trial.training.preparation)


def test_settings_written_before_readers_could_be_chosen_are_read():
    written = TrainingSettings().as_dict()
    del written["reader"]
    assert TrainingSettings.from_dict(written) == TrainingSettings()
    with pytest.raises(ValueError, match="reader must be one of pyav, decord"):
        TrainingSettings(reader="opencv")
