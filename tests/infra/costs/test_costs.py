"""The cost model agrees with the code, and docs/deploy.md with the cost model."""

import re
from collections import Counter
from collections.abc import Awaitable, Sequence

import pytest

from common.conversations.running_turn import RunningChat
from common.domain.documents import Delete, Document, Query, Version, Write
from common.ports.store import Store
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    StartAvatarRequest,
    SweepRequest,
)
from common.sessions.gauges import EVERY_MINUTES
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from infra.costs import model, table
from infra.costs.model import SCALES, STORE, Documents, Scale, google_costs, total_cost
from infra.costs.prices import PRICES, Price, cheapest_plan
from infra.deploy.shell import ROOT
from tests.infra.documents import DEPLOY
from tests.support.harness import ADA, advance, new_harness
from tests.support.virtual_time import VirtualTimeLoop

TERRAFORM = ROOT / "terraform"


# ── Usage in the code ────────────────────────────────────────────────────────────────────────────


class BillingStore:
    """A store that counts billed operations.

    Firestore bills the read of a missing document, and one read for a query without results.
    """

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.counts: Counter[str] = Counter()

    async def get(self, paths: Sequence[str]) -> list[Document]:
        self.counts["reads"] += len(paths)
        return await self.inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        found = await self.inner.query(query)
        self.counts["reads"] += max(1, len(found))
        return found

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        deletes = sum(isinstance(write, Delete) for write in writes)
        self.counts.update(writes=len(writes) - deletes, deletes=deletes)
        return await self.inner.commit(writes)

    async def close(self) -> None:
        await self.inner.close()

    async def count(self, request: Awaitable[object]) -> Documents:
        """Return the operations of one request."""
        self.counts.clear()
        await request
        return Documents(**self.counts)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Virtual time: how often a turn looks at its document depends on nothing else."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def test_requests_use_as_many_documents_as_the_model_says() -> None:
    at = new_harness()
    store = BillingStore(at.store)
    app = at.another(store=store)
    started = await at.start()
    session, conversation = started.avatar_session_id, started.conversation_id

    async def chat() -> None:
        ask = ChatRequest(message="Hi.", conversation_id=conversation)
        turn = await app.conversations.chat(ADA, ask, key("chat"))
        assert isinstance(turn, RunningChat)
        await turn.answer()

    def end() -> Awaitable[object]:
        return app.avatars.end(ADA, EndSessionRequest(avatar_session_id=session), key("end"))

    counted = {
        "chat": await store.count(chat()),
        "keep_alive": await store.count(
            app.avatars.keep_alive(
                ADA, KeepAliveRequest(avatar_session_id=session), IdempotencyKey()
            )
        ),
        "sweep_with_session": await store.count(app.sweeps.sweep(SweepRequest())),
        "end_session": await store.count(end()),
    }
    advance(at.clock, 700)
    expiry = SweepRequest(avatar_session_id=session)
    counted["expiry"] = await store.count(app.sweeps.sweep(expiry))
    counted["sweep"] = await store.count(app.sweeps.sweep(SweepRequest()))
    counted["start_avatar"] = await store.count(
        app.avatars.start(ADA, StartAvatarRequest(), key("start"))
    )
    with_session = counted.pop("sweep_with_session")
    counted["sweep_per_session"] = Documents(with_session.reads - counted["sweep"].reads)
    assert counted == STORE
    assert with_session == Documents(with_session.reads)


def key(function: str) -> IdempotencyKey:
    return IdempotencyKey.of(ADA.uid, function, function, b"")


