"""Three weeks in the life of two people, written through the transactions of the product.

Each message is admitted, answered and settled by the same decisions as in a function, at a time of
the past. So documents, meters and days have the shapes that functions write. No agent, no voice and
no provider is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from common.accounts.changes import ChangeProfile
from common.conversations.admission.chat_admission import ChatAdmission
from common.conversations.admission.spoken_admission import SpokenAdmission
from common.conversations.admission.turn_claim import AdmittedTurn, new_claim
from common.conversations.history.messages import RateMessage
from common.conversations.settlement import SettleTurn
from common.domain.accounts import belongings
from common.domain.accounts.profile import Profile, SeedMark, profile_path
from common.domain.avatar_session import AvatarSession, go_live
from common.domain.conversation import Conversation, conversation_path
from common.domain.conversations.conversation_update import ConversationUpdate
from common.domain.conversations.messages import MessagePlace
from common.domain.ids import AvatarSessionId, ConversationId, UserId
from common.domain.quota import Ledger, ledger_path, months_until
from common.domain.turn import CHARACTERS_PER_TOKEN, Outcome, Progress, TurnRecord
from common.domain.user import User
from common.ports.avatar import SessionToken
from common.ports.store import Store
from common.schemas.conversations import RateMessageRequest
from common.schemas.requests import StartAvatarRequest
from common.sessions.end import FinishEnding, no_writes
from common.sessions.launch import GoLive, ReservedStart
from common.sessions.start_admission import MayStart, StartAdmission
from common.sessions.wanted_avatar import AvatarChoice
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from common.transactions.pages import read_all
from common.transactions.transaction import Transactions
from infra.seed.removal import delete, delete_half
from infra.seed.talks import PEOPLE, Exchange, SeedPerson
from infra.target import RefusedCommandError

DAYS = 21
WITHOUT_FACE = 3
"""Each conversation but every third one has an avatar, while the month has seconds."""
BY_VOICE = 0.4
"""Share of the messages that are spoken."""
CHARACTERS_PER_SECOND = 15
INTERRUPTED = 0.12
RATED = 0.25
LATEST_HOUR, EARLIEST_HOUR = 21, 8
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass
class PastClock:
    """A clock that shows a time of the past, and is moved by hand."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=round(seconds, 3))


async def no_pause(_: int) -> None:
    """Try again at once."""


