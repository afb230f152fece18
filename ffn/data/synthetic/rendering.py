"""Rendering of synthetic clips: textured shapes moving over a textured background, seen by an unsteady camera.

A scene contains everything except the pixel noise, so labels can name its shapes without rendering.
The parameters were found empirically; most important is that objects are brighter than the background.
Shapes in names: T frames, S side of the picture. Coordinates as in `ffn.data.synthetic.motions`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ffn.data.synthetic.motions import Motion, draw_course

TEXTURE_SIDE = 128  # texels per texture side
TEXTURE_EXTENT = 1.15  # a texture covers -1.15 to 1.15, so that camera jitter never reaches its edge
NUM_WAVES = 4


def _disc(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.hypot(u, v) - 1.0


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - 0.9


def _triangle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(v, 0.87 * np.abs(u) - 0.5 * v) - 0.6


def _ring(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(np.hypot(u, v) - 0.7) - 0.3


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.minimum(np.maximum(np.abs(u), np.abs(v) + 0.6), np.maximum(np.abs(u) + 0.6, np.abs(v))) - 1.0


# Signed distance to the outline, negative inside, in units of the shape's half-size.
SHAPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "disc": _disc,
    "square": _square,
    "triangle": _triangle,
    "ring": _ring,
    "cross": _cross,
}


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A texture's waves and colours."""

    waves: np.ndarray  # (NUM_WAVES, 3) wave vector x, y and phase
    darkest: np.ndarray  # (3,) colour at the texture's minimum
    contrast: float  # difference between the values at the texture's maximum and minimum


@dataclass(frozen=True, kw_only=True)
class SceneObject:
    """A shape with its surface and its position in every frame."""

    shape: str
    surface: Surface
    centres: np.ndarray  # (T, 2) as x, y
    half_sizes: np.ndarray  # (T,)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The content of a clip, from back to front; moving objects come last."""

    background: Surface
    objects: tuple[SceneObject, ...]
    camera: np.ndarray  # (T, 2) offset of every coordinate from camera jitter
    gains: np.ndarray  # (T,) brightness factor
    noise: float  # standard deviation of the pixel noise


def _draw_surface(rng: np.random.Generator, *, lowest: float, highest: float, contrast: tuple[float, float]) -> Surface:
    vectors = rng.normal(0.0, 4.5, (NUM_WAVES, 2))
    phases = rng.uniform(0.0, 2.0 * np.pi, (NUM_WAVES, 1))
    span = rng.uniform(*contrast)
    darkest = rng.uniform(lowest, highest - span, 3)
    return Surface(waves=np.concatenate([vectors, phases], axis=1), darkest=darkest, contrast=span)


def _draw_object(rng: np.random.Generator, centres: np.ndarray, half_sizes: np.ndarray) -> SceneObject:
    shape = str(rng.choice(list(SHAPES)))
    surface = _draw_surface(rng, lowest=0.45, highest=1.0, contrast=(0.25, 0.55))
    return SceneObject(shape=shape, surface=surface, centres=centres, half_sizes=half_sizes)


def draw_scene(rng: np.random.Generator, motion: Motion, num_frames: int) -> Scene:
    """Draw a scene of the class `motion`.

    The same generator state gives the same background, camera and course for every class. Half of the clips with one
    moving object have a second one at rest; their sizes are then those of a moving pair.
    """
    course = draw_course(rng, num_frames)
    background = _draw_surface(rng, lowest=0.0, highest=0.55, contrast=(0.15, 0.5))
    camera, gains = rng.normal(0.0, 0.03, (num_frames, 2)), rng.normal(1.0, 0.02, num_frames)
    noise, alone = rng.uniform(0.0, 0.06), rng.uniform() < 0.5
    trajectory = motion.move(course)
    centre = rng.uniform(-1.0, 1.0, 2) * (0.95 - 0.5 * course.length)
    sizes = rng.uniform(0.22, 0.42, 1) if alone and motion.num_objects == 1 else rng.uniform(0.20, 0.32, 2)
    moving = [
        _draw_object(rng, centre + offsets, size * trajectory.scales)
        for offsets, size in zip(trajectory.offsets, sizes)
    ]
    resting = [
        _draw_object(rng, np.tile(rng.uniform(-0.8, 0.8, 2), (num_frames, 1)), np.full(num_frames, size))
        for size in sizes[len(moving) :]
    ]
    return Scene(background=background, objects=(*resting, *moving), camera=camera, gains=gains, noise=noise)


