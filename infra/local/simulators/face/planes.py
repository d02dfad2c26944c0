"""Images as YUV 4:2:0 planes: full brightness, and colour at half the size."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

_BRIGHTNESS = [round(16 + 219 / 255 * value) for value in range(256)]
_COLOR = [round(128 + 224 / 255 * (value - 128)) for value in range(256)]
"""From full range (JPEG) to the limited range of video (BT.601)."""


Pixels = np.ndarray[tuple[int, int], np.dtype[np.uint8]]


@dataclass(frozen=True)
class Planes:
    """The three planes of an image of even size, as arrays of bytes in rows."""

    y: Pixels
    u: Pixels
    v: Pixels

    def copy(self) -> "Planes":
        """Return planes of their own memory."""
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())

    def lay(self, patch: "Planes", left: int, top: int) -> None:
        """Replace the pixels from (`left`, `top`) on. Both are even."""
        for mine, theirs, x, y in (
            (self.y, patch.y, left, top),
            (self.u, patch.u, left // 2, top // 2),
            (self.v, patch.v, left // 2, top // 2),
        ):
            mine[y : y + theirs.shape[0], x : x + theirs.shape[1]] = theirs

    def pack(self) -> Pixels:
        """Return the planes one after the other, as PyAV wants `yuv420p`."""
        flat = np.concatenate([self.y.ravel(), self.u.ravel(), self.v.ravel()])
        return flat.reshape(-1, self.y.shape[1])


def to_planes(image: Image.Image) -> Planes:
    """Return the planes of an RGB image of even size."""
    y, u, v = image.convert("YCbCr").split()
    return Planes(
        np.asarray(y.point(_BRIGHTNESS)),
        np.asarray(u.reduce(2).point(_COLOR)),
        np.asarray(v.reduce(2).point(_COLOR)),
    )
