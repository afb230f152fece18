"""The motion classes of the synthetic dataset: pure functions from a course to a trajectory.

All randomness is in the course. Its distribution is the same for every class, so only the motion distinguishes them.
Coordinates range from -1 to 1 over the picture, x to the right and y downwards; lengths are in the same unit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

RIGHT, DOWN, LEFT, UP = 0.0, 0.5 * np.pi, np.pi, -0.5 * np.pi
CONTACT = 0.4  # distance between the centres of two objects that touch


@dataclass(frozen=True, kw_only=True)
class Course:
    """The random part of a motion of any class. T is the clip's number of frames."""

    progress: np.ndarray  # (T,) fraction of the motion completed at each frame, from 0 to 1
    length: float  # of the path
    heading: float  # radians, any direction; for classes without a direction in their name
    deviation: float  # radians; from the direction in the class's name
    tempo: float  # 0 to 1, from the shortest to the longest period of a periodic motion
    phase: float  # radians; of a periodic motion
    moment: float  # 0 to 1; time of a brief motion

    @property
    def time(self) -> np.ndarray:
        """Time of each frame (T,), from 0 to 1."""
        return np.linspace(0.0, 1.0, len(self.progress))

    @property
    def frames(self) -> np.ndarray:
        """The frame numbers (T,)."""
        return np.arange(len(self.progress))


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """Positions of a clip's objects, relative to the clip's centre, and their sizes."""

    offsets: np.ndarray  # (objects, T, 2) as x, y
    scales: np.ndarray  # (T,) factor on every object's size


@dataclass(frozen=True, kw_only=True)
class Motion:
    """A class: its template in Something-Something V2's notation, and how its objects move."""

    template: str
    move: Callable[[Course], Trajectory]

    @property
    def num_objects(self) -> int:
        """Number of moving objects."""
        return self.template.count("[something]")

    @property
    def name(self) -> str:
        """The template without brackets, as in the label files."""
        return self.template.replace("[", "").replace("]", "")


def draw_course(rng: np.random.Generator, num_frames: int) -> Course:
    """Draw a course: the motion takes 60-100 % of the clip and speeds up or slows down slightly."""
    duration = rng.uniform(0.6, 1.0)
    start = rng.uniform(0.0, 1.0 - duration)
    elapsed = np.clip((np.linspace(0.0, 1.0, num_frames) - start) / duration, 0.0, 1.0)
    return Course(
        progress=elapsed ** np.exp(rng.uniform(np.log(0.75), np.log(1.33))),
        length=rng.uniform(0.7, 1.4),
        heading=rng.uniform(0.0, 2.0 * np.pi),
        deviation=np.deg2rad(rng.uniform(-20.0, 20.0)),
        tempo=rng.uniform(),
        phase=rng.uniform(0.0, 2.0 * np.pi),
        moment=rng.uniform(),
    )


def _single(x: np.ndarray, y: np.ndarray) -> Trajectory:
    """One object of constant size at x and y, each (T,)."""
    return Trajectory(offsets=np.stack([x, y], axis=-1)[np.newaxis], scales=np.ones(len(x)))


def _along(angle: float, distance: np.ndarray) -> Trajectory:
    """One object at a distance (T,) from the centre along a straight line."""
    return _single(distance * np.cos(angle), distance * np.sin(angle))


def _straight(course: Course, *, direction: float) -> Trajectory:
    return _along(direction + course.deviation, course.length * (course.progress - 0.5))


def _zoom(course: Course, *, sign: int) -> Trajectory:
    still = np.zeros((1, len(course.progress), 2))
    return Trajectory(offsets=still, scales=np.exp(sign * course.length * (course.progress - 0.5)))


def _out_and_back(progress: np.ndarray) -> np.ndarray:
    return 1.0 - np.abs(2.0 * progress - 1.0)


def _return(course: Course) -> Trajectory:
    return _along(course.heading, course.length * (_out_and_back(course.progress) - 0.5))


def _stop(course: Course) -> Trajectory:
    return _along(course.heading, course.length * (_elapsed(course.time, _brief(course)) - 0.5))


