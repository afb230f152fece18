"""How fast are videos turned into clips?

Clips at {4, 8, 16} random frames and 224 pixels from 427x240 VP9 videos (``experiments.benchmarks.inputs``).

The floor is VP9 decoding alone, with every frame dropped: there is one keyframe, so no frame can be skipped. With
decord (on an EPYC core) a clip took 26.3 ms at a floor of 15.5; the other 10.8 were a slower decoder (4), RGB of 23
whole frames (3.4), crop and resize (1.5), and a copy per clip (2). Joining and moving a clip of 28 frames cost 4 to 5
more, nearly all of it first touches of memory pages: the number of bytes matters. The changes and their savings in ms
per clip follow. They do not change results, except for videos of an odd height, where decord's RGB differs by up to 23
of 255:

    PyAV with one thread instead of decord                           4
    RGB of the crop only, in one call for all frames                 2, of which cutting first 0.6
    each distinct frame is sent once and gathered on the device      2 of copying; 23 frames are sent instead of 28
    bytes stay in the decoder's order (H, W, 3) until the device     1
    normalise on a CPU without a slow gather or a second pass        11 of 13.6

Tried and not used:

    send YUV, convert on the device       0.44 of the bytes, perhaps 5 of 24 ms. But GPUs resize bytes differently from
                                          CPUs, so an evaluation's pixels would depend on the machine.
    join directly in shared memory        no effect (24.4 and 24.4): first touches cost the same there.
    malloc's thresholds, probing options  no effect.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from experiments.benchmarks.baselines import EarlierClips, every_frame, float_clip
from experiments.benchmarks.device import DEVICE, seconds_after, wait
from experiments.benchmarks.inputs import HEIGHT, WIDTH, write_videos
from experiments.benchmarks.measure import Measurement, compared
from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipPreparation, ClipRequest
from ffn.data.cropping import CropGeometry, crop_frames, evaluation_boxes
from ffn.data.decoded_cache import DecodedCache, build_decoded_cache
from ffn.data.decoding import open_video_file
from ffn.data.decord_reader import open_with_decord
from ffn.data.frame_sampling import segment_indices
from ffn.data.reading import Box, Frames, distinct_frames
from ffn.data.videos import Video

COUNTS, EVALUATED_COUNTS = (4, 8, 16), (2, 4, 6, 8, 12, 16, 24)
PREPARATION = ClipPreparation(geometry=CropGeometry(short_side=256, size=224))
VIDEOS, BATCH_SIZE, BATCHES = 16, 4, 12
CORES = len(os.sched_getaffinity(0))
CENTRE, WHOLE = evaluation_boxes(HEIGHT, WIDTH, PREPARATION.geometry, crops=1)[0], Box(0, 0, HEIGHT, WIDTH)

Read = Callable[[Video], object]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A data path from videos to batches; ``arrived`` is the training process's part."""

    dataset: Dataset
    collate: Callable
    arrived: Callable[[object], None]

    def loader(self, processes: int, batches: int) -> DataLoader:
        """Batches of random training clips."""
        requests = [training_request(number) for number in range(batches * BATCH_SIZE)]
        sampler = [requests[start : start + BATCH_SIZE] for start in range(0, len(requests), BATCH_SIZE)]
        return DataLoader(self.dataset, batch_sampler=sampler, collate_fn=self.collate, num_workers=processes)


