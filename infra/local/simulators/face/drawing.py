"""Curves and fills on Pillow images: paths in SVG's notation, gradients, soft ellipses."""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from infra.local.simulators.face.affine import Affine, Point

Color = tuple[int, int, int]
Stop = tuple[float, Color, float]
"""Position from 0 to 1, colour, opacity."""
CURVE_POINTS = 24
"""Points that stand for one curve."""


def color(hexadecimal: str) -> Color:
    """Return the colour of `#rrggbb`."""
    red, green, blue = bytes.fromhex(hexadecimal.removeprefix("#"))
    return red, green, blue


def path(notation: str) -> list[Point]:
    """Return the outline of an SVG path of absolute M, L, C and Q commands."""
    points: list[Point] = []
    for command, numbers in re.findall(r"([MLCQ])([^MLCQZ]*)", notation):
        values = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        pairs = list(zip(values[::2], values[1::2], strict=True))
        if command in "ML":
            points += pairs
            continue
        degree = 3 if command == "C" else 2
        for first in range(0, len(pairs), degree):
            points += _curve([points[-1], *pairs[first : first + degree]])
    return points


def _curve(controls: Sequence[Point]) -> list[Point]:
    """Return points of a Bézier curve, without its first one."""
    found: list[Point] = []
    for step in range(1, CURVE_POINTS + 1):
        t = step / CURVE_POINTS
        points = list(controls)
        while len(points) > 1:  # de Casteljau
            points = [
                (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for a, b in pairwise(points)
            ]
        found.append(points[0])
    return found


def ellipse(center: Point, radii: Point) -> list[Point]:
    """Return the outline of an ellipse."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    xs, ys = center[0] + radii[0] * np.cos(angles), center[1] + radii[1] * np.sin(angles)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def mask(size: tuple[int, int], outline: Sequence[Point], view: Affine) -> Image.Image:
    """Return the smooth coverage (mode L) of an outline on an image of `size`."""
    over = 3
    image = Image.new("L", (size[0] * over, size[1] * over))
    ImageDraw.Draw(image).polygon(Affine(a=over, e=over).after(view).apply(outline), fill=255)
    return image.reduce(over)


def gradient(size: tuple[int, int], place: np.ndarray, stops: Sequence[Stop]) -> Image.Image:
    """Return an RGBA image whose colour at each pixel follows `place`, which counts from 0 to 1."""
    at = [stop[0] for stop in stops]
    channels = [np.interp(place, at, [stop[1][channel] for stop in stops]) for channel in range(3)]
    channels.append(np.interp(place, at, [255 * stop[2] for stop in stops]))
    return Image.fromarray(np.rint(np.stack(channels, -1)).astype(np.uint8), "RGBA").resize(size)


def paint(image: Image.Image, fill: Image.Image | Color, where: Image.Image) -> None:
    """Lay a colour, or an RGBA image of the same size, on an RGBA image, through a mask."""
    layer = fill.copy() if isinstance(fill, Image.Image) else Image.new("RGBA", image.size, fill)
    layer.putalpha(ImageChops.multiply(layer.getchannel("A"), where))
    image.alpha_composite(layer)


def soften(image: Image.Image, radius: float, opacity: float = 1.0) -> Image.Image:
    """Return a mask, blurred by `radius` pixels and made fainter."""
    return image.filter(ImageFilter.GaussianBlur(radius)).point(lambda value: value * opacity)