@dataclass
class Seed:
    """Writes the weeks before `until`. The same `number` and `until` write the same documents.

    A mark in the person's document says whether the weeks are whole. A person whose seed was killed
    gets the same weeks again.
    """

    store: Store
    settings: Settings
    until: datetime
    number: int
    random: Random = field(init=False)
    clock: PastClock = field(init=False)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = PastClock(self.until)
        self._transactions = Transactions(self.store, self.clock, no_pause)

    async def write(self, users: Sequence[User]) -> list[str]:
        """Write the two people under these users. Return a line for each.

        A person who has the whole weeks stays as they are. One whose seed was killed loses what they
        have, and gets it again. Raises RefusedCommandError, with nothing written, if one of them has
        data and no mark of a seed.
        """
        marks = [await self._mark(user.uid) for user in users]
        lines = []
        for user, person, mark in zip(users, PEOPLE, marks, strict=True):
            if mark.done:
                lines.append(f"{person.name} (user {user.uid}): has three weeks of use already")
                continue
            self.until, self.random = mark.until, Random(f"{mark.number} {person.name}")  # noqa: S311 - no secret
            self.counts = dict.fromkeys(("conversations", "messages", "avatar sessions"), 0)
            await self._person(user, person, mark)
            made = ", ".join(f"{count} {name}" for name, count in self.counts.items())
            lines.append(f"{person.name} (user {user.uid}): {made}")
        return lines

    async def _mark(self, user: UserId) -> SeedMark:
        """Return the person's mark, or a new one. Raises RefusedCommandError."""
        (profile,) = await self.store.get([profile_path(user)])
        if (mark := SeedMark.read(profile)) is None:
            await self._refuse_known(user)
            return SeedMark(self.until, self.number)
        return mark

    async def _refuse_known(self, user: UserId) -> None:
        ledgers = [ledger_path(user, month) for month in months_until(self.until, 2)]
        found = await self.store.get([profile_path(user), *ledgers])
        talks = await self.store.query(
            replace(belongings.documents_of("conversations", user), limit=1)
        )
        if known := [document.path for document in (*found, *talks) if document.exists]:
            raise RefusedCommandError(
                f"User {user} has data already ({known[0]}), so nothing was written. The seed is for "
                "an empty store: DATA_DIR=.local/seeded make run, for example."
            )

    async def _person(self, user: User, person: SeedPerson, mark: SeedMark) -> None:
        self.clock.at = self.until - timedelta(days=DAYS, hours=1)
        await self._write_mark(user.uid, mark)
        await delete_half(self.store, user.uid)
        await self._transactions.run(ChangeProfile(user, self.settings, person.preferences, {}))
        starts = self._starts(len(person.talks))
        for number, (talk, when) in enumerate(zip(person.talks, starts, strict=True)):
            self.clock.at = when
            await self._talk(user, number, talk, person.renamed.get(number))
        await self._forget_old_turns(user)
        await self._write_mark(user.uid, replace(mark, done=True))

    async def _write_mark(self, user: UserId, mark: SeedMark) -> None:
        (profile,) = await self.store.get([profile_path(user)])
        await self.store.commit([Profile.read(profile).mark_seed(mark, self.clock.now())])

    def _starts(self, count: int) -> list[datetime]:
        """Return when conversations begin, spread over the weeks. The last one is just over."""
        midnight = self.until.replace(hour=0, minute=0, second=0, microsecond=0)
        begun = [
            midnight
            - timedelta(days=day)
            + timedelta(minutes=self.random.randrange(EARLIEST_HOUR * 60, LATEST_HOUR * 60))
            for day in self.random.sample(range(1, DAYS), k=count - 1)
        ]
        return [*sorted(begun), self.until - timedelta(minutes=25)]

    # ── one conversation ─────────────────────────────────────────────────────────────────────────

    async def _talk(
        self, user: User, number: int, talk: Sequence[Exchange], title: str | None
    ) -> None:
        self.counts["conversations"] += 1
        has_face = (number + 1) % WITHOUT_FACE != 0
        session = await self._start(user) if has_face else None
        conversation = session.conversation_id if session is not None else None
        for message, reply in talk:
            self.clock.move(self.random.uniform(4, 20))
            record = await self._exchange(user, conversation, message, reply)
            conversation = record.conversation_id
            if self.random.random() < RATED:
                await self._rate(user, record)
        self.clock.move(self.random.uniform(2, 12))
        if session is not None:
            await self._end(session)
        if title is not None and conversation is not None:
            path = conversation_path(conversation)
            (document,) = await self.store.get([path])
            await self.store.commit([Conversation.of(document).rename(title)])

    async def _exchange(
        self, user: User, conversation: ConversationId | None, message: str, reply: str
    ) -> TurnRecord:
        claim = new_claim(self._new_id, user, IdempotencyKey(), conversation, self.clock.now())
        admission = ChatAdmission(claim, self.settings, message, None)
        if self.random.random() < BY_VOICE:
            seconds = 1 + len(message) // CHARACTERS_PER_SECOND
            await self._transactions.run(SpokenAdmission(claim, self.settings, seconds))
            heard = {"text": message, "confidence": 0.93, "seconds": float(seconds)}
            admission = replace(admission, heard=heard)
        admitted = (await self._transactions.run(admission)).result
        assert isinstance(admitted, AdmittedTurn)  # noqa: S101 - it has no key
        record, aloud = admitted.record, admitted.characters > 0
        words = reply.split(" ")
        cut = aloud and len(words) > 12 and self.random.random() < INTERRUPTED  # noqa: PLR2004 - long
        spoken = " ".join(words[: len(words) // 2]) if cut else reply
        prompt = (
            record.last_prompt + len(message) // CHARACTERS_PER_TOKEN + 1_100 * (record.number == 1)
        )
        written = -(-len(reply) // CHARACTERS_PER_TOKEN)
        progress = Progress(
            asked=True,
            tokens=prompt + written,
            prompt=prompt,
            text=reply,
            spoken=spoken if aloud else "",
            characters=min(len(spoken), admitted.characters) if aloud else 0,
        )
        self.clock.move(1.5 + (len(spoken) / CHARACTERS_PER_SECOND if aloud else written / 40))
        outcome: Outcome = "interrupted" if cut else "complete"
        update = ConversationUpdate(last_prompt=prompt + written)
        settle = SettleTurn(
            record, record.holder, outcome, progress, cut=False, answer=None, update=update
        )
        settled = (await self._transactions.run(settle)).result
        self.counts["messages"] += 2
        return settled or record

    async def _rate(self, user: User, record: TurnRecord) -> None:
        is_good = self.random.random() < 0.8  # noqa: PLR2004 - most ratings are good
        request = RateMessageRequest(
            conversation_id=record.conversation_id,
            message_id=MessagePlace.of(record.number, "assistant").id,
            rating="good" if is_good else "bad",
            comment=None if is_good else "Too long for me.",
        )
        await self._transactions.run(RateMessage(user.uid, request))

    # ── avatar sessions ──────────────────────────────────────────────────────────────────────────

    async def _start(self, user: User) -> AvatarSession | None:
        """Start a session, as far as the store knows. None if the month has too few seconds."""
        month = months_until(self.clock.now(), 1)[0]
        (document,) = await self.store.get([ledger_path(user.uid, month)])
        ledger = Ledger(document, self.settings.default_plan, self.clock.now())
        if ledger.left("avatar_seconds") < 2 * self.settings.min_session_seconds:
            return None
        new = ConversationId(f"c{self._new_id()}")
        choice = AvatarChoice(StartAvatarRequest(), new, self.settings)
        admission = StartAdmission(user, self.settings, IdempotencyKey(), choice)
        may = (await self._transactions.run(admission)).result
        assert isinstance(may, MayStart)  # noqa: S101 - the last session was ended
        admission.token = SessionToken(AvatarSessionId(self._uuid()), "")
        admission.token_seconds = may.seconds
        reserved = (await self._transactions.run(admission)).result
        assert isinstance(reserved, ReservedStart)  # noqa: S101 - the last session was ended
        started = replace(reserved.session, started_at=self.clock.now())
        self.clock.move(2.5)
        idle = timedelta(seconds=self.settings.idle_seconds)
        live = go_live(started, self.clock.now(), idle, {})
        await self._transactions.run(GoLive(live, self._new_id(), {}, IdempotencyKey()))
        self.counts["avatar sessions"] += 1
        return live

    async def _end(self, session: AvatarSession) -> None:
        begun = session.started_at or session.created_at
        ran = (self.clock.now() - begun).total_seconds()
        finish = FinishEnding(
            session, "user", ran, secret_left=False, also=no_writes, new_id=self._new_id()
        )
        await self._transactions.run(finish)

    # ── turns and ids ────────────────────────────────────────────────────────────────────────────

    async def _forget_old_turns(self, user: User) -> None:
        """Delete turns that are older than their keys, as Firestore does by itself."""
        owned = belongings.documents_of("turns", user.uid)
        turns = [each async for each in read_all(self.store, owned)]
        old = [each for each in turns if (each.get("expires_at") or self.until) < self.until]
        await delete(self.store, old)

    def _new_id(self) -> str:
        """Return a ULID of the time that the clock shows."""
        value = int(self.clock.now().timestamp() * 1000) << 80 | self.random.getrandbits(80)
        return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))

    def _uuid(self) -> str:
        digits = f"{self.random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