def measure(repeats: int) -> Iterator[list[Measurement]]:
    """All tables. Every process has one thread, so that it uses one core."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        videos = write_videos(Path(folder), VIDEOS)
        side = PREPARATION.geometry.short_side
        cache = DecodedCache(build_decoded_cache(videos, Path(folder) / "cache", short_side=side)).open
        earlier, ours = EarlierClips(videos, PREPARATION), ClipDataset(videos, PREPARATION)
        by_decord = ClipDataset(videos, PREPARATION, open_with_decord)
        cached = ClipDataset(videos, PREPARATION, cache)
        routes = {
            "earlier": Route(dataset=earlier, collate=default_collate, arrived=to_device),
            "ours, bytes": Route(dataset=ours, collate=Batch.of, arrived=to_device),
            "ours by decord, bytes": Route(dataset=by_decord, collate=Batch.of, arrived=to_device),
            f"ours, normalised on the {DEVICE.type}": Route(dataset=ours, collate=Batch.of, arrived=normalised),
            "decoded cache, bytes": Route(dataset=cached, collate=Batch.of, arrived=to_device),
        }
        yield decoding(videos, repeats)
        yield cropping(videos[0], repeats)
        yield transport(earlier, ours)
        yield one_process(routes, videos, repeats)
        yield all_cores(routes, videos, repeats)
        yield scaling(routes["ours, bytes"], repeats)
        yield evaluation(ours, videos, repeats)


def decoding(videos: list[Video], repeats: int) -> list[Measurement]:
    """From a file to the RGB frames of its clips."""
    variants = {
        "earlier: three times, RGB of every frame": lambda video: [every_frame(video.path) for _ in COUNTS],
        "once, by decord": decord_frames,
        "once, RGB of the frames wanted": lambda video: _cut(video, WHOLE),
        "once, RGB of the crop": lambda video: _cut(video, CENTRE),
        "VP9 alone": decode_only,
    }
    timed = {name: lambda read=read: milliseconds(read, videos) for name, read in variants.items()}
    rows = compared("decoding", "CPU ms/clip", timed, repeats)
    return [replace(row, floor=rows[-1].value) for row in rows]


def decord_frames(video: Video) -> object:
    """The distinct frames of a clip, by decord, the other common library."""
    reader = decord_reader(video)
    return reader.get_batch(distinct_frames(random_draws(len(reader)))[0]).asnumpy()


def decord_reader(video: Video) -> Any:
    """The video opened by decord, which is loaded here, as not every machine has it."""
    from decord import VideoReader

    return VideoReader(str(video.path), num_threads=1)


def cropping(video: Video, repeats: int) -> list[Measurement]:
    """Crop and resize the 28 decoded frames of a clip."""
    frames, rows = decoded(video)
    clips, size = [frames.cut(WHOLE)[of_clip] for of_clip in rows], PREPARATION.geometry.size
    place = (CENTRE.top, CENTRE.left, CENTRE.height, CENTRE.width)
    variants = {
        "earlier: float, frame by frame": lambda _: [float_clip(clip, place, [size, size]) for clip in clips],
        "RGB of the crop, resized as bytes": lambda _: crop_frames(frames, [CENTRE], size),
    }
    timed = {name: lambda crop=crop: milliseconds(crop, [video] * BATCH_SIZE) for name, crop in variants.items()}
    return compared("crop and resize", "CPU ms/clip", timed, repeats)


def transport(earlier: EarlierClips, ours: ClipDataset) -> list[Measurement]:
    """Bytes sent from a loader process to the training process."""
    of_earlier = sum(clip.nbytes for clip in earlier[training_request(0)].values())
    of_ours = sum(ours[training_request(number)].frames.nbytes for number in range(VIDEOS)) / VIDEOS
    facts = {"benchmark": "transport", "unit": "MB/clip"}
    return [
        Measurement(variant="earlier: float32", value=of_earlier / 1e6, ratio=1.0, **facts),
        Measurement(variant="ours, bytes", value=of_ours / 1e6, ratio=of_ours / of_earlier, **facts),
    ]


def one_process(routes: dict[str, Route], videos: list[Video], repeats: int) -> list[Measurement]:
    """Without transport, in CPU time, which is least affected by other load."""
    variants = {name: lambda route=route: clips_per_cpu_second(route) for name, route in routes.items()}
    floor = 1e3 / milliseconds(decode_only, videos)
    return compared("clips {4,8,16}, one process", "clips/CPU s", variants, repeats, floor=floor)


def all_cores(routes: dict[str, Route], videos: list[Video], repeats: int) -> list[Measurement]:
    """One loader process per core, in wall-clock time."""
    variants = {name: lambda route=route: clips_per_second(route, CORES) / CORES for name, route in routes.items()}
    floor = 1e3 / milliseconds(decode_only, videos)
    name = f"clips {{4,8,16}}, {CORES} loader processes"
    return compared(name, "clips/s/core", variants, repeats, floor=floor)


def scaling(route: Route, repeats: int) -> list[Measurement]:
    """By the number of loader processes, up to the cores; the floor discards the clips in the loader process."""
    numbers = sorted({2**power for power in range(8) if 2**power < CORES} | {CORES})
    kept = {f"{number}": lambda number=number: clips_per_second(route, number) for number in numbers}
    alone = replace(route, collate=len, arrived=lambda clips: None)
    thrown_away = {f"floor of {number}": lambda number=number: clips_per_second(alone, number) for number in numbers}
    rows = compared("loader processes", "clips/s", kept | thrown_away, repeats)
    floors = {row.variant: row.value for row in rows[len(kept) :]}
    return [replace(row, floor=floors[f"floor of {row.variant}"]) for row in rows[: len(kept)]]


def evaluation(ours: ClipDataset, videos: list[Video], repeats: int) -> list[Measurement]:
    """Centre frames and crops as bytes: one frame count, seven at once, and seven one by one."""

    def read(video: Video, *count_sets: tuple[int, ...]) -> list[Batch]:
        requests = [ClipRequest(index=int(video.id), frame_counts=counts) for counts in count_sets]
        return [Batch.of([ours[request]]) for request in requests]

    alone = [(count,) for count in EVALUATED_COUNTS]
    variants = {
        "one count, 16": lambda: milliseconds(lambda video: read(video, (16,)), videos),
        "seven counts at once": lambda: milliseconds(lambda video: read(video, EVALUATED_COUNTS), videos),
        "seven counts, decoded for each": lambda: milliseconds(lambda video: read(video, *alone), videos),
    }
    return compared("clips of an evaluation", "CPU ms/clip", variants, repeats)


def milliseconds(function: Read, videos: list[Video]) -> float:
    """CPU time of ``function`` per video."""
    begin = time.process_time()
    for video in videos:
        function(video)
    return 1e3 * (time.process_time() - begin) / len(videos)


def clips_per_cpu_second(route: Route) -> float:
    """Speed over a few batches in this process."""
    begin = time.process_time()
    for batch in route.loader(processes=0, batches=2):
        route.arrived(batch)
    return 2 * BATCH_SIZE / (time.process_time() - begin)


def clips_per_second(route: Route, processes: int) -> float:
    """Wall-clock speed after each process has had time for a batch, so that starting them is not counted."""
    batches = route.loader(processes, batches=BATCHES * processes)
    return (BATCHES - 1) * processes * BATCH_SIZE / seconds_after(processes, batches, route.arrived)


def training_request(number: int) -> ClipRequest:
    """The random clip number ``number``."""
    return ClipRequest(index=number % VIDEOS, frame_counts=COUNTS, random_key=(0, number))


def decoded(video: Video) -> tuple[Frames, list[np.ndarray]]:
    """A video's distinct frames, and each clip as rows of them."""
    with open_video_file(video.path) as opened:
        indices, rows = distinct_frames(random_draws(opened.num_frames))
        return opened.frames(indices), rows


def random_draws(length: int) -> list[np.ndarray]:
    """Indices of a clip's frames at each count, drawn as in training."""
    rng = np.random.default_rng(0)
    return [segment_indices(length, count, rng) for count in COUNTS]


def to_device(batch: Batch | dict[int, Tensor]) -> None:
    """Move a batch of bytes or floats to the device."""
    if isinstance(batch, Batch):
        batch.to(DEVICE)
    else:
        [clips.to(DEVICE) for clips in batch.values()]
    wait()


def normalised(batch: Batch) -> None:
    """Move and normalise a batch, as training does."""
    on_device = batch.to(DEVICE)
    for count in COUNTS:
        on_device.normalised(count)
    wait()


def decode_only(video: Video) -> None:
    """The floor: decode every frame and drop it."""
    with av.open(str(video.path)) as container:
        container.streams.video[0].thread_count = 1
        for _ in container.decode(video=0):
            pass


def _cut(video: Video, box: Box) -> np.ndarray:
    frames, _ = decoded(video)
    return frames.cut(box)
