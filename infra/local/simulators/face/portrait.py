"""The parts of the face that do not change: the room behind it, the roll neck, the head.

Coordinates are those of a square of 400 units whose top is at y = 40, as the page draws its face.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from infra.local.simulators.face.affine import Affine
from infra.local.simulators.face.drawing import (
    Stop,
    color,
    ellipse,
    gradient,
    mask,
    paint,
    path,
    soften,
)

UNITS, TOP, MIDDLE = 520, 28, 200
HEAD_BASE = (200.0, 340.0)
"""The point about which the head turns."""
BREATH_BASE = (200.0, 374.0)
"""The point that stays where it is during a breath."""

HEAD = path(
    "M168 93C198 87 202 64 234 55C226 70 230 84 248 95C304 110 336 156 336 220"
    "C336 300 278 340 200 340C122 340 64 300 64 220C64 154 102 104 168 93Z"
)
RIM = path("M318 262C300 316 250 332 200 332C262 318 300 286 318 262Z")
WOOL = path(
    "M-700 900L-700 486C-300 448-60 432 24 410C88 393 124 386 140 352L260 352"
    "C276 386 312 393 376 410C460 432 700 448 1100 486L1100 900Z"
)
ROLL = path(
    "M156 310L244 310C262 310 276 324 276 342C276 360 262 374 244 374L156 374"
    "C138 374 124 360 124 342C124 324 138 310 156 310Z"
)
SKIN: list[Stop] = [
    (0.0, color("#fffaf1"), 1),
    (0.4, color("#ffe9cd"), 1),
    (0.76, color("#ffc899"), 1),
    (1.0, color("#f39a6d"), 1),
]
SKY: list[Stop] = [
    (0.0, color("#e3eee8"), 1),
    (0.52, color("#c5dcd4"), 1),
    (1.0, color("#9fc3bb"), 1),
]
HALO: list[Stop] = [
    (0.0, color("#fff6ea"), 0.85),
    (0.55, color("#ffe9d2"), 0.38),
    (1.0, color("#ffe0c4"), 0.0),
]
WOOL_SHADE: list[Stop] = [
    (0.0, color("#4a7c79"), 1),
    (0.11, color("#2f585a"), 1),
    (0.22, color("#264b4e"), 1),
    (1.0, color("#122326"), 1),
]
ROLL_SHADE: list[Stop] = [
    (0.0, color("#7fb0a8"), 1),
    (0.6, color("#5b8c88"), 1),
    (1.0, color("#43706f"), 1),
]


@dataclass(frozen=True)
class Portrait:
    """The layers of the face, in pixels: `ground` is opaque, `roll` and `head` are premultiplied."""

    ground: Image.Image
    roll: Image.Image
    head: Image.Image


@dataclass(frozen=True)
class Canvas:
    """An image of `size` pixels on which `scale` pixels are one unit."""

    size: tuple[int, int]
    scale: float

    @property
    def view(self) -> Affine:
        """Return the map from units to pixels. The face is in the middle, at full height."""
        left = MIDDLE - self.size[0] / self.scale / 2
        return Affine(self.scale, 0, -left * self.scale, 0, self.scale, -TOP * self.scale)

    def blank(self) -> Image.Image:
        """Return a transparent image."""
        return Image.new("RGBA", self.size)

    def units(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the x and the y of every pixel, in units."""
        ys, xs = np.mgrid[0 : self.size[1], 0 : self.size[0]]
        back = self.view.inverse()
        return back.a * xs + back.c, back.e * ys + back.f

    def radial(self, center: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
        """Return the distance of every pixel from a centre, in radii."""
        xs, ys = self.units()
        return np.hypot((xs - center[0]) / radii[0], (ys - center[1]) / radii[1])


def draw_portrait(canvas: Canvas) -> Portrait:
    """Draw the layers. It takes about half a second at 960 by 720."""
    return Portrait(_ground(canvas), _roll(canvas).convert("RGBa"), _head(canvas).convert("RGBa"))


def _ground(canvas: Canvas) -> Image.Image:
    width = canvas.size[0] / canvas.scale
    sky = canvas.radial((MIDDLE, TOP + 0.34 * UNITS), (0.95 * width, 0.75 * UNITS))
    image = gradient(canvas.size, sky, SKY)
    image.alpha_composite(gradient(canvas.size, canvas.radial((200, 206), (280, 280)), HALO))
    _, ys = canvas.units()
    shade = gradient(canvas.size, (ys - 352) / (900 - 352), WOOL_SHADE)
    paint(image, shade, mask(canvas.size, WOOL, canvas.view))
    return image


def _roll(canvas: Canvas) -> Image.Image:
    image = canvas.blank()
    where = mask(canvas.size, ROLL, canvas.view)
    xs, ys = canvas.units()
    across = ((xs - 124) / 152 * 0.8 + (ys - 310) / 64 * 0.4) / 1.2
    paint(image, gradient(canvas.size, across, ROLL_SHADE), where)
    shadow = mask(canvas.size, ellipse((204, 336), (96, 20)), canvas.view)
    blurred = soften(shadow, 9 * canvas.scale, 0.5)
    paint(image, color("#16302f"), Image.composite(blurred, Image.new("L", canvas.size), where))
    return image


def _head(canvas: Canvas) -> Image.Image:
    image = canvas.blank()
    where = mask(canvas.size, HEAD, canvas.view)
    skin = canvas.radial((64 + 0.36 * 272, 55 + 0.26 * 285), (0.86 * 272, 0.86 * 285))
    paint(image, gradient(canvas.size, skin, SKIN), where)
    blank = Image.new("L", canvas.size)
    rim = soften(mask(canvas.size, RIM, canvas.view), 9 * canvas.scale, 0.55)
    paint(image, color("#fff1dc"), Image.composite(rim, blank, where))
    for x in (112, 288):
        cheek = mask(canvas.size, ellipse((x, 264), (27, 17)), canvas.view)
        blush = soften(cheek, 9 * canvas.scale, 0.26)
        paint(image, color("#f2735a"), Image.composite(blush, blank, where))
    return image
