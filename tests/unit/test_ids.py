"""The identifiers that the composition root makes."""

import time

from common.adapters.system import new_id
from common.domain.ids import ID


def test_an_id_of_a_later_millisecond_sorts_after() -> None:
    earlier, made_at = new_id(), time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 <= made_at:
        pass
    assert earlier < new_id()


def test_ids_are_different_and_may_be_a_part_of_a_path() -> None:
    made = {new_id() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(ID.fullmatch(each) and len(each) == 26 for each in made)
