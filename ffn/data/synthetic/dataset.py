"""Small synthetic clips whose classes differ only in motion, written as video files in SSv2's layout.

    ROOT/20bn-something-something-v2/<id>.webm      VP9
    ROOT/labels/                                    see `ffn.data.layouts.something_something`
    ROOT/dataset.started.json                       the configuration, written first
    ROOT/dataset.json                               the same, written last, when the dataset is complete

Everything from decoding to the report runs on it on a laptop, and networks trained on it show temporal frequency
deviation. A clip depends only on (seed, split, index), so an interrupted run resumes where it stopped.
"""

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import av
import numpy as np

from ffn.data.layouts.something_something import LABEL_FOLDER, VIDEO_FOLDER
from ffn.data.synthetic.motions import MOTION_SETS, Motion
from ffn.data.synthetic.rendering import Scene, draw_scene, render
from ffn.data.text_files import read_json
from ffn.data.videos import Split
from ffn.files import write_atomically
from ffn.processes import parallel_map

SPLITS: tuple[Split, ...] = get_args(Split)
STARTED = "dataset.started.json"
FINISHED = "dataset.json"
ENCODER_OPTIONS = {"crf": "32", "b": "0", "deadline": "realtime", "cpu-used": "8"}


@dataclass(frozen=True, kw_only=True)
class SyntheticDataset:
    """The configuration. Raises ValueError with the field's name."""

    motions: Literal["slow", "fine"] = "slow"
    """The set of twelve classes; "fine" has fast and periodic motions that four frames do not resolve."""
    train: int = 3000
    """Clips in the training split."""
    validation: int = 400
    """Clips in the validation split."""
    test: int = 1000
    """Clips in the test split."""
    frames: int = 48
    """Frames in each clip."""
    size: int = 56
    """Height and width in pixels."""
    fps: int = 12
    """Frames per second."""
    seed: int = 0
    """Every seed gives different clips in all splits."""

    def __post_init__(self) -> None:
        if self.motions not in MOTION_SETS:
            raise ValueError(f"motions must be one of {', '.join(MOTION_SETS)}, got {self.motions!r}")
        smallest = {"train": 1, "validation": 1, "test": 1, "frames": 2, "size": 16, "fps": 1, "seed": 0}
        for field, minimum in smallest.items():
            value = getattr(self, field)
            if type(value) is not int or value < minimum:
                raise ValueError(f"{field} must be an integer of {minimum} or more, got {value!r}")
        if self.size % 2:
            raise ValueError(f"size must be even, as video stores colour at half the size, got {self.size}")

    def motion(self, index: int) -> Motion:
        """The class of clip number `index` of a split."""
        motions = MOTION_SETS[self.motions]
        return motions[index % len(motions)]


@dataclass(frozen=True)
class Clip:
    """One file of the dataset."""

    id: str
    split: Split
    index: int


def clips_of(config: SyntheticDataset) -> tuple[Clip, ...]:
    """All clips, split by split; ids count from 1."""
    places = [(split, index) for split in SPLITS for index in range(getattr(config, split))]
    return tuple(Clip(str(number), *place) for number, place in enumerate(places, start=1))


def draw_clip(config: SyntheticDataset, split: Split, index: int) -> np.ndarray:
    """The pixels of clip number `index` of a split, before encoding: uint8 RGB (frames, size, size, 3)."""
    rng, scene = _scene(config, split, index)
    return render(rng, scene, config.size)


def encode_clip(frames: np.ndarray, fps: int) -> bytes:
    """Encode uint8 RGB (T, H, W, 3) as a VP9 webm file; equal frames give equal bytes with the same libvpx."""
    buffer = io.BytesIO()
    # Without bitexact the muxer writes a random identifier into every file.
    with av.open(buffer, "w", format="webm", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libvpx-vp9", rate=fps, options=ENCODER_OPTIONS)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def synthesize(
    root: Path,
    config: SyntheticDataset,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write the dataset into the folder `root`, created if missing.

    Existing clips are kept: an interrupted run resumes, a finished one does nothing. `workers` as in
    `ffn.processes.parallel_map`. `progress` is called with the number of clips written and their total.
    Raises ValueError if `root` contains another dataset.
    """
    root = Path(root)
    _refuse_another_dataset(root, config)
    clips = clips_of(config)
    videos = root / VIDEO_FOLDER
    present = {path.stem for path in videos.glob("*.webm")}
    missing = [clip for clip in clips if clip.id not in present]
    if not missing and (root / FINISHED).exists():
        return
    root.mkdir(parents=True, exist_ok=True)
    _write_json(root / STARTED, asdict(config))
    (root / FINISHED).unlink(missing_ok=True)
    videos.mkdir(exist_ok=True)
    _write_labels(root / LABEL_FOLDER, config, clips)
    write = partial(_write_clip, videos, config)
    for done, _ in enumerate(parallel_map(write, missing, workers), start=1):
        progress(len(clips) - len(missing) + done, len(clips))
    _write_json(root / FINISHED, asdict(config))


def _refuse_another_dataset(root: Path, config: SyntheticDataset) -> None:
    if not (root / STARTED).exists():
        if (root / VIDEO_FOLDER).exists():
            raise ValueError(f"{root} contains videos but no {STARTED} with their configuration: pass another folder")
        return
    found = read_json(root / STARTED)
    differences = ", ".join(
        f"{field} {found.get(field)!r} instead of {value!r}"
        for field, value in asdict(config).items()
        if found.get(field) != value
    )
    if differences:
        raise ValueError(f"{root} contains a synthetic dataset with {differences}: pass another folder or remove it")


def _scene(config: SyntheticDataset, split: Split, index: int) -> tuple[np.random.Generator, Scene]:
    """A clip's scene, and the generator after drawing it."""
    rng = np.random.default_rng([config.seed, SPLITS.index(split), index])
    return rng, draw_scene(rng, config.motion(index), config.frames)


def _write_clip(videos: Path, config: SyntheticDataset, clip: Clip) -> None:
    frames = draw_clip(config, clip.split, clip.index)
    write_atomically(videos / f"{clip.id}.webm", encode_clip(frames, config.fps))


def _write_labels(folder: Path, config: SyntheticDataset, clips: tuple[Clip, ...]) -> None:
    folder.mkdir(exist_ok=True)
    names = [motion.name for motion in MOTION_SETS[config.motions]]
    _write_json(folder / "labels.json", {name: str(index) for index, name in enumerate(names)})
    for split in ("train", "validation"):
        _write_json(folder / f"{split}.json", [_label(config, clip) for clip in clips if clip.split == split])
    tests = [clip for clip in clips if clip.split == "test"]
    _write_json(folder / "test.json", [{"id": clip.id} for clip in tests])
    answers = "".join(f"{clip.id};{config.motion(clip.index).name}\n" for clip in tests)
    write_atomically(folder / "test-answers.csv", answers.encode())


def _label(config: SyntheticDataset, clip: Clip) -> dict:
    """A clip's entry in its split's label file, such as "moving ring up" for "Moving [something] up"."""
    template = config.motion(clip.index).template
    _, scene = _scene(config, clip.split, clip.index)
    placeholders = [thing.shape for thing in scene.objects[-template.count("[something]") :]]
    label = template.lower().replace("[something]", "{}").format(*placeholders)
    return {"id": clip.id, "label": label, "template": template, "placeholders": placeholders}


def _write_json(path: Path, content: dict | list) -> None:
    write_atomically(path, json.dumps(content, indent=1).encode())
