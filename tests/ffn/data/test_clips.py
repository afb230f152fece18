from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch
from torchvision.transforms.v2.functional import resize

from ffn.data import decoded_cache
from ffn.data.batches import Batch, normalise
from ffn.data.clips import ClipDataset, ClipRequest
from ffn.data.cropping import CropGeometry, crop_frames, training_box
from ffn.data.decoded_cache import DecodedCache, build_decoded_cache
from ffn.data.decoding import open_video_file
from ffn.data.frame_sampling import segment_indices
from ffn.data.layouts.something_something import SomethingSomething
from ffn.data.loaders import ClipLoader, EvaluationBatches, TrainingBatches, refuse_full
from ffn.data.reading import Box, VideoArray
from ffn.data.videos import Video
from ffn.training.recipe import EARLIER, RELEASED
from tests.ffn.data.samples import clip_of


def by_pyav(path):
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_evaluation_pixels_are_the_centre_crops_of_the_centre_frames(clips, tiny_settings):
    dataset = clips("test", tiny_settings())
    sample = dataset[ClipRequest(index=3, frame_counts=(4, 8))]
    frames = by_pyav(dataset.videos[3].path)
    for count in (4, 8):
        chosen = frames[[int((i + 0.5) * 24 / count) for i in range(count)]]
        expected = torch.from_numpy(chosen[:, 4:52, 4:52]).permute(0, 3, 1, 2)
        assert torch.equal(clip_of(sample, count), expected)
        assert clip_of(sample, count).dtype == torch.uint8
    assert sample.label == dataset.videos[3].label


