"""Frames of the face as YUV 4:2:0 planes, drawn once for each look and kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from PIL import Image

from infra.local.simulators.face.affine import Affine, move
from infra.local.simulators.face.features import OVER, Pen, left_eye, lips, right_eye
from infra.local.simulators.face.planes import Planes, to_planes
from infra.local.simulators.face.portrait import UNITS, Canvas, draw_portrait
from infra.local.simulators.face.pose import FacePose
from infra.local.simulators.face.stance import breath_map, head_map

Box = tuple[int, int, int, int]
Region = tuple[float, float, float, float]
"""Left, top, right and bottom, in units."""
Feature = Callable[[Pen, FacePose], None]
Value = TypeVar("Value")
SUPERSAMPLE = 2
MOST_BODIES, MOST_PATCHES = 300, 1500
REGIONS: tuple[tuple[Region, Feature], ...] = (
    ((122.0, 146.0, 188.0, 249.0), left_eye),
    ((228.0, 140.0, 292.0, 249.0), right_eye),
    ((150.0, 255.0, 250.0, 314.0), lips),
)
"""The features, and the parts of the head that each may cover. In no stance two of them overlap."""
HEAD_REGION: Region = (50.0, 42.0, 350.0, 350.0)
ROLL_REGION: Region = (118.0, 300.0, 282.0, 380.0)


@dataclass(frozen=True)
class Bust:
    """One stance of the head, without eyes and lips, as planes and as a picture."""

    planes: Planes
    picture: Image.Image


class FaceSheet:
    """Draws frames of one size in pixels, which is even. Equal poses give equal frames.

    A frame takes a fraction of a millisecond if its parts were drawn before, and about 25 ms if it
    is new. Calls may come from any thread.
    """

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        large = (width * SUPERSAMPLE, height * SUPERSAMPLE)
        self._canvas = Canvas(large, large[1] / UNITS)
        self._portrait = draw_portrait(self._canvas)
        self._lock = threading.Lock()
        self._bodies: OrderedDict[Hashable, Bust] = OrderedDict()
        self._patches: OrderedDict[Hashable, tuple[Box, Planes]] = OrderedDict()

    def knows(self, pose: FacePose) -> bool:
        """Return True if the stance of the pose was drawn before."""
        return pose.stance in self._bodies

    def frame(self, pose: FacePose) -> Planes:
        """Return the frame of a pose. The planes are the caller's."""
        with self._lock:
            return self._frame(pose)

    def _frame(self, pose: FacePose) -> Planes:
        body = _keep(self._bodies, pose.stance, lambda: self._draw_body(pose), MOST_BODIES)
        planes = body.planes.copy()
        for region, draw in REGIONS:
            shown = pose.lips if draw is lips else pose.lids
            key = (draw, pose.stance, shown)
            box, patch = _keep(
                self._patches,
                key,
                partial(self._draw_patch, body.picture, pose, region, draw),
                MOST_PATCHES,
            )
            planes.lay(patch, box[0], box[1])
        return planes

    def _draw_body(self, pose: FacePose) -> Bust:
        breath = breath_map(pose)
        picture = self._portrait.ground.copy()
        self._place(picture, self._portrait.roll, ROLL_REGION, breath)
        head = breath.after(head_map(pose))
        self._place(picture, self._portrait.head, HEAD_REGION, head)
        small = picture.reduce(SUPERSAMPLE).convert("RGB")
        return Bust(to_planes(small), small)

    def _place(
        self, picture: Image.Image, layer: Image.Image, region: Region, moved: Affine
    ) -> None:
        """Lay a premultiplied layer on the picture, moved. `region` has all that it shows."""
        view = self._canvas.view
        left, top, right, bottom = _bounds(view.after(moved), region)
        left, top = max(0, left), max(0, top)
        back = view.after(moved.inverse()).after(view.inverse()).after(move(left, top))
        size = (min(right, layer.width) - left, min(bottom, layer.height) - top)
        affine, bilinear = Image.Transform.AFFINE, Image.Resampling.BILINEAR
        placed = layer.transform(size, affine, back.coefficients, bilinear)
        picture.alpha_composite(placed.convert("RGBA"), (left, top))

    def _draw_patch(
        self,
        picture: Image.Image,
        pose: FacePose,
        region: Region,
        draw: Feature,
    ) -> tuple[Box, Planes]:
        scale = self.size[1] / UNITS
        view = Canvas(self.size, scale).view.after(breath_map(pose).after(head_map(pose)))
        box = _bounds(view, region)
        ink = Image.new("RGBA", ((box[2] - box[0]) * OVER, (box[3] - box[1]) * OVER))
        enlarge = Affine(a=OVER, e=OVER).after(move(-box[0], -box[1]))
        draw(Pen(ink, enlarge.after(view)), pose)
        crop = picture.crop(box).convert("RGBA")
        crop.alpha_composite(ink.convert("RGBa").reduce(OVER).convert("RGBA"))
        return box, to_planes(crop.convert("RGB"))


def _bounds(view: Affine, region: Region) -> Box:
    """Return the pixels around a region, at even positions."""
    left, top, right, bottom = region
    corners = view.apply([(left, top), (right, top), (left, bottom), (right, bottom)])
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return (
        int(min(xs)) & ~1,
        int(min(ys)) & ~1,
        (int(max(xs)) + 2) & ~1,
        (int(max(ys)) + 2) & ~1,
    )


def _keep(
    kept: OrderedDict[Hashable, Value], key: Hashable, make: Callable[[], Value], most: int
) -> Value:
    """Return the value of `key`. Make it if it is missing, and drop the least recently used one."""
    if key not in kept:
        kept[key] = make()
        if len(kept) > most:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]
