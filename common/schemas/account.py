"""Requests and answers of the function `account`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from common.domain.conversations.title import one_line
from common.domain.quota import Meter
from common.schemas.base import Answer, Id, Language, Name, Quality, Request
from common.schemas.usage import Usage


class NoFields(Request):
    """A request without fields."""


class PreferencesChange(Request):
    """The preferences to change. A field that is left out stays, null resets it."""

    avatar_id: Id | None = None
    voice: Name | None = None
    language: Language | None = None
    quality: Quality | None = None
    captions: bool | None = None
    speed: Annotated[float, Field(ge=0.5, le=2)] | None = None


class ChangeAccountRequest(Request):
    """The fields to change. `name: null` returns to the name of the sign-in."""

    name: Annotated[Name, AfterValidator(one_line)] | None = None
    preferences: PreferencesChange = PreferencesChange()


class ReadCertificateRequest(Request):
    certificate_id: Id


class AccountPreferences(Answer):
    """Defaults for fields that a request leaves out. Null: the deployment's default.

    `captions` and `speed` (1 is normal) are for the page.
    """

    avatar_id: str | None = None
    voice: str | None = None
    language: str | None = None
    quality: Quality | None = None
    captions: bool | None = None
    speed: float | None = None


class AccountDeletion(Answer):
    """A deletion that was requested.

    The account is deleted at `deletes_at`, and can be restored until then. The certificate says
    afterwards what was deleted: GET /account/certificates/{certificate_id}, without a sign-in.
    """

    requested_at: datetime
    deletes_at: datetime
    certificate_id: str


class AccountAnswer(Answer):
    """A person's account. `email` is that of the sign-in."""

    uid: str
    name: str | None = None
    email: str | None = None
    plan: str
    preferences: AccountPreferences
    created_at: datetime
    deletion: AccountDeletion | None = None


class MonthOfUse(Answer):
    """The use of a month (UTC), by meter."""

    month: str
    meters: dict[Meter, int]


class DayOfUse(Answer):
    """The use by work that began on a day (UTC), by meter."""

    day: str
    meters: dict[Meter, int]


class AccountUsageAnswer(Answer):
    """This month with its allowances, the last twelve months, and each day of this month until today.

    The days of a month add up to its meters. Work counts for the day on which it was admitted.
    """

    usage: Usage
    months: list[MonthOfUse]
    days: list[DayOfUse]


class DeletionCertificate(Answer):
    """The record of the deletion of an account. It names no person.

    `deleting`: the deletion has begun and goes on. `counts` are those of the beginning.
    `backups_until`: until then backups of the database may hold what was deleted.
    """

    certificate_id: str
    state: Literal["deleting", "deleted"]
    requested_at: datetime
    began_at: datetime
    finished_at: datetime | None = None
    counts: dict[str, int]
    backups_until: datetime | None = None
