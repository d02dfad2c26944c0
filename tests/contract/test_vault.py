"""The contract of `TokenVault`, and the tests of each vault."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta

import pytest

from common.adapters.google.secret_manager import CACHE_SECONDS, SecretManagerClient
from common.adapters.vault.per_session import MAX_CACHED, SecretVault
from common.adapters.vault.sealed import KEY, SealedVault
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.vault import LEEWAY, StoredTokens, TokenVault
from infra.local.emulators import secret_manager
from infra.local.emulators.grpc_server import serve
from tests.support.fakes.vault import MemoryVault, Seconds

ADA = AvatarSessionId("0b4f8d3a-5c1e-4a55-9d3e-6a9d6f0f1a01")
BOB = AvatarSessionId("7f1c22aa-0d7e-4d0c-8e64-7b1c2f3d4e02")
TOKENS = StoredTokens("wss://canary-ws", "wss://livekit", "canary-livekit")
OTHERS = StoredTokens("wss://other", "wss://livekit", "other-livekit")


@dataclass
class SecretFaults:
    """Injects `mode` into each call of `method`. `calls` are all calls."""

    method: str = ""
    mode: str | None = None
    calls: list[str] = field(default_factory=list)

    def __call__(self, _service: str, method: str) -> str | None:
        self.calls.append(method)
        return self.mode if method == self.method else None


@dataclass
class Place:
    clock: Seconds
    secrets: SecretManagerClient
    faults: SecretFaults
    make: Callable[["Place"], TokenVault]

    def vault(self) -> TokenVault:
        """Return the vault of another process with the same Secret Manager."""
        return self.make(self)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock, faults = Seconds(), SecretFaults()
    service = secret_manager.SecretManagerEmulator(now=clock).service()
    async with serve(service, fault=faults) as address:
        secrets = SecretManagerClient("demo", address=address, now=clock)
        await secrets.create(KEY)
        await secrets.add(KEY, b"k" * 32)
        faults.calls.clear()
        yield Place(clock, secrets, faults, lambda at: SecretVault(at.secrets, now=at.clock))
        await secrets.close()


@pytest.fixture
def sealed(place: Place) -> Place:
    place.make = lambda at: SealedVault(at.secrets, now=at.clock)
    return place


@pytest.fixture(params=["memory", "secret", "sealed"])
def vault(request: pytest.FixtureRequest, place: Place) -> TokenVault:
    made: dict[str, TokenVault] = {
        "memory": MemoryVault(place.clock),
        "secret": SecretVault(place.secrets, now=place.clock),
        "sealed": SealedVault(place.secrets, now=place.clock),
    }
    return made[request.param]


async def test_kept_tokens_can_be_opened(vault: TokenVault, place: Place) -> None:
    await vault.prepare(ADA, place.clock.after(600))
    fields = await vault.keep(ADA, TOKENS, place.clock.after(600))
    assert await vault.open(ADA, {"owner": "ada", **fields}) == TOKENS


async def test_tokens_can_be_kept_without_preparation(vault: TokenVault, place: Place) -> None:
    fields = await vault.keep(ADA, TOKENS, place.clock.after(600))
    assert await vault.open(ADA, fields) == TOKENS


async def test_prepare_and_keep_may_be_repeated(vault: TokenVault, place: Place) -> None:
    for _ in range(2):
        await vault.prepare(ADA, place.clock.after(600))
    for _ in range(2):
        fields = await vault.keep(ADA, TOKENS, place.clock.after(600))
    assert await vault.open(ADA, fields) == TOKENS


async def test_sessions_have_separate_tokens(vault: TokenVault, place: Place) -> None:
    of_ada = await vault.keep(ADA, TOKENS, place.clock.after(600))
    of_bob = await vault.keep(BOB, OTHERS, place.clock.after(600))
    assert await vault.open(ADA, of_ada) == TOKENS
    assert await vault.open(BOB, of_bob) == OTHERS


async def test_tokens_that_were_never_kept_are_not_found(vault: TokenVault) -> None:
    with pytest.raises(errors.UpstreamNotFound):
        await vault.open(ADA, {})


async def test_forgotten_tokens_are_not_found(vault: TokenVault, place: Place) -> None:
    fields = await vault.keep(ADA, TOKENS, place.clock.after(600))
    await vault.forget(ADA)
    with pytest.raises(errors.UpstreamNotFound):
        await vault.open(ADA, dict.fromkeys(fields))


async def test_forget_may_be_repeated(vault: TokenVault, place: Place) -> None:
    await vault.keep(ADA, TOKENS, place.clock.after(600))
    for session in (ADA, ADA, BOB):
        await vault.forget(session)


async def test_expired_tokens_are_not_found(vault: TokenVault, place: Place) -> None:
    fields = await vault.keep(ADA, TOKENS, place.clock.after(600))
    place.clock.advance(599)
    assert await vault.open(ADA, fields) == TOKENS
    place.clock.advance((LEEWAY + timedelta(seconds=2)).total_seconds())
    with pytest.raises(errors.UpstreamNotFound):
        await vault.open(ADA, fields)


async def test_document_holds_no_token(vault: TokenVault, place: Place) -> None:
    fields = await vault.keep(ADA, TOKENS, place.clock.after(600))
    shown = json.dumps(dict(fields))
    shown += "".join(str(base64.urlsafe_b64decode(f.rpartition(".")[2])) for f in fields.values())
    assert "canary" not in shown


def test_repr_shows_no_token() -> None:
    assert "canary" not in f"{TOKENS!r} {TOKENS} {[TOKENS]}"


@pytest.mark.parametrize("kind", [SecretVault, SealedVault])
async def test_another_process_can_open_the_tokens(
    place: Place, kind: type[SecretVault | SealedVault]
) -> None:
    fields = await kind(place.secrets, now=place.clock).keep(ADA, TOKENS, place.clock.after(600))
    assert await kind(place.secrets, now=place.clock).open(ADA, fields) == TOKENS


# --- one secret for each session


async def test_session_costs_three_writes_and_one_read_per_process(place: Place) -> None:
    vault = place.vault()
    await vault.prepare(ADA, place.clock.after(600))
    await vault.keep(ADA, TOKENS, place.clock.after(600))
    elsewhere = place.vault()
    for _ in range(3):
        await elsewhere.open(ADA, {})
    await vault.forget(ADA)
    assert place.faults.calls == [
        "CreateSecret",
        "AddSecretVersion",
        "AccessSecretVersion",
        "DeleteSecret",
    ]


async def test_cached_tokens_are_read_again_after_minutes(place: Place) -> None:
    await place.vault().keep(ADA, TOKENS, place.clock.after(3600))
    elsewhere = place.vault()
    await elsewhere.open(ADA, {})
    place.clock.advance(CACHE_SECONDS + 1)
    await elsewhere.open(ADA, {})
    assert place.faults.calls.count("AccessSecretVersion") == 2


async def test_cache_holds_a_limited_number_of_sessions(place: Place) -> None:
    vault = SecretVault(place.secrets, now=place.clock)
    for number in range(MAX_CACHED + 5):
        vault._add_to_cache(AvatarSessionId(str(number)), TOKENS, place.clock.at + 60)
    assert len(vault._cache) == MAX_CACHED
    assert AvatarSessionId("0") not in vault._cache


async def test_keep_may_be_repeated_after_an_ambiguous_write(place: Place) -> None:
    vault = place.vault()
    await vault.prepare(ADA, place.clock.after(600))
    place.faults.method, place.faults.mode = "AddSecretVersion", "truncate"
    with pytest.raises(errors.Ambiguous):
        await vault.keep(ADA, TOKENS, place.clock.after(600))
    place.faults.mode = None
    await vault.keep(ADA, TOKENS, place.clock.after(600))
    assert await place.vault().open(ADA, {}) == TOKENS


@pytest.mark.parametrize(
    ("mode", "error"),
    [("refuse", errors.Unavailable), ("429", errors.Busy), ("500", errors.Unavailable)],
)
async def test_failed_read_is_unavailable(
    place: Place, mode: str, error: type[errors.Upstream]
) -> None:
    await place.vault().keep(ADA, TOKENS, place.clock.after(600))
    place.faults.method, place.faults.mode = "AccessSecretVersion", mode
    with pytest.raises(error) as caught:
        await place.vault().open(ADA, {})
    assert type(caught.value) is error


@pytest.mark.parametrize("method", ["CreateSecret", "AddSecretVersion", "DeleteSecret"])
async def test_write_without_an_answer_is_ambiguous(place: Place, method: str) -> None:
    place.faults.method, place.faults.mode = method, "truncate"
    vault = place.vault()
    with pytest.raises(errors.Ambiguous):  # noqa: PT012 - either of them makes the call
        await vault.prepare(ADA, place.clock.after(600))
        await vault.keep(ADA, TOKENS, place.clock.after(600))
        await vault.forget(ADA)


async def test_foreign_content_of_a_secret_is_not_quoted(place: Place) -> None:
    await place.secrets.create(f"avatar-session-{ADA}")
    await place.secrets.add(f"avatar-session-{ADA}", b'{"canary": 1}')
    with pytest.raises(errors.Failed) as caught:
        await place.vault().open(ADA, {})
    assert "canary" not in str(caught.value)


# --- sealed


async def test_thousand_sealed_sessions_cost_one_read(sealed: Place) -> None:
    vault = sealed.vault()
    for number in range(1000):
        session = AvatarSessionId(str(number))
        fields = await vault.keep(session, TOKENS, sealed.clock.after(600))
        await vault.open(session, fields)
        await vault.forget(session)
    assert sealed.faults.calls == ["AccessSecretVersion"]


async def test_same_tokens_give_different_sealed_texts(sealed: Place) -> None:
    vault = sealed.vault()
    texts = {str(await vault.keep(ADA, TOKENS, sealed.clock.after(600))) for _ in range(50)}
    assert len(texts) == 50


async def test_sealed_text_of_another_session_does_not_open(sealed: Place) -> None:
    fields = await sealed.vault().keep(ADA, TOKENS, sealed.clock.after(600))
    with pytest.raises(errors.Failed):
        await sealed.vault().open(BOB, fields)


async def test_changed_sealed_text_does_not_open(sealed: Place) -> None:
    text = (await sealed.vault().keep(ADA, TOKENS, sealed.clock.after(600)))["sealed"]
    data = base64.urlsafe_b64decode(text.removeprefix("1.1."))
    for at in range(len(data)):
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(errors.Failed):
            await sealed.vault().open(
                ADA, {"sealed": "1.1." + base64.urlsafe_b64encode(broken).decode()}
            )


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.1.", "1.1.AAAA", "1.1.A", "2.1.AAAA", "1.0.AAAA", "1.7.AAAA", "1.x.AA", 7, "ä"],
)
async def test_malformed_sealed_text_does_not_open(sealed: Place, text: object) -> None:
    with pytest.raises(errors.Failed):
        await sealed.vault().open(ADA, {"sealed": text})


async def test_old_key_still_opens_its_texts_after_rotation(sealed: Place) -> None:
    vault = sealed.vault()
    old = await vault.keep(ADA, TOKENS, sealed.clock.after(3600))
    await sealed.secrets.add(KEY, base64.b64encode(b"n" * 32))
    sealed.clock.advance(CACHE_SECONDS + 1)
    new = await vault.keep(BOB, OTHERS, sealed.clock.after(3600))
    assert (old["sealed"][:4], new["sealed"][:4]) == ("1.1.", "1.2.")
    assert await vault.open(ADA, old) == TOKENS
    assert await vault.open(BOB, new) == OTHERS


async def test_process_reads_a_new_key_that_it_has_not_seen(sealed: Place) -> None:
    behind = sealed.vault()
    await behind.prepare(ADA, sealed.clock.after(600))
    await sealed.secrets.add(KEY, b"n" * 32)
    address = sealed.secrets._address
    ahead = SecretManagerClient("demo", address=address, now=sealed.clock)
    fields = await SealedVault(ahead, now=sealed.clock).keep(ADA, TOKENS, sealed.clock.after(600))
    await ahead.close()
    assert fields["sealed"].startswith("1.2.")
    assert await behind.open(ADA, fields) == TOKENS


async def test_cached_key_is_used_while_secret_manager_is_down(sealed: Place) -> None:
    vault = sealed.vault()
    fields = await vault.keep(ADA, TOKENS, sealed.clock.after(3600))
    sealed.clock.advance(CACHE_SECONDS + 1)
    sealed.faults.method, sealed.faults.mode = "AccessSecretVersion", "refuse"
    assert await vault.open(ADA, fields) == TOKENS


async def test_concurrent_readers_share_one_access(sealed: Place) -> None:
    first, *others = [asyncio.ensure_future(sealed.secrets.read(KEY)) for _ in range(20)]
    await asyncio.sleep(0)
    first.cancel()  # it leaves, and the access goes on for the others
    assert len({each.data for each in await asyncio.gather(*others)}) == 1
    assert first.cancelled()
    assert sealed.faults.calls.count("AccessSecretVersion") == 1
    await sealed.secrets.read(KEY, refresh=True)
    assert sealed.faults.calls.count("AccessSecretVersion") == 2


async def test_key_of_another_length_is_refused_without_quoting_it(sealed: Place) -> None:
    await sealed.secrets.add(KEY, b"canary")
    with pytest.raises(errors.Failed) as caught:
        await sealed.vault().keep(ADA, TOKENS, sealed.clock.after(600))
    assert "canary" not in f"{caught.value} {caught.value.__cause__}"


def test_every_field_of_the_tokens_is_kept() -> None:
    assert set(asdict(TOKENS)) == {"ws_url", "livekit_url", "livekit_token"}


def test_import_does_not_load_googles_clients() -> None:
    script = (
        "import sys, common.adapters.vault.per_session, common.adapters.vault.sealed\n"
        "import common.adapters.google.cloud_tasks\n"
        "heavy = {'grpc', 'google.cloud.secretmanager_v1', 'google.cloud.tasks_v2', 'requests'}\n"
        "print(heavy & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
