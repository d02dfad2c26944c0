import asyncio
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import pytest
from google.api_core import exceptions as google
from google.cloud import tasks_v2 as ct
from google.cloud.tasks_v2.services.cloud_tasks import transports
from google.oauth2 import id_token

from infra.local.emulators.cloud_tasks.dispatcher import access_token
from infra.local.identity import LocalIdentity
from tests.local.emulators.tasks_setup import (
    DAY,
    QUEUE,
    TARGET,
    TasksSetup,
    running_emulator,
)


async def test_target_is_called_at_the_scheduled_time(setup: TasksSetup) -> None:
    made = await setup.make(
        "a", at=60, body=b'{"x": 1}', headers={"Content-Type": "application/json", "X-Own": "1"}
    )
    assert made.schedule_time == setup.clock.after(60)
    await setup.pass_time(59)
    assert setup.target.requests == []
    await setup.pass_time(1)
    (request,) = setup.target.requests
    assert (request.method, str(request.url), request.content) == ("POST", TARGET, b'{"x": 1}')
    headers = {name: request.headers[name] for name in request.headers if name != "accept"}
    eta = headers.pop("x-cloudtasks-tasketa")
    assert float(eta) == setup.clock.at
    assert headers | {"host": "", "accept-encoding": "", "connection": ""} == {
        "accept-encoding": "",
        "connection": "",
        "content-length": "8",
        "content-type": "application/json",
        "host": "",
        "user-agent": "Google-Cloud-Tasks",
        "x-cloudtasks-queuename": "expiry",
        "x-cloudtasks-taskexecutioncount": "0",
        "x-cloudtasks-taskname": "a",
        "x-cloudtasks-taskretrycount": "0",
        "x-own": "1",
    }
    assert await setup.waiting() == []


async def test_task_cannot_set_reserved_headers(setup: TasksSetup) -> None:
    headers = {"User-Agent": "me", "X-CloudTasks-QueueName": "other", "x-google-y": "1"}
    await setup.make("a", headers=headers)
    await setup.tasks.deliver_due()
    sent = setup.target.requests[0].headers
    assert (sent["user-agent"], sent["x-cloudtasks-queuename"]) == ("Google-Cloud-Tasks", "expiry")
    assert "x-google-y" not in sent


async def test_sync_client_creates_and_lists(setup: TasksSetup) -> None:
    def use() -> list[str]:
        channel = grpc.insecure_channel(setup.address)
        client = ct.CloudTasksClient(transport=transports.CloudTasksGrpcTransport(channel=channel))
        task = ct.Task(http_request=ct.HttpRequest(url=TARGET))
        made = client.create_task(parent=QUEUE, task=task)
        listed = [task.name for task in client.list_tasks(parent=QUEUE)]
        assert listed == [made.name]
        channel.close()
        return listed

    (name,) = await asyncio.to_thread(use)
    assert name.startswith(f"{QUEUE}/tasks/")
    assert await setup.tasks.deliver_due() == 1


async def test_name_stays_taken_for_a_day(setup: TasksSetup) -> None:
    await setup.make("a", at=60)
    with pytest.raises(google.AlreadyExists, match="already exists"):
        await setup.make("a", at=90)
    await setup.make("b", at=60)
    await setup.client.delete_task(name=f"{QUEUE}/tasks/b")
    await setup.pass_time(60)
    assert len(setup.target.requests) == 1
    for name in ("a", "b"):
        with pytest.raises(google.AlreadyExists, match="existed too recently"):
            await setup.make(name)
    setup.clock.advance(DAY)
    await setup.make("a")
    assert await setup.tasks.deliver_due() == 1


async def test_get_task_shows_its_attempts(setup: TasksSetup) -> None:
    setup.target.answers = [500]
    await setup.make("a", body=b"{}")
    await setup.tasks.deliver_due()
    name = f"{QUEUE}/tasks/a"
    basic = await setup.client.get_task(name=name)
    assert (basic.view, basic.http_request.body) == (ct.Task.View.BASIC, b"")
    assert (basic.dispatch_count, basic.response_count) == (1, 1)
    assert basic.last_attempt.response_status.message == "HTTP status code 500"
    assert basic.first_attempt.dispatch_time == setup.clock.after(0)
    full = await setup.client.get_task(request={"name": name, "response_view": "FULL"})
    assert full.http_request.body == b"{}"


async def test_oidc_token_passes_googles_verifier(tmp_path: Path) -> None:
    local = LocalIdentity(tmp_path, "demo")
    account = "tasks@demo.iam.gserviceaccount.com"
    async with running_emulator(sign=local.oidc) as setup:
        for audience in ("https://sweep.test", ""):
            oidc = {"service_account_email": account, "audience": audience}
            await setup.make(oidc_token=oidc)
            await setup.tasks.deliver_due()
    answer = await local.certificates()

    class Certificates:
        status, data = 200, answer.body

    for request, audience in zip(
        setup.target.requests, ("https://sweep.test", TARGET), strict=True
    ):
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = id_token.verify_oauth2_token(  # type: ignore[no-untyped-call]  # google-auth's
            token, lambda *_, **__: Certificates, audience=audience, clock_skew_in_seconds=10
        )
        assert (claims["email"], claims["email_verified"]) == (account, True)


@pytest.mark.parametrize("scope", ["", "https://www.googleapis.com/auth/pubsub"])
async def test_oauth_task_carries_an_access_token(setup: TasksSetup, scope: str) -> None:
    account = "tasks@demo.iam.gserviceaccount.com"
    await setup.make(oauth_token={"service_account_email": account, "scope": scope})
    await setup.tasks.deliver_due()
    scheme, _, token = setup.target.requests[0].headers["authorization"].partition(" ")
    wanted = scope or "https://www.googleapis.com/auth/cloud-platform"
    assert (scheme, token) == ("Bearer", access_token(account, wanted))
    assert token.startswith("ya29.")


async def test_task_of_1_mb_is_delivered(setup: TasksSetup) -> None:
    await setup.make("large", body=b"x" * 1_048_000)
    await setup.tasks.deliver_due()
    assert len(setup.target.requests[0].content) == 1_048_000