def _texture(surface: Surface) -> np.ndarray:
    """The texture (TEXTURE_SIDE, TEXTURE_SIDE) of a surface, from 0 to 1."""
    axis = np.linspace(-TEXTURE_EXTENT, TEXTURE_EXTENT, TEXTURE_SIDE, dtype=np.float32)
    x, y, phase = surface.waves.astype(np.float32).T[:, :, np.newaxis, np.newaxis]
    waves = np.cos(x * axis[np.newaxis, :] + y * axis[:, np.newaxis] + phase).sum(axis=0)
    return (waves - waves.min()) / np.ptp(waves)


def _texels(position: np.ndarray) -> np.ndarray:
    """The nearest texel of each position, clamped to the texture."""
    scaled = (position + TEXTURE_EXTENT) * (TEXTURE_SIDE / (2.0 * TEXTURE_EXTENT))
    return np.clip(scaled, 0, TEXTURE_SIDE - 1).astype(np.intp)


def _paint(surface: Surface, u_T1S: np.ndarray, v_TS1: np.ndarray) -> np.ndarray:
    """The surface's colours (3, T, S, S) at its coordinates u, v."""
    texture_TSS = _texture(surface)[_texels(v_TS1), _texels(u_T1S)]
    darkest = surface.darkest.astype(np.float32)[:, np.newaxis, np.newaxis, np.newaxis]
    return darkest + np.float32(surface.contrast) * texture_TSS


def _cover(picture: np.ndarray, thing: SceneObject, x_T1S: np.ndarray, y_TS1: np.ndarray) -> np.ndarray:
    """The picture (3, T, S, S) with an object drawn over it, its outline softened over one pixel."""
    centres, half_sizes = thing.centres.astype(np.float32), thing.half_sizes.astype(np.float32)
    half_sizes = half_sizes[:, np.newaxis, np.newaxis]
    u_T1S = (x_T1S - centres[:, 0, np.newaxis, np.newaxis]) / half_sizes
    v_TS1 = (y_TS1 - centres[:, 1, np.newaxis, np.newaxis]) / half_sizes
    half_sizes_in_pixels = half_sizes * (picture.shape[-1] / 2.0)
    opacity_TSS = np.clip(0.5 - SHAPES[thing.shape](u_T1S, v_TS1) * half_sizes_in_pixels, 0.0, 1.0)
    return picture + opacity_TSS * (_paint(thing.surface, u_T1S, v_TS1) - picture)


def render(rng: np.random.Generator, scene: Scene, size: int) -> np.ndarray:
    """Render a scene: uint8 RGB (T, size, size, 3), with noise from `rng`."""
    axis = ((np.arange(size) + 0.5) * (2.0 / size) - 1.0).astype(np.float32)
    camera = scene.camera.astype(np.float32)[:, :, np.newaxis, np.newaxis]
    x_T1S = axis[np.newaxis, np.newaxis, :] - camera[:, 0]
    y_TS1 = axis[np.newaxis, :, np.newaxis] - camera[:, 1]
    picture = _paint(scene.background, x_T1S, y_TS1)
    for thing in scene.objects:
        picture = _cover(picture, thing, x_T1S, y_TS1)
    picture = picture * scene.gains.astype(np.float32)[:, np.newaxis, np.newaxis]
    noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(scene.noise)
    pixels = np.clip((picture + noise) * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(1, 2, 3, 0))
