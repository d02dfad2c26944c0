"""What a month costs: the sums, what the code really does of it, and what the document says."""

import re
from collections import Counter
from collections.abc import Awaitable, Sequence

import pytest

from common.conversations.running_turn import RunningTurn
from common.domain.documents import Delete, Document, Query, Version, Write
from common.ports.store import Store
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    StartAvatarRequest,
    SweepRequest,
)
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from infra.costs import model, table
from infra.costs.model import SCALES, STORE, Documents, Scale, google, total
from infra.costs.prices import PRICES, Price, cheapest
from infra.deploy.shell import ROOT
from tests.support.harness import ADA, advance, new_harness

TERRAFORM = ROOT / "terraform"


# ── what the code does of it ─────────────────────────────────────────────────────────────────────


class Bill:
    """A store that counts what Firestore bills: a document that is not there is read as well, and a
    query that finds nothing costs one."""

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

    async def of(self, doing: Awaitable[object]) -> Documents:
        self.counts.clear()
        await doing
        return Documents(**self.counts)


async def test_a_session_reads_and_writes_as_many_documents_as_are_counted() -> None:
    at = new_harness()
    bill = Bill(at.store)
    app = at.another(store=bill)
    started = await at.start()
    session, conversation = started.avatar_session_id, started.conversation_id

    async def chat() -> None:
        ask = ChatRequest(message="Hello.", conversation_id=conversation)
        turn = await app.conversations.chat(ADA, ask, once("chat"))
        assert isinstance(turn, RunningTurn)
        await turn.answer()

    def end() -> Awaitable[object]:
        return app.avatars.end(ADA, EndSessionRequest(avatar_session_id=session), once("end"))

    counted = {
        "chat": await bill.of(chat()),
        "keep_alive": await bill.of(
            app.avatars.keep_alive(
                ADA, KeepAliveRequest(avatar_session_id=session), IdempotencyKey()
            )
        ),
        "sweep_and_one": await bill.of(app.sweeps.sweep(SweepRequest())),
        "end_session": await bill.of(end()),
    }
    advance(at.clock, 700)
    expiry = SweepRequest(avatar_session_id=session)
    counted["expiry"] = await bill.of(app.sweeps.sweep(expiry))
    counted["sweep"] = await bill.of(app.sweeps.sweep(SweepRequest()))
    counted["start_avatar"] = await bill.of(
        app.avatars.start(ADA, StartAvatarRequest(), once("start"))
    )
    with_one = counted.pop("sweep_and_one")
    counted["sweep_of_one"] = Documents(with_one.reads - counted["sweep"].reads)
    assert counted == STORE
    assert with_one == Documents(with_one.reads)


def once(what: str) -> IdempotencyKey:
    return IdempotencyKey.of(ADA.uid, what, what, b"")


def test_what_is_taken_from_elsewhere_is_as_it_is_there() -> None:
    settings = Settings()
    assert settings.allowance_avatar_seconds // (model.MINUTES * 60) == model.SESSIONS_A_USER
    assert settings.idle_seconds > model.MINUTES * 60 / (model.KEEP_ALIVES + 1)
    assert settings.turn_characters > model.CHARACTERS
    assert "Neural2" in settings.voice
    large = (TERRAFORM / "environments" / "large.tfvars").read_text()
    assert sum(map(int, re.findall(r"min_instances = (\d+)", large))) == SCALES[-1].idle_cpus
    assert 'vault              = "sealed"' in large
    alerts = (TERRAFORM / "alerts.tf").read_text()
    assert len(re.findall(r"^      name     = ", alerts, re.MULTILINE)) + 2 == model.CONDITIONS


# ── sums ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_free_is_free_and_each_step_has_its_own_price() -> None:
    price = Price("GiB", 1, ((1, 0.0), (3, 0.10), (model.MONTH_MINUTES, 0.05)), "", "")
    assert [price.cost(many) for many in (0, 1, 2, 3, 5)] == pytest.approx([0, 0, 0.1, 0.2, 0.3])
    assert PRICES["requests"].cost(2_500_000) == pytest.approx(0.2)


def test_the_cheapest_plan_is_the_cheapest() -> None:
    assert [cheapest(many).name for many in (100, 500, 1000, 5000)] == [
        *("Starter", "Starter", "Pro", "Scale"),
    ]
    assert cheapest(1650).cost(1650) == pytest.approx(99 + 640 * 0.10)


def test_without_a_session_there_is_what_always_costs() -> None:
    spent = {name for name, dollars in google(Scale(0)).items() if dollars}
    assert spent == {"alerts", "balancer", "builds"}


@pytest.mark.parametrize("scale", SCALES)
def test_the_lines_make_the_total_and_the_avatar_is_most_of_it(scale: Scale) -> None:
    lines = google(scale)
    assert set(lines) == set(PRICES) == set(table.LINES)
    assert total(scale) == pytest.approx(model.avatar(scale) + sum(lines.values()))
    assert model.avatar(scale) > total(scale) / 2
    assert all(dollars >= 0 for dollars in lines.values())


def test_a_session_by_hand() -> None:
    """Without free allowances, and without what is shared: 8 turns, 5.5 credits."""
    at = Scale(1)
    used = {name: many(at) - many(Scale(0)) for name, many in model.QUANTITIES.items()}
    assert used["voice"] / at.sessions == 2400
    assert used["model_input"] / at.sessions == 12_000
    assert used["cpu"] / at.sessions == pytest.approx(2.5 + 8 * 22 + 4 * 0.2 + 0.8 + 0.2 + 4 * 0.1)
    assert used["internet"] / at.sessions * 2**30 == pytest.approx(160 * 64_000)
    assert used["writes"] / at.sessions == 9 + 8 * 12 + 4 + 6


# ── the document ─────────────────────────────────────────────────────────────────────────────────


def test_the_document_holds_what_the_script_prints() -> None:
    document = table.DOCUMENT.read_text()
    hint = "python -m infra.costs.table --write"
    assert table.between_markers(document) == table.tables(), hint
    assert table.written(document) == document


@pytest.mark.parametrize("document", ["", "<!-- costs -->", "<!-- /costs -->"])
def test_a_document_without_a_place_for_it_is_told(document: str) -> None:
    with pytest.raises(ValueError, match="costs"):
        table.written(document)


def test_every_price_says_where_it_is_from_and_whether_to_trust_it() -> None:
    tables = table.tables().partition("The list prices")[2]
    rows = [line for line in tables.splitlines() if "https://" in line]
    assert len(rows) == len(PRICES) + 1
    assert all("check" in row or "looked up" in row for row in rows)
