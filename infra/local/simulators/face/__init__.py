"""The drawn face of the simulated avatar: its shapes, its motion, and its lips.

`FaceMotion` says how the face looks at a moment, and `FaceSheet` draws that as a frame of video.
Pillow and numpy are imported with this package, so import it at the first viewer.
"""

from infra.local.simulators.face.lips import LipReader
from infra.local.simulators.face.motion import FaceMotion, Posture
from infra.local.simulators.face.pose import FacePose, Lips
from infra.local.simulators.face.sheet import FaceSheet

__all__ = ["FaceMotion", "FacePose", "FaceSheet", "LipReader", "Lips", "Posture"]
