"""Datasets in Something-Something V2's layout with every kind of damaged file, made of small real videos."""

import io
import json
import os

import av
import numpy as np

from ffn.data.layouts.something_something import LABEL_FOLDER, VIDEO_FOLDER, SomethingSomething, class_file, label_file
from ffn.data.synthetic.dataset import encode_clip

FRAMES = 24
READABLE = ("one_frame", "no_duration")
"""Kinds that are odd, not damaged."""


def damaged_files(good):
    """The contents of files of every kind, made from the video file ``good``; None: no file."""
    frames = decoded(good)
    return {
        "missing": None,
        "empty": b"",
        "truncated": good.read_bytes()[: int(0.6 * good.stat().st_size)],
        "text": b"This is no video.\n" * 40,
        "audio_only": _sound(),
        "fewer_frames": encode_clip(frames[:10], fps=12),
        "one_frame": encode_clip(frames[:1], fps=12),
        "no_duration": _without_duration(frames),
    }


def decoded(path):
    """Every frame of a video (N, H, W, 3), by PyAV."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def small_dataset(videos, root, **sizes):
    """A dataset in ``root`` whose splits have ``sizes`` clips, links to the files of the dataset ``videos``."""
    (root / LABEL_FOLDER).mkdir(parents=True)
    (root / VIDEO_FOLDER).mkdir()
    class_file(root / LABEL_FOLDER).write_bytes(class_file(videos / LABEL_FOLDER).read_bytes())
    for split, size in sizes.items():
        sources = SomethingSomething(videos).labelled(split)
        chosen = {f"{split}{i}": sources[i % len(sources)] for i in range(size)}
        for id, source in chosen.items():
            os.link(source.path, root / VIDEO_FOLDER / f"{id}.webm")
        templates = {id: SomethingSomething(videos).classes[source.label] for id, source in chosen.items()}
        entries = [{"id": id, "template": template} for id, template in templates.items()]
        label_file(root / LABEL_FOLDER, split).write_text(json.dumps(entries))
    return root


def damage(root, split):
    """Put a damaged file in the place of the first clips of a split; the clip's id by kind."""
    first, *_, last = SomethingSomething(root).labelled(split)
    ids = {}
    for i, (kind, content) in enumerate(damaged_files(last.path).items()):
        path = first.path.with_name(f"{split}{i}.webm")
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        ids[kind] = path.stem
    return ids


def _without_duration(frames):
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libvpx-vp9", rate=12)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def _sound():
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48000, layout="mono")
        for i in range(20):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 960), dtype=np.int16), format="s16", layout="mono")
            silence.sample_rate, silence.pts = 48000, i * 960
            container.mux(stream.encode(silence))
        container.mux(stream.encode())
    return buffer.getvalue()
