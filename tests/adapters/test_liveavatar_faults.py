"""Failed starts over a real socket: the error must be true of the session."""

import pytest

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.domain import errors
from infra.local.simulators.faults import Mode, Pace, ServiceFault, ServiceFaults
from infra.local.simulators.faulty import Faulty
from infra.local.simulators.liveavatar import LiveAvatarAccount, liveavatar_app
from tests.local.serving import served


@pytest.mark.parametrize(
    ("mode", "error", "runs"),
    [
        ("refuse", errors.Ambiguous, 0),
        ("reset", errors.Ambiguous, 0),
        ("429", errors.Busy, 0),
        ("500", errors.Ambiguous, 0),
        ("garbage", errors.Ambiguous, 0),
        ("truncate", errors.Ambiguous, 1),
    ],
)
async def test_failed_start_over_a_socket_has_the_right_error(
    mode: Mode, error: type[errors.Upstream], runs: int
) -> None:
    faults = ServiceFaults(pace=Pace(late_seconds=0.001))
    http_client = HttpClient()

    async def key(_fresh: bool) -> str:
        return "local-key"

    app = Faulty(liveavatar_app(LiveAvatarAccount()), faults, "liveavatar")
    async with served(app) as address:
        avatars = LiveAvatar(address, key, http_client)
        token = await avatars.create_session_token(
            "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a", "high", 60
        )
        faults.add(ServiceFault(service="liveavatar", path="/start", mode=mode))
        with pytest.raises(error) as raised:
            await avatars.start(token)
        assert type(raised.value) is error
        assert len(await avatars.active()) == runs
        await avatars.stop(token.session, "user")
        assert await avatars.active() == []
        await http_client.close()
