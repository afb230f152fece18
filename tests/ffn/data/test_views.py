from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms.functional import center_crop

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipRequest
from ffn.data.cropping import CropGeometry, evaluation_boxes
from ffn.data.frame_sampling import evaluation_indices, segment_indices
from ffn.data.layouts.something_something import SomethingSomething
from ffn.data.reading import VideoArray
from ffn.data.videos import Video
from ffn.data.views import Views
from ffn.evaluation.prediction import predict

CPU = torch.device("cpu")
COUNTS = (3, 8, 24)


@pytest.mark.parametrize("views", [Views(), Views(2, 3), Views(clips=10)])
def test_views_are_written_and_read(views):
    assert Views.parse(str(views)) == views
    assert len(views) == views.clips * views.crops


@pytest.mark.parametrize(
    ("fields", "named"), [({"clips": 0}, "clips"), ({"crops": 2}, "crops"), ({"clips": 1.5}, "clips")]
)
def test_other_views_are_refused(fields, named):
    with pytest.raises(ValueError, match=named):
        Views(**fields)


@pytest.mark.parametrize("text", ["", "2", "x3", "2x", "2x2", "-1x1"])
def test_text_that_is_no_views_is_refused(text):
    with pytest.raises(ValueError, match="2x3|crops"):
        Views.parse(text)


@pytest.mark.parametrize("clips", [1, 2, 3, 5, 10])
@pytest.mark.parametrize(("length", "count"), [(960, 4), (960, 8), (4800, 16)])
def test_clips_together_are_one_even_grid_and_begin_with_the_centre(clips, length, count):
    """``length`` is a multiple of the grid, so that rounding hides nothing."""
    found = [evaluation_indices(length, count, "first", position) for position in Views(clips=clips).positions]
    assert np.array_equal(found[0], segment_indices(length, count))
    steps = np.diff(np.sort(np.concatenate(found)))
    assert steps.min() >= length // (count * clips) - 1
    assert steps.max() <= length // (count * clips) + 1


@pytest.mark.parametrize("short_videos", ["first", "last"])
def test_all_clips_of_a_short_video_are_the_same(short_videos):
    first, *others = [evaluation_indices(5, 8, short_videos, place) for place in Views(clips=4).positions]
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize(("height", "width"), [(240, 427), (427, 240), (100, 100), (57, 56)])
def test_crops_lie_at_start_centre_and_end_of_the_longer_side(height, width):
    geometry = CropGeometry(short_side=256, size=224)
    (centre,) = evaluation_boxes(height, width, geometry, 1)
    first, middle, last = evaluation_boxes(height, width, geometry, 3)
    assert middle == centre
    tall = height > width
    along = [(box.top if tall else box.left) for box in (first, middle, last)]
    across = {(box.left if tall else box.top) for box in (first, middle, last)}
    assert across == {centre.left if tall else centre.top}
    assert along == [0, round((max(height, width) - centre.height) / 2), max(height, width) - centre.height]


@pytest.mark.parametrize(("height", "width"), [(256, 455), (455, 256), (256, 341), (256, 256), (257, 256)])
def test_the_centre_crop_is_that_of_torchvision(height, width):
    (box,) = evaluation_boxes(height, width, CropGeometry(short_side=256, size=224), 1)
    pixel_numbers = torch.arange(height * width).reshape(1, height, width)
    crop = center_crop(pixel_numbers, [224, 224])
    assert crop[0, 0, 0] == box.top * width + box.left
    assert (box.height, box.width) == (224, 224)


def test_one_view_is_the_clip_without_views_and_others_are_made_of_the_same_frames(videos, tiny_settings):
    preparation = tiny_settings().preparation
    files = SomethingSomething(videos).labelled("test")[:3]
    alone, many = (ClipDataset(files, replace(preparation, views=views)) for views in (Views(), Views(2, 3)))
    one, six = (
        Batch.of([dataset[ClipRequest(index=index, frame_counts=COUNTS)] for index in range(3)])
        for dataset in (alone, many)
    )
    assert (one.num_views, six.num_views) == (1, 6)
    assert {count: tuple(rows.shape) for count, rows in six.rows.items()} == {count: (3, 6, count) for count in COUNTS}
    distinct = {i for place in (0.5, 0.0) for count in COUNTS for i in evaluation_indices(24, count, "last", place)}
    assert len(six.frames) <= 3 * 3 * len(distinct)  # each frame once for each crop
    for count in COUNTS:
        assert torch.equal(six.clips(count, view=1), one.clips(count))  # the first clip's centre crop
    assert torch.equal(six.clips(24, view=2), six.clips(24, view=5))  # a short video: both clips are the same


def test_random_frames_begin_with_todays_draw_and_go_on_with_others(videos, tiny_settings):
    preparation = replace(tiny_settings().preparation, evaluation_sampling="segments")
    files = SomethingSomething(videos).labelled("test")[:1]
    request = ClipRequest(index=0, frame_counts=(4, 8))
    one, three = (
        Batch.of([ClipDataset(files, replace(preparation, views=Views(clips=clips)))[request]]) for clips in (1, 3)
    )
    for count in (4, 8):
        assert torch.equal(three.clips(count, view=0), one.clips(count))
        assert not torch.equal(three.clips(count, view=0), three.clips(count, view=1))


def test_training_clips_have_one_view(videos, tiny_settings):
    preparation = replace(tiny_settings().preparation, views=Views(2, 3))
    files = SomethingSomething(videos).labelled("train")[:1]
    request = ClipRequest(index=0, frame_counts=(4,), random_key=(1,))
    one, two = (ClipDataset(files, how)[request] for how in (preparation, tiny_settings().preparation))
    assert torch.equal(one.frames, two.frames)
    assert torch.equal(one.rows[4], two.rows[4])


class MeanColour(nn.Module):
    """Logits are the mean of each colour."""

    def forward(self, clips):
        return 3 * clips.mean(dim=(1, 3, 4))


def predictions(pixels, preparation, views):
    videos = [Video(id=str(i), path=str(i), label=i % 3) for i in range(len(pixels))]

    class Opened(VideoArray):
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

    clips = ClipDataset(videos, replace(preparation, views=views), lambda path: Opened(pixels[int(path)]))
    batch = Batch.of([clips[ClipRequest(index=index, frame_counts=(4,))] for index in range(len(videos))])
    return batch, predict(MeanColour(), [batch], (4,), CPU)[4].probability


def test_a_prediction_is_the_mean_over_the_views(tiny_settings):
    preparation = tiny_settings().preparation
    pixels = np.random.default_rng(0).integers(256, size=(3, 20, 56, 90, 3), dtype=np.uint8)
    pixels[:, :10] //= 3
    pixels[..., :30, :] //= 2
    batch, found = predictions(pixels, preparation, Views(3, 3))
    each = [MeanColour()(batch.normalised(4, view)).softmax(dim=1) for view in range(9)]
    expected = torch.stack(each).mean(dim=0)[torch.arange(3), batch.labels]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert not np.allclose(found, predictions(pixels, preparation, Views())[1])


def test_views_of_a_constant_video_change_nothing(tiny_settings):
    preparation = tiny_settings().preparation
    colours = np.array([[200, 10, 60], [0, 255, 128]], dtype=np.uint8)
    pixels = np.broadcast_to(colours[:, None, None, None], (2, 20, 56, 90, 3)).copy()
    one, six = (predictions(pixels, preparation, views)[1] for views in (Views(), Views(2, 3)))
    np.testing.assert_allclose(one, six, rtol=1e-6)
