"""The baseline and the data path that it is compared with make the same clips."""

import pytest
import torch

from experiments.benchmarks.baselines import EarlierClips
from experiments.benchmarks.data import PREPARATION, training_request
from experiments.benchmarks.inputs import FRAMES, HEIGHT, WIDTH, write_videos
from ffn.data.batches import IMAGENET_STD, Batch
from ffn.data.clips import ClipDataset
from ffn.data.decoding import video_facts

LEVEL = 1 / 255 / min(IMAGENET_STD)  # of a byte; resizing rounds twice, once in each direction


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_videos(tmp_path_factory.mktemp("clips"), 1)


def test_videos_are_what_they_are_said_to_be(video):
    facts = video_facts(video[0])
    assert (facts.frames, facts.height, facts.width, facts.codec) == (FRAMES, HEIGHT, WIDTH, "vp9")
    assert 50_000 < video[0].path.stat().st_size < 130_000


def test_floats_of_the_earlier_way_are_ours_up_to_the_rounding_of_bytes(video):
    request = training_request(0)
    earlier = EarlierClips(video, PREPARATION)[request]
    ours = Batch.of([ClipDataset(video, PREPARATION)[request]])
    for count, clip in earlier.items():
        torch.testing.assert_close(ours.normalised(count)[0], clip, rtol=0, atol=1.01 * LEVEL)
