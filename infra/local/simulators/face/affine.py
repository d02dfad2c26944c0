"""Affine maps of the plane, as (a, b, c, d, e, f): x' = a x + b y + c, y' = d x + e y + f."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Affine:
    """An affine map."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def apply(self, points: Sequence[Point]) -> list[Point]:
        """Return the images of points."""
        return [
            (self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f) for x, y in points
        ]

    def after(self, first: "Affine") -> "Affine":
        """Return the map that applies `first`, then this one."""
        [zero, right, down] = self.apply(first.apply([(0, 0), (1, 0), (0, 1)]))
        return Affine(
            right[0] - zero[0], down[0] - zero[0], zero[0],
            right[1] - zero[1], down[1] - zero[1], zero[1],
        )  # fmt: skip

    def inverse(self) -> "Affine":
        """Return the map that undoes this one."""
        det = self.a * self.e - self.b * self.d
        a, b, d, e = self.e / det, -self.b / det, -self.d / det, self.a / det
        return Affine(a, b, -a * self.c - b * self.f, d, e, -d * self.c - e * self.f)

    @property
    def coefficients(self) -> tuple[float, float, float, float, float, float]:
        """Return the six numbers in the order of Pillow."""
        return (self.a, self.b, self.c, self.d, self.e, self.f)


def move(x: float, y: float) -> Affine:
    """Return a translation."""
    return Affine(c=x, f=y)


def about(
    origin: Point, *, degrees: float = 0.0, scale: Point = (1.0, 1.0), by: Point = (0.0, 0.0)
) -> Affine:
    """Return a scaling and a clockwise rotation about `origin`, then a translation by `by`."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = Affine(cos * scale[0], -sin * scale[1], 0, sin * scale[0], cos * scale[1], 0)
    to_zero = turned.after(move(-origin[0], -origin[1]))
    return move(origin[0] + by[0], origin[1] + by[1]).after(to_zero)