def test_assumptions_agree_with_settings_and_terraform() -> None:
    settings = Settings()
    assert settings.allowance_avatar_seconds // (model.MINUTES * 60) == model.SESSIONS_PER_USER
    assert settings.idle_seconds > model.MINUTES * 60 / (model.KEEP_ALIVES + 1)
    assert settings.turn_characters > model.CHARACTERS
    assert "Neural2" in settings.voice
    large = (TERRAFORM / "environments" / "large.tfvars").read_text()
    assert sum(map(int, re.findall(r"min_instances = (\d+)", large))) == SCALES[-1].idle_cpus
    assert 'vault              = "sealed"' in large
    alerts = (TERRAFORM / "alerts.tf").read_text()
    objectives = (TERRAFORM / "objectives.tf").read_text()
    thresholds, burns = (
        len(re.findall(r"^      name +=", text, re.MULTILINE)) for text in (alerts, objectives)
    )
    assert thresholds + 2 + 2 * burns == model.CONDITIONS  # two conditions of `sweep`
    assert settings.ceiling_shards // EVERY_MINUTES == model.CEILING_READS


# ── Computation ──────────────────────────────────────────────────────────────────────────────────


def test_each_tier_has_its_own_price() -> None:
    price = Price("GiB", 1, ((1, 0.0), (3, 0.10), (model.MONTH_MINUTES, 0.05)), "", "")
    assert [price.cost(number) for number in (0, 1, 2, 3, 5)] == pytest.approx(
        [0, 0, 0.1, 0.2, 0.3]
    )
    assert PRICES["requests"].cost(2_500_000) == pytest.approx(0.2)


def test_cheapest_plan_depends_on_credits() -> None:
    assert [cheapest_plan(used).name for used in (100, 500, 1000, 5000)] == [
        *("Starter", "Starter", "Pro", "Scale"),
    ]
    assert cheapest_plan(1650).cost(1650) == pytest.approx(99 + 640 * 0.10)


def test_without_sessions_only_fixed_costs_remain() -> None:
    spent = {name for name, dollars in google_costs(Scale(0)).items() if dollars}
    assert spent == {"alerts", "balancer", "builds", "policies", "rules"}


def test_the_guide_names_the_costs_of_its_steps() -> None:
    costs = google_costs(Scale(0))
    domain = costs["balancer"] + costs["policies"] + costs["rules"]
    per_deployment = 100 * costs["builds"] / model.DEPLOYMENTS
    assert f"| {domain:.0f} dollars per month: load balancer and Cloud Armor |" in DEPLOY
    assert (
        f"{costs['alerts']:.0f} dollars per month for alerts, {per_deployment:.0f} cents" in DEPLOY
    )


@pytest.mark.parametrize("scale", SCALES)
def test_total_is_the_sum_of_all_lines(scale: Scale) -> None:
    lines = google_costs(scale)
    assert set(lines) == set(PRICES) == set(table.LINES)
    assert total_cost(scale) == pytest.approx(model.avatar_cost(scale) + sum(lines.values()))
    assert model.avatar_cost(scale) > total_cost(scale) / 2
    assert all(dollars >= 0 for dollars in lines.values())


def test_usage_of_one_session_equals_a_computation_by_hand() -> None:
    """8 turns and 5.5 credits, on an instance of its own."""
    at = Scale(1)
    used = {name: of(at) - of(Scale(0)) for name, of in model.QUANTITIES.items()}
    assert used["voice"] / at.sessions == 2400
    assert used["model_input"] / at.sessions == 12_000
    assert used["cpu"] / at.sessions == pytest.approx(2.5 + 8 * 22 + 4 * 0.2 + 0.8 + 0.2 + 4 * 0.1)
    assert used["internet"] / at.sessions * 2**30 == pytest.approx(160 * 64_000)
    assert used["writes"] / at.sessions == 10 + 8 * (14 + 5) + 4 + 7


# ── Document ─────────────────────────────────────────────────────────────────────────────────────


def test_document_has_the_current_tables() -> None:
    document = table.DOCUMENT.read_text()
    assert table.insert_tables(document) == document, "run: python -m infra.costs.table --write"


def test_every_price_has_a_source_and_its_reliability() -> None:
    tables = table.render_tables().partition("List prices")[2]
    rows = [line for line in tables.splitlines() if "https://" in line]
    assert len(rows) == len(PRICES) + 1
    assert all("check" in row or "read on" in row for row in rows)
