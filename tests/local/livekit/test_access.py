"""Access tokens of rooms, and the refusals of those that do not hold."""

from typing import Any

import pytest

from infra.local.simulators.json_web_tokens import sign
from infra.local.simulators.livekit import AccessRefusedError, RoomGrant, read_grant

VIDEO = {"room": "blue", "roomJoin": True}
CLAIMS = {"iss": "key", "sub": "ada", "nbf": 90, "exp": 200, "video": VIDEO}


def test_a_token_names_its_room_and_its_participant() -> None:
    token = sign({**CLAIMS, "name": "Ada", "video": {**VIDEO, "canPublish": False}}, "secret")
    grant = read_grant(token, "key", "secret", 100)
    assert grant == RoomGrant("blue", "ada", "Ada", can_publish=False)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": 100}, "expired"),
        ({"exp": "never"}, "claims"),
        ({"nbf": 101}, "not valid yet"),
        ({"iss": "other"}, "invalid API key"),
        ({"sub": ""}, "identity"),
        ({"video": None}, "permissions"),
        ({"video": {**VIDEO, "roomJoin": False}}, "permissions"),
        ({"video": {"roomJoin": True}}, "permissions"),
    ],
)
def test_a_token_without_the_right_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(AccessRefusedError, match=reason) as refused:
        read_grant(sign({**CLAIMS, **changed}, "secret"), "key", "secret", 100)
    assert refused.value.status == 401


@pytest.mark.parametrize("token", ["", "a.b.c", "é.é.é", sign(CLAIMS, "another secret")])
def test_a_token_of_another_secret_is_refused(token: str) -> None:
    with pytest.raises(AccessRefusedError, match="invalid token"):
        read_grant(token, "key", "secret", 100)
