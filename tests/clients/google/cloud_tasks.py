"""google-cloud-tasks against the local stack, with its synchronous and asynchronous client."""

# mypy: disable-error-code="no-untyped-call,no-any-return,attr-defined"

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
from google.cloud import tasks_v2 as ct
from google.cloud.tasks_v2.services.cloud_tasks import transports
from grpc import aio as grpc_aio

from tests.clients.report import ClientAddresses, Report, check, collect, refused, settle


async def main() -> None:
    address = ClientAddresses.from_arguments()
    channel = grpc.insecure_channel(address.grpc)
    transport = transports.CloudTasksGrpcTransport(channel=channel)
    await visit(address, "sync", ct.CloudTasksClient(transport=transport))
    aio_channel = grpc_aio.insecure_channel(address.grpc)
    aio_transport = transports.CloudTasksGrpcAsyncIOTransport(channel=aio_channel)
    await visit(address, "async", ct.CloudTasksAsyncClient(transport=aio_transport))
    await aio_channel.close()


async def visit(address: ClientAddresses, kind: str, client: Any) -> None:
    report = Report(f"tasks {ct.__version__} {kind}")
    parent = f"projects/{address.project}/locations/{address.location}"
    queue = f"{parent}/queues/{kind}"
    with receiving() as (url, requests):
        await visit_queue(report, client, parent, queue)
        await visit_deliveries(report, QueueClient(client, queue, url), requests)
        await visit_tasks(report, QueueClient(client, queue, url), requests)
    with report.call("queue: delete"):
        await settle(client.delete_queue(name=queue))
        with refused("NotFound"):
            await settle(client.get_queue(name=queue))


@dataclass(frozen=True)
class QueueClient:
    """A queue, and the address of the target of its tasks."""

    client: Any
    queue: str
    url: str

    async def create(self, name: str = "", **http: Any) -> Any:
        task: dict[str, Any] = {"http_request": {"url": self.url, **http}}
        if name:
            task["name"] = f"{self.queue}/tasks/{name}"
        request = {"parent": self.queue, "task": task}
        return await settle(self.client.create_task(request=request))


async def visit_queue(report: Report, client: Any, parent: str, queue: str) -> None:
    with report.call("queue: create, get, update, list"):
        made = {"name": queue, "retry_config": {"max_attempts": 3}}
        await settle(client.create_queue(request={"parent": parent, "queue": made}))
        config = {"name": queue, "retry_config": {"max_attempts": 5}}
        mask = {"paths": ["retry_config.max_attempts"]}
        await settle(client.update_queue(request={"queue": config, "update_mask": mask}))
        got = await settle(client.get_queue(name=queue))
        check(got.retry_config.max_attempts == 5, got)
        found = await collect(client.list_queues(request={"parent": parent}))
        check(queue in [each.name for each in found], found)


async def visit_deliveries(report: Report, tasks: QueueClient, requests: "Queue[Arrival]") -> None:
    with report.call("task: create, delivered"):
        await tasks.create("one", body=b'{"x": 1}', headers={"X-Own": "1"})
        method, headers, body = await arrival(requests)
        check((method, headers["x-own"], body) == ("POST", "1", b'{"x": 1}'), headers)
        check(headers["x-cloudtasks-taskname"] == "one", headers)
    with report.call("task: the name stays taken"), refused("AlreadyExists"):
        await tasks.create("one")
    for token in ("oidc_token", "oauth_token"):
        with report.call(f"task: {token}"):
            await tasks.create("", **{token: {"service_account_email": "tasks@example.test"}})
            _, headers, _ = await arrival(requests)
            check(headers["authorization"].startswith("Bearer "), headers)
    with report.call("task: more than 1 MB is refused"), refused("InvalidArgument"):
        await tasks.create(body=b"x" * 1_100_000)


async def visit_tasks(report: Report, tasks: QueueClient, requests: "Queue[Arrival]") -> None:
    client, queue = tasks.client, tasks.queue
    with report.call("queue: pause, list of tasks, purge, resume"):
        await settle(client.pause_queue(name=queue))
        await tasks.create()
        check(len(await collect(client.list_tasks(parent=queue))) == 1)
        await settle(client.purge_queue(name=queue))
        await settle(client.resume_queue(name=queue))
        check(await collect(client.list_tasks(parent=queue)) == [])
    with report.call("task: get, run, delete"):
        await settle(client.pause_queue(name=queue))
        await tasks.create("two")
        await settle(client.run_task(name=f"{queue}/tasks/two"))
        await arrival(requests)
        await tasks.create("three")
        got = await settle(client.get_task(name=f"{queue}/tasks/three"))
        check(got.http_request.url == tasks.url, got)
        await settle(client.delete_task(name=f"{queue}/tasks/three"))
        with refused("NotFound"):
            await settle(client.get_task(name=f"{queue}/tasks/three"))


Arrival = tuple[str, dict[str, str], bytes]


async def arrival(requests: "Queue[Arrival]") -> Arrival:
    """Return the next request that reached the target. Raises queue.Empty after 10 s."""
    return await asyncio.to_thread(requests.get, timeout=10)


@contextmanager
def receiving() -> Iterator[tuple[str, "Queue[Arrival]"]]:
    """Run a target of tasks: yield its address, and the queue of the requests that reach it."""
    requests: Queue[Arrival] = Queue()

    class Target(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            requests.put((self.command, headers, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/task", requests
    server.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
