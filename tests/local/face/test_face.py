"""The drawn face: its lips follow speech, it breathes and blinks, and its frames are whole."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest

from infra.local.simulators.espeak import EspeakRequest, synthesize
from infra.local.simulators.face import FaceMotion, FacePose, FaceSheet, LipReader, Lips, Posture
from infra.local.simulators.face.lips import WINDOW, shape
from infra.local.simulators.face.planes import Planes
from infra.local.simulators.face.portrait import TOP, UNITS
from infra.local.simulators.face.pose import BLEND_STEPS, LID_STEPS, LOOP_STEPS, OPEN_STEPS

RATE, FPS = 24_000, 25


def face() -> FaceMotion:
    return FaceMotion(Random(1))  # noqa: S311 - the pauses between blinks


SIZE = (240, 180)
SILENCE = np.zeros(WINDOW, np.int16)


@pytest.fixture(scope="module")
def sheet() -> FaceSheet:
    return FaceSheet(*SIZE)


def read(text: str) -> list[tuple[float, Lips]]:
    """Return the loudness and the lips of each frame of a spoken text."""
    pcm = np.frombuffer(synthesize(EspeakRequest(text)), "<i2")
    reader, found = LipReader(), []
    for end in range(WINDOW, len(pcm) + RATE // 2, RATE // FPS):
        heard = pcm[max(0, end - WINDOW) : end]
        level = float(np.sqrt(np.mean((heard / 32768) ** 2))) if len(heard) else 0.0
        found.append((level, reader.read(heard)))
    return found


def test_lips_move_while_there_is_sound_and_rest_in_silence() -> None:
    frames = read("Hello! It is a pleasure to meet you. What would you like to talk about?")
    openings = np.array([lips.opening for _, lips in frames])
    levels = np.array([level for level, _ in frames])
    assert np.corrcoef(levels, openings)[0, 1] > 0.6
    assert openings[levels > 0.05].mean() > 2
    assert frames[-1][1] == Lips()


def test_lips_take_many_shapes_but_not_too_many_in_a_second() -> None:
    frames = [lips for _, lips in read("Who are you? We see the blue moon, far above the sea.")]
    assert {lips.spread for lips in frames} == {-1, 0, 1}
    assert len(set(frames)) >= 8
    changes = sum(a != b for a, b in pairwise(frames))
    assert changes / (len(frames) / FPS) <= 12.5


@pytest.mark.parametrize(("first", "second", "spread"), [(300, 2400, 1), (320, 700, -1)])
def test_formants_make_lips_wide_or_round(first: int, second: int, spread: int) -> None:
    t = np.arange(WINDOW) / RATE
    vowel = 8000 * np.sin(2 * np.pi * first * t)
    vowel += 4000 * (spread > 0) * np.sin(2 * np.pi * second * t)
    assert shape(vowel.astype(np.int16), RATE).spread == spread


def test_silence_and_no_samples_close_the_lips() -> None:
    assert shape(SILENCE, RATE) == Lips()
    assert shape(SILENCE[:0], RATE) == Lips()


def poses(seconds: float, posture: Posture, motion: FaceMotion | None = None) -> list[FacePose]:
    motion = motion or face()
    return [motion.at(n / FPS, posture, Lips()) for n in range(round(seconds * FPS))]


def test_the_face_breathes_through_every_step() -> None:
    assert {pose.breath for pose in poses(6, "idle")} == set(range(LOOP_STEPS))


@pytest.mark.parametrize("posture", ["idle", "listening", "thinking", "talking"])
def test_the_face_blinks_now_and_then(posture: Posture) -> None:
    shut = [pose.lids == LID_STEPS for pose in poses(60, posture)]
    blinks = sum(b and not a for a, b in pairwise(shut))
    assert 6 <= blinks <= 30
    assert sum(shut) <= 3 * blinks


def test_a_blink_follows_the_end_of_speech() -> None:
    motion = face()
    motion.at(0, "talking", Lips())
    assert motion.at(0.04, "idle", Lips()).lids > 0


def test_postures_blend_in_half_a_second() -> None:
    motion = face()
    motion.at(0, "idle", Lips())
    steps = [motion.at(n / FPS, "listening", Lips()).listening for n in range(1, 14)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, BLEND_STEPS)


def difference(a: Planes, b: Planes) -> float:
    return float(np.abs(a.y.astype(int) - b.y).mean())


def test_a_frame_is_a_whole_picture(sheet: FaceSheet) -> None:
    frame = sheet.frame(FacePose())
    assert frame.pack().shape == (SIZE[1] * 3 // 2, SIZE[0])
    assert frame.y.max() <= 235
    assert frame.y.min() >= 16
    assert np.ptp(frame.y) > 100


def test_equal_poses_give_equal_frames(sheet: FaceSheet) -> None:
    pose = FacePose(talking=BLEND_STEPS, lips=Lips(4, 1))
    first = sheet.frame(pose)
    assert sheet.knows(pose)
    first.y[:] = 0  # the caller's own
    assert difference(sheet.frame(pose), FaceSheet(*SIZE).frame(pose)) == 0


@pytest.mark.parametrize(
    "changed",
    [
        FacePose(breath=LOOP_STEPS // 2),
        FacePose(listening=BLEND_STEPS),
        FacePose(thinking=BLEND_STEPS),
        FacePose(lids=1),
        FacePose(lids=LID_STEPS),
        FacePose(lips=Lips(1)),
        FacePose(lips=Lips(OPEN_STEPS, 1)),
        FacePose(lips=Lips(OPEN_STEPS, -1)),
    ],
)
def test_each_part_of_a_pose_is_seen(sheet: FaceSheet, changed: FacePose) -> None:
    assert difference(sheet.frame(changed), sheet.frame(FacePose())) > 0.01


def test_wider_lips_are_darker(sheet: FaceSheet) -> None:
    dark = [int((sheet.frame(FacePose(lips=Lips(n))).y < 70).sum()) for n in range(7)]
    assert dark[1:] == sorted(dark[1:])
    assert dark[6] > dark[1] + 60


@pytest.mark.parametrize("listening", [0, 3, BLEND_STEPS])
@pytest.mark.parametrize("lids", [0, LID_STEPS])
def test_no_feature_covers_another(sheet: FaceSheet, listening: int, lids: int) -> None:
    """Lips that open change nothing of the eyes, whichever stance the head takes."""
    for thinking in (0, BLEND_STEPS - listening):
        for breath in (0, 12, 24):
            pose = FacePose(breath, listening, thinking, lids=lids)
            rest = sheet.frame(pose).y.astype(int)
            open_ = sheet.frame(FacePose(breath, listening, thinking, 0, lids, Lips(6, 1))).y
            rows = np.flatnonzero(np.abs(rest - open_).max(axis=1))
            assert rows.min() > SIZE[1] * (248 - TOP) / UNITS


def test_a_size_that_is_used_again_is_drawn_once(sheet: FaceSheet) -> None:
    for n in range(LOOP_STEPS):
        sheet.frame(FacePose(breath=n))
    assert all(sheet.knows(FacePose(breath=n)) for n in range(LOOP_STEPS))