def _wait(course: Course) -> Trajectory:
    return _along(course.heading, course.length * (0.5 - _elapsed(1.0 - course.time, _brief(course))))


def _elapsed(time: np.ndarray, duration: float) -> np.ndarray:
    return np.minimum(time / duration, 1.0)


def _brief(course: Course) -> float:
    """Fraction of the clip in which a stopping or waiting object moves: clearly less than in the other classes."""
    return 0.3 + 0.15 * course.moment


def _dart(course: Course) -> Trajectory:
    duration = 9.0 + 6.0 * course.tempo
    start = course.moment * max(len(course.progress) - duration, 0.0)
    progress = np.clip((course.frames - start) / duration, 0.0, 1.0)
    return _along(course.heading, course.length * (_out_and_back(progress) - 0.5))


def _shake(course: Course, *, direction: float) -> Trajectory:
    period = 7.0 + 5.0 * course.tempo
    swing = np.sin(2.0 * np.pi * course.frames / period + course.phase)
    return _along(direction + course.deviation, 0.25 * course.length * swing)


def _circle(course: Course, *, sign: int) -> Trajectory:
    period = 14.0 + 12.0 * course.tempo
    angle = sign * 2.0 * np.pi * course.frames / period + course.phase
    radius = course.length / 3.0
    return _single(radius * np.cos(angle), radius * np.sin(angle))


def _pair(course: Course, ahead: np.ndarray, aside: np.ndarray | float = 0.0) -> Trajectory:
    """Two objects on opposite sides of the clip's centre, `ahead` (T,) apart along the heading, `aside` across."""
    forward = np.array([np.cos(course.heading), np.sin(course.heading)])
    sideways = np.array([-forward[1], forward[0]])
    half = 0.5 * (np.multiply.outer(ahead, forward) + np.multiply.outer(aside, sideways))
    return Trajectory(offsets=np.stack([half, -half]), scales=np.ones(len(ahead)))


def _bounce(course: Course) -> Trajectory:
    return _pair(course, CONTACT + course.length * np.abs(1.0 - 2.0 * course.progress))


def _pass(course: Course) -> Trajectory:
    """They dodge each other, so that a frame of their meeting looks like one of a collision."""
    ahead = (CONTACT + course.length) * (1.0 - 2.0 * course.progress)
    return _pair(course, ahead, CONTACT * np.sin(np.pi * course.progress))


def _meet(course: Course) -> Trajectory:
    return _pair(course, CONTACT + course.length * np.maximum(1.0 - 2.0 * course.progress, 0.0))


_STRAIGHT = (
    Motion(template="Moving [something] from right to left", move=partial(_straight, direction=LEFT)),
    Motion(template="Moving [something] from left to right", move=partial(_straight, direction=RIGHT)),
    Motion(template="Moving [something] up", move=partial(_straight, direction=UP)),
    Motion(template="Moving [something] down", move=partial(_straight, direction=DOWN)),
    Motion(template="Moving [something] towards the camera", move=partial(_zoom, sign=1)),
    Motion(template="Moving [something] away from the camera", move=partial(_zoom, sign=-1)),
)
_BOUNCE = Motion(template="Moving [something] and [something] so they bounce off each other", move=_bounce)

MOTION_SETS: dict[str, tuple[Motion, ...]] = {
    "slow": (
        *_STRAIGHT,
        Motion(template="Moving [something] away and then back again", move=_return),
        Motion(template="Moving [something] and then letting it rest", move=_stop),
        Motion(template="Letting [something] rest and then moving it", move=_wait),
        _BOUNCE,
        Motion(template="Moving [something] and [something] so they pass each other", move=_pass),
        Motion(template="Moving [something] and [something] until they touch", move=_meet),
    ),
    "fine": (
        *_STRAIGHT,
        Motion(template="Shaking [something] sideways", move=partial(_shake, direction=RIGHT)),
        Motion(template="Shaking [something] up and down", move=partial(_shake, direction=DOWN)),
        Motion(template="Circling [something] clockwise", move=partial(_circle, sign=1)),
        Motion(template="Circling [something] counterclockwise", move=partial(_circle, sign=-1)),
        Motion(template="Darting [something] out and back", move=_dart),
        _BOUNCE,
    ),
}
