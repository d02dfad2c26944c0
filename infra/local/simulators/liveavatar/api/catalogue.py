"""The avatars, voices and languages of the account: a few made-up entries in the real shape."""

from typing import Any

SANDBOX_AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"

_PUBLIC = {
    SANDBOX_AVATAR: "Wayne",
    "513fd1b7-7ef9-466d-9af2-344e51eeb833": "Ann",
    "7b888024-f8c9-4205-95e1-78ce01497bda": "Shawn",
}
_OWN = {"65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0": "June"}
_VOICES = {
    "c2527536-6d1f-4412-a643-53a3497dada9": "Ann",
    "b952f553-f7f3-4e52-8625-86b4c415384f": "June",
}

VOICES: list[dict[str, Any]] = [
    {"id": id_, "name": name, "language": "en", "gender": "female"} for id_, name in _VOICES.items()
]
LANGUAGES = [
    {"code": code, "name": name}
    for code, name in (("en", "English"), ("de", "German"), ("es", "Spanish"), ("fr", "French"))
]


def _avatar(id_: str, name: str) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "type": "VIDEO",
        "status": "ACTIVE",
        "preview_url": None,
        "is_1080p": True,
        "is_expired": False,
        "default_voice": {"id": VOICES[0]["id"], "name": VOICES[0]["name"], "preview_url": None},
    }


PUBLIC_AVATARS = [_avatar(id_, name) for id_, name in _PUBLIC.items()]
OWN_AVATARS = [_avatar(id_, name) for id_, name in _OWN.items()]
KNOWN_AVATARS = {avatar["id"]: avatar for avatar in (*PUBLIC_AVATARS, *OWN_AVATARS)}
