"""The parts of the face that change with its mood and its speech: eyes, brows, lips."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from infra.local.simulators.face.affine import Affine, Point, about, move
from infra.local.simulators.face.drawing import Color, color, ellipse, path
from infra.local.simulators.face.pose import BLEND_STEPS, LID_STEPS, OPEN_STEPS, FacePose, Lips

IRIS, GLINT, BROW = color("#3a2320"), color("#fff4e6"), color("#a4552f")
LIP, TONGUE = color("#5b2622"), color("#ee7f6d")
SMILE = path("M180 264Q200 281 220 264")
LIPS_CENTER = (200.0, 270.0)
TONGUE_OPENING = 0.4
"""Share of the widest opening from which on the tongue is seen."""
OVER = 3
"""Pixels in each direction that are drawn for one pixel of the result."""


@dataclass(frozen=True)
class Pen:
    """Draws in units, through `view`, on an image that is `OVER` times larger than the result."""

    image: Image.Image
    view: Affine

    def fill(self, outline: list[Point], fill: Color, opacity: float = 1.0) -> None:
        """Fill an outline."""
        ink = Image.new("RGBA", self.image.size)
        ImageDraw.Draw(ink).polygon(self.view.apply(outline), fill=(*fill, round(255 * opacity)))
        self.image.alpha_composite(ink)

    def stroke(self, line: list[Point], fill: Color, width: float, opacity: float = 1.0) -> None:
        """Draw a line with round ends. `width` is in units."""
        pixels = round(width * abs(self.view.e))
        ink, points = Image.new("RGBA", self.image.size), self.view.apply(line)
        draw, inked = ImageDraw.Draw(ink), (*fill, round(255 * opacity))
        draw.line(points, fill=inked, width=pixels, joint="curve")
        for x, y in (points[0], points[-1]):
            r = (pixels - 1) / 2  # Pillow counts both edges
            draw.ellipse((x - r, y - r, x + r, y + r), fill=inked)
        self.image.alpha_composite(ink)

    def through(self, more: Affine) -> "Pen":
        """Return a pen whose units are mapped by `more` first."""
        return Pen(self.image, self.view.after(more))


def left_eye(pen: Pen, pose: FacePose) -> None:
    """Draw the eye and the brow on the left of the picture."""
    thinking = pose.thinking / BLEND_STEPS
    _eye(pen, pose, (148, 222))
    raised = move(8 * thinking, -2 * thinking - 7 * pose.listening / BLEND_STEPS)
    _brow(pen.through(raised), pose, path("M130 186Q146 176 163 182"))


def right_eye(pen: Pen, pose: FacePose) -> None:
    """Draw the eye and the brow on the right of the picture."""
    thinking = pose.thinking / BLEND_STEPS
    _eye(pen, pose, (252, 222))
    by = (8 * thinking, -10 * thinking - 7 * pose.listening / BLEND_STEPS)
    raised = about((254, 181), degrees=6 * thinking, by=by)
    _brow(pen.through(raised), pose, path("M237 182Q254 176 270 186"))


def _eye(pen: Pen, pose: FacePose, center: Point) -> None:
    listening, thinking = pose.listening / BLEND_STEPS, pose.thinking / BLEND_STEPS
    pen = pen.through(move(17 * thinking, -11 * thinking))
    x, y = center
    if pose.lids == LID_STEPS:
        pen.stroke(path(f"M{x - 17} {y + 2}Q{x} {y + 13} {x + 17} {y + 2}"), IRIS, 6)
        return
    height = (1 + 0.2 * listening) * (1 - 0.94 * pose.lids / LID_STEPS)
    pen = pen.through(about(center, scale=(1 + 0.1 * listening, height)))
    pen.fill(ellipse(center, (13, 19)), IRIS)
    pen.fill(ellipse((x - 4, y - 8), (4.4, 4.4)), GLINT)


def _brow(pen: Pen, pose: FacePose, line: list[Point]) -> None:
    opacity = 0.6 * max(pose.listening, pose.thinking) / BLEND_STEPS
    if opacity:
        pen.stroke(line, BROW, 5, opacity)


def lips(pen: Pen, pose: FacePose) -> None:
    """Draw the lips: a smile, or open as `pose.lips` says."""
    listening, thinking = pose.listening / BLEND_STEPS, pose.thinking / BLEND_STEPS
    scale = (1 - 0.18 * listening - 0.3 * thinking, 1 - 0.18 * listening - 0.4 * thinking)
    posed = about(LIPS_CENTER, degrees=-6 * thinking, scale=scale, by=(9 * thinking, 0))
    pen = pen.through(posed)
    if not pose.lips.opening:
        pen.stroke(SMILE, LIP, 6)
        return
    outline, tongue = _open_lips(pose.lips)
    pen.fill(outline, LIP)
    if tongue:
        inside = Image.new("RGBA", pen.image.size)
        Pen(inside, pen.view).fill(tongue, TONGUE)
        shape = Image.new("L", pen.image.size)
        ImageDraw.Draw(shape).polygon(pen.view.apply(outline), fill=255)
        pen.image.paste(inside, mask=Image.composite(inside.getchannel("A"), shape, shape))


def _open_lips(shape: Lips) -> tuple[list[Point], list[Point]]:
    """Return the outlines of the open lips and of the tongue. A small opening has no tongue."""
    opening = shape.opening / OPEN_STEPS
    if shape.spread < 0:
        height = 6 + 12 * opening
        return ellipse((200, 264 + height * 0.7), (9 + 5 * opening, height)), []
    half = 14 + 9 * opening + 5 * shape.spread
    top, bottom = 263.0, 263 + 9 + 27 * opening - 4 * shape.spread
    outline = path(
        f"M{200 - half} {top}Q200 {top - 4 - 5 * opening} {200 + half} {top}"
        f"C{200 + half} {bottom - 4} {200 + half * 0.55} {bottom} 200 {bottom}"
        f"C{200 - half * 0.55} {bottom} {200 - half} {bottom - 4} {200 - half} {top}Z"
    )
    tongue = (
        ellipse((200, bottom + 3), (half * 0.72, 4 + 11 * opening))
        if opening > TONGUE_OPENING
        else []
    )
    return outline, tongue