def test_evaluation_at_random_frames_is_the_same_each_time_and_keeps_the_centre_crop(clips, tiny_settings):
    dataset = clips("test", tiny_settings())
    frames = by_pyav(dataset.videos[3].path)[:, 4:52, 4:52]
    dataset.preparation = replace(dataset.preparation, evaluation_sampling="segments")
    first, again, among_others = (
        clip_of(dataset[ClipRequest(index=3, frame_counts=counts)], 8) for counts in ((8,), (8,), (2, 8, 4))
    )
    assert torch.equal(first, again) and torch.equal(first, among_others)
    found = [(frames == frame.permute(1, 2, 0).numpy()).all(axis=(1, 2, 3)).nonzero()[0] for frame in first]
    assert all(len(matches) and set(matches // 3) & {segment} for segment, matches in enumerate(found))
    assert [matches[0] for matches in found] != [int((i + 0.5) * 3) for i in range(8)]


def test_one_crop_for_all_frames_and_sequences(clips, tiny_settings):
    dataset = clips("train", tiny_settings())
    frames = by_pyav(dataset.videos[0].path).astype(int)
    sample = dataset[ClipRequest(index=0, frame_counts=(4, 8), random_key=(0, 0, 0))]
    found = {offset for count in (4, 8) for clip in clip_of(sample, count) for offset in offsets_of(clip, frames)}
    assert len(found) == 1


def offsets_of(clip, frames):
    """Where in any of ``frames`` the cropped frame ``clip`` lies."""
    pixels = clip.permute(1, 2, 0).numpy().astype(int)
    for top in range(9):
        for left in range(9):
            if (frames[:, top : top + 48, left : left + 48] == pixels).all(axis=(1, 2, 3)).any():
                yield top, left


@pytest.mark.parametrize("recipe", [RELEASED, EARLIER])
def test_every_recipe_gives_clips_of_one_shape(recipe, clips, tiny_settings):
    dataset = clips("train", tiny_settings(recipe=recipe))
    sample = dataset[ClipRequest(index=1, frame_counts=(2, 6), random_key=(5,))]
    assert {count: tuple(clip_of(sample, count).shape) for count in sample.rows} == {
        2: (2, 3, 48, 48),
        6: (6, 3, 48, 48),
    }


def test_randomness_follows_the_key_alone(clips, tiny_settings):
    dataset = clips("train", tiny_settings())
    first, again, other = (
        clip_of(dataset[ClipRequest(index=2, frame_counts=(4,), random_key=key)], 4) for key in ((1, 2), (1, 2), (1, 3))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_decoded_cache_gives_the_same_pixels(videos, tiny_settings, tmp_path):
    files = SomethingSomething(videos).labelled("validation")
    cache = DecodedCache(build_decoded_cache(files, tmp_path, short_side=56)).open
    for random_key in (None, (3,)):
        request = ClipRequest(index=5, frame_counts=(4, 16), random_key=random_key)
        decoded, cached = (
            ClipDataset(files, tiny_settings().preparation, **reader)[request] for reader in ({}, {"open_video": cache})
        )
        assert all(torch.equal(clip_of(decoded, count), clip_of(cached, count)) for count in (4, 16))


def test_the_cache_is_built_once_and_anew_for_other_videos(videos, tmp_path):
    files = SomethingSomething(videos).labelled("validation")[:4]
    folder = build_decoded_cache(files, tmp_path, short_side=56)
    written = (folder / "frames.bin").stat().st_mtime_ns
    assert build_decoded_cache(files, tmp_path, short_side=56) == folder
    assert (folder / "frames.bin").stat().st_mtime_ns == written
    assert build_decoded_cache(files[:3], tmp_path, short_side=56) != folder
    (folder / "index.json").unlink()  # as if killed before its end
    (folder / "123.part").write_bytes(b"half")
    assert build_decoded_cache(files, tmp_path, short_side=56) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["frames.bin", "index.json"]
    with (
        pytest.raises(ValueError, match="not in the decoded cache"),
        DecodedCache(folder).open(videos / "other.webm"),
    ):
        pass


@pytest.mark.parametrize(("short_side", "size"), [(24, (24, 40)), (48, (48, 80)), (100, (48, 80))])
def test_cached_frames_are_scaled_down_in_proportion_and_never_up(short_side, size, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 48, 80, 3), np.uint8)
    video = Video(id="a", path=tmp_path / "a.mp4", label=0)
    folder = build_decoded_cache([video], tmp_path, lambda path: nullcontext(VideoArray(pixels)), short_side=short_side)
    with DecodedCache(folder).open(video.path) as opened:
        assert opened.pixels.shape == (40, *size, 3)
        if size == (48, 80):
            assert np.array_equal(opened.pixels, pixels)
        else:
            halves = pixels.reshape(40, 24, 2, 40, 2, 3).mean((2, 4))
            assert np.corrcoef(opened.pixels.ravel(), halves.ravel())[0, 1] > 0.9


def test_a_long_video_is_cached_in_parts_as_it_is_in_one(videos, tmp_path, monkeypatch):
    video = SomethingSomething(videos).labelled("train")[0]
    whole = build_decoded_cache([video], tmp_path / "whole", short_side=36)
    monkeypatch.setattr(decoded_cache, "DECODED_AT_ONCE", 7)
    asked = []

    @contextmanager
    def open_video(path):
        with open_video_file(path) as opened:
            frames = lambda part: asked.append(part) or opened.frames(part)  # noqa: E731
            yield SimpleNamespace(num_frames=opened.num_frames, frames=frames)

    parts = build_decoded_cache([video], tmp_path / "parts", open_video, short_side=36)
    assert (parts / "frames.bin").read_bytes() == (whole / "frames.bin").read_bytes()
    assert max(map(len, asked)) == 7


def test_bytes_are_normalised_with_imagenets_statistics():
    pixels = torch.randint(0, 256, (2, 3, 4, 4), dtype=torch.uint8)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = (pixels / 255 - mean[:, None, None]) / std[:, None, None]
    torch.testing.assert_close(normalise(pixels), expected)


def test_parts_of_a_batch_make_the_batch(clips, tiny_settings):
    dataset = clips("train", tiny_settings())
    batch = Batch.of([dataset[ClipRequest(index=index, frame_counts=(2,))] for index in range(5)])
    parts = batch.split(2)
    assert [len(part) for part in parts] == [2, 2, 1]
    assert torch.equal(torch.cat([part.clips(2) for part in parts]), batch.clips(2))
    assert batch.split(None) == [batch]


def test_a_frame_that_several_clips_show_is_in_the_batch_once(clips, tiny_settings):
    dataset = clips("test", tiny_settings())
    batch = Batch.of([dataset[ClipRequest(index=index, frame_counts=(4, 8, 12))] for index in range(3)])
    shown = {index for count in (4, 8, 12) for index in segment_indices(24, count).tolist()}
    assert len(batch.frames) == 3 * len(shown) < 3 * (4 + 8 + 12)
    for place in range(3):
        alone = dataset[ClipRequest(index=place, frame_counts=(8,))]
        assert torch.equal(batch.clips(8)[place], clip_of(alone, 8))


def test_loader_processes_bring_the_same_batches(clips, tiny_settings):
    dataset = clips("train", tiny_settings())
    batches = TrainingBatches(
        indices=dataset.readable(), batch_size=12, frame_set_of_step=lambda step: (2, 5), seed=3, epoch=1
    )
    for here, there in zip(ClipLoader(dataset, batches), ClipLoader(dataset, batches, workers=2), strict=True):
        assert here.indices.tolist() == there.indices.tolist()
        assert all(torch.equal(here.normalised(count), there.normalised(count)) for count in (2, 5))


def test_batches_that_cannot_fit_into_shared_memory_are_refused_before_the_first(clips, tiny_settings, tmp_path):
    def loader(size, workers):
        dataset = clips("train", tiny_settings())
        dataset = dataset.prepared(replace(dataset.preparation, geometry=CropGeometry(short_side=size, size=size)))
        batches = EvaluationBatches(indices=range(12), batch_size=6, frame_counts=(2, 4))
        return ClipLoader(dataset, batches, workers=workers)

    sent = sum(batch.frames.nbytes for batch in loader(48, workers=0))
    assert sent / 2 < loader(48, workers=2).held_bytes <= sent  # two processes can be two batches ahead
    assert loader(48, workers=0).held_bytes == 0
    with pytest.raises(ValueError, match="loader_workers: .*/dev/shm, which has .* MB free: enlarge it"):
        next(iter(loader(10**7, workers=2)))
    refuse_full(tmp_path / "nowhere", 10**18)


def test_crops_of_every_frame_are_torchvisions_with_its_fallback():
    """No box of 80 % of a wide frame has a ratio of at most 4/3: torchvision then takes the largest centred one."""
    rng, state = np.random.default_rng(0), torch.get_rng_state()
    wide, narrow = (
        [training_box(240, width, CropGeometry(), "per_frame", rng) for _ in range(300)] for width in (427, 320)
    )
    assert set(wide) == {Box(0, 53, 240, 320)}
    assert len(set(narrow)) > 250
    assert np.mean([box.height * box.width / (240 * 320) for box in narrow]) == pytest.approx(0.88, abs=0.01)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("height", [120, 222, 224, 226, 240, 255, 256, 258, 259, 298, 302, 337, 341, 480])
def test_multi_scale_crops_are_those_of_temporal_segment_networks(height):
    """Thirteen places of up to ten shapes; a side that is the network's input but for two pixels is the input's."""
    width, rng = height * 16 // 9, np.random.default_rng(0)
    sides = [height, height * 7 // 8, height * 3 // 4, height * 33 // 50]
    sides = [224 if side in (222, 223, 224, 225, 226) and height >= 224 else side for side in sides]
    shapes = {*zip(sides, sides), *zip(sides, sides[1:]), *zip(sides[1:], sides)}
    places = [(down, right) for down in range(5) for right in range(5) if down % 2 == right % 2]
    expected = {
        Box(down * ((height - high) // 4), right * ((width - wide) // 4), high, wide)
        for (high, wide), (down, right) in product(shapes, places)
    }
    drawn = [training_box(height, width, CropGeometry(), "multi_scale", rng) for _ in range(2000)]
    assert set(drawn) == expected
    assert all(box.top + box.height <= height and box.left + box.width <= width for box in drawn)


@pytest.mark.parametrize("kind", ["random", "multi_scale", "per_frame"])
def test_crops_are_the_boxes_of_the_whole_frames_scaled(kind, videos):
    """Both sides draw the same boxes; one cuts before it converts, the other after."""
    path = SomethingSomething(videos).labelled("train")[0].path
    with open_video_file(path) as video:
        frames = video.frames(np.arange(video.num_frames))
    rng = np.random.default_rng(0)
    boxes = [training_box(56, 56, CropGeometry(short_side=56, size=40), kind, rng) for _ in range(24)]
    pixels = by_pyav(path)
    cuts = [torch.from_numpy(pixels[i][box.slices]).permute(2, 0, 1) for i, box in enumerate(boxes)]
    expected = torch.stack([resize(cut, [32, 32], antialias=True) for cut in cuts])
    assert torch.equal(crop_frames(frames, boxes, 32).permute(0, 3, 1, 2), expected)
