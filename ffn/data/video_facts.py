"""What a video file is made of, found by reading the whole of it."""

from pathlib import Path

import av
from av.container import InputContainer

from ffn.data.decoding import opened
from ffn.data.labels import Video
from ffn.data.reading import UnreadableVideoError, VideoFacts

# A file that ends before this share of the duration that it states is truncated; one frame more is forgiven.
WHOLE_SHARE = 0.9


def video_facts(video: Video) -> VideoFacts:
    """Decode a video file from its first frame to its last.

    Raises UnreadableVideoError also for a file that ends long before the duration that it states.
    """
    path = video.path
    with opened(path) as container:
        stream = container.streams.video[0]
        frames, first, last = 0, None, None
        for frame in container.decode(stream):
            frames, first, last = frames + 1, first or frame, frame
        if last is None:
            raise UnreadableVideoError(path, "not one frame can be decoded")
        _refuse_truncated(path, container, first, last)
        rate = stream.average_rate
        return VideoFacts(
            frames=frames,
            height=last.height,
            width=last.width,
            fps=round(float(rate), 3) if rate else None,
            codec=stream.codec_context.name,
        )


def _refuse_truncated(path: Path, container: InputContainer, first: av.VideoFrame, last: av.VideoFrame) -> None:
    stated, rate = _stated_seconds(container), container.streams.video[0].average_rate
    if stated is None or not rate or first.time is None or last.time is None:
        return
    one_frame = float(1 / rate)
    found = last.time - first.time + one_frame
    if found + one_frame < WHOLE_SHARE * stated:
        raise UnreadableVideoError(path, f"it ends after {found:.2f} of {stated:.2f} seconds: truncated")


def _stated_seconds(container: InputContainer) -> float | None:
    """The video's duration as the file states it; the container's counts only where there is no sound beside it."""
    stream = container.streams.video[0]
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None
