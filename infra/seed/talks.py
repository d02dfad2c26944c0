"""The two people of the seed, and their conversations (talks.json). Made up for this purpose."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("talks.json")

Exchange = Sequence[str]
"""A message of the person, and the reply of the assistant."""


@dataclass(frozen=True)
class SeedPerson:
    """A person of the seed. `renamed` are titles that the person gave, by the index of the talk.

    `google` are the services that the person has switched on.
    """

    name: str
    preferences: Mapping[str, Any]
    talks: Sequence[Sequence[Exchange]]
    google: Sequence[str]
    renamed: Mapping[int, str] = field(default_factory=dict)


def read_people() -> tuple[SeedPerson, SeedPerson]:
    talks = json.loads(FILE.read_text(encoding="utf-8"))
    english = {"language": "en-US", "captions": True, "speed": 1.0}
    german = {"language": "de-DE", "captions": False, "speed": 1.2}
    return (
        SeedPerson("Ada", english, talks["Ada"], ("mail", "calendar"), {2: "Interview"}),
        SeedPerson("Ben", german, talks["Ben"], ("calendar",)),
    )


PEOPLE = read_people()
