"""How a pose moves the head, as maps of the portrait's units."""

import math

from infra.local.simulators.face.affine import Affine, about
from infra.local.simulators.face.portrait import BREATH_BASE, HEAD_BASE
from infra.local.simulators.face.pose import BLEND_STEPS, LOOP_STEPS, FacePose


def breath_map(pose: FacePose) -> Affine:
    """Return how the breath moves head and neck."""
    depth = (1 - math.cos(_angle(pose))) / 2
    scale = (1 + 0.005 * depth, 1 + 0.009 * depth)
    return about(BREATH_BASE, scale=scale, by=(0, -3.5 * depth))


def head_map(pose: FacePose) -> Affine:
    """Return how posture and speech move the head, before the breath does."""
    listening, thinking = pose.listening / BLEND_STEPS, pose.thinking / BLEND_STEPS
    talking = pose.talking / BLEND_STEPS
    sway = math.sin(_angle(pose))
    nod = math.sin(2 * _angle(pose))
    return about(
        HEAD_BASE,
        degrees=-4 * listening + 3 * thinking + 1.5 * talking * sway,
        scale=(1 + 0.045 * listening, 1 + 0.045 * listening),
        by=(-4 * listening, 8 * listening + 2 * thinking + 1.5 * talking * nod),
    )


def _angle(pose: FacePose) -> float:
    return 2 * math.pi * pose.breath / LOOP_STEPS
