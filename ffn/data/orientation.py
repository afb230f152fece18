"""How a stored picture is turned and mirrored to be shown: the display matrix of a video."""

from dataclasses import dataclass

import av
import numpy as np

from ffn.data.reading import Box

ONE_DEGREE = np.tan(np.pi / 180)  # FFmpeg takes less than that for a quarter turn, too


@dataclass(frozen=True)
class Orientation:
    """The stored picture is ``transposed``, then mirrored left to right and upside down."""

    transposed: bool = False
    mirrored: bool = False
    upside_down: bool = False

    def shown_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width as shown of a stored picture."""
        return (width, height) if self.transposed else (height, width)

    def stored(self, box: Box, height: int, width: int) -> Box:
        """Where ``box`` of the shown picture lies in the stored one of ``height`` x ``width`` pixels."""
        height, width = self.shown_size(height, width)
        top = height - box.top - box.height if self.upside_down else box.top
        left = width - box.left - box.width if self.mirrored else box.left
        return Box(left, top, box.width, box.height) if self.transposed else Box(top, left, box.height, box.width)

    def shown(self, pixels: np.ndarray) -> np.ndarray:
        """Stored pixels (N, H, W, 3) as they are shown."""
        if self == Orientation():
            return pixels
        turned = pixels.swapaxes(1, 2) if self.transposed else pixels
        rows, columns = (slice(None, None, -1 if flipped else 1) for flipped in (self.upside_down, self.mirrored))
        return np.ascontiguousarray(turned[:, rows, columns])

    @property
    def filters(self) -> list[tuple[str, str | None]]:
        """The same as FFmpeg's filters and their arguments."""
        chosen = {("transpose", "cclock_flip"): self.transposed, ("hflip", None): self.mirrored}
        return [filter for filter, wanted in (chosen | {("vflip", None): self.upside_down}).items() if wanted]


UPRIGHT = Orientation()


def orientation(frame: av.VideoFrame) -> Orientation:
    """How a decoded frame is shown, as FFmpeg's program does it. Raises ValueError unless it is by quarter turns."""
    side_data = frame.side_data
    if not len(side_data) or (matrix := side_data.get("DISPLAYMATRIX")) is None:
        return UPRIGHT
    numbers = np.frombuffer(matrix, np.int32)  # type: ignore[call-overload]  # PyAV does not declare its buffers
    a, b, _, c, d = (float(number) for number in numbers[:5])
    if max(abs(b), abs(c)) < ONE_DEGREE * min(abs(a), abs(d)):
        return Orientation(mirrored=a < 0, upside_down=d < 0)
    if max(abs(a), abs(d)) < ONE_DEGREE * min(abs(b), abs(c)):
        return Orientation(transposed=True, mirrored=c < 0, upside_down=b < 0)
    raise ValueError("its display matrix turns it by other than quarter turns")
