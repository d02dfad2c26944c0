"""The user's Google connection: connect, read, switch, disconnect.

    POST ──► one-use address ──► begin (cookie) ──► Google ──► callback ──► page

The authorisation code flow with PKCE. State and verifier stay on the server. The callback comes
without our bearer token: the user is the one whose consent the state names, in the browser that has
the cookie.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from common.connections.consents import (
    AskConsent,
    BeginConsent,
    CheckAccount,
    ClaimConsent,
    KeepConsent,
    RefuseConsent,
)
from common.connections.disconnect import Disconnect, ReleaseConsents
from common.connections.switches import ReadConnection, SwitchServices, connection_answer
from common.domain.documents import Document
from common.domain.errors import Invalid, OprinaError, Refused, UpstreamNotFound
from common.domain.google.connection import (
    NewToken,
    Service,
    allowed_services,
    connection_path,
    scopes_of,
)
from common.domain.google.consent import (
    Consent,
    ask_consent,
    challenge_of,
    consent_id,
    consent_path,
    unknown_state,
)
from common.domain.google.errors import (
    GoogleCodeRejected,
    GoogleDenied,
    GoogleNotSetUp,
    GoogleOtherAccount,
    GoogleWrongBrowser,
)
from common.domain.user import User
from common.observability.log import best_effort, log
from common.observability.request_trace import annotate
from common.ports.dependencies import Dependencies
from common.ports.google import ExchangedCode
from common.schemas.connections import (
    BeginGoogleRequest,
    ConnectGoogleRequest,
    ConsentPage,
    FinishGoogleRequest,
    GoogleConnectionAnswer,
    SwitchGoogleRequest,
)
from common.transactions.transaction import SETTLEMENT, Transactions

COOKIE_SECONDS = 600
SAME_SITE_VISITS = {None, "same-origin", "none"}
"""Values of Sec-Fetch-Site that need no check: our own page, or an address that was typed."""


@dataclass(frozen=True)
class Redirect:
    """The next address of the browser. `cookie` is the value of a Set-Cookie header."""

    url: str
    cookie: str | None = None


class GoogleConnections:
    """A user's Google connection. `entropy` returns n random bytes."""

    def __init__(self, deps: Dependencies, entropy: Callable[[int], bytes]) -> None:
        self._deps = deps
        self._entropy = entropy
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)
        self._releases = ReleaseConsents(deps)

    # ── the connection ───────────────────────────────────────────────────────────────────────────

    async def read(self, caller: User) -> GoogleConnectionAnswer:
        found = await self._transactions.run(ReadConnection(caller.uid))
        return connection_answer(found.result)

    async def switch(self, caller: User, request: SwitchGoogleRequest) -> GoogleConnectionAnswer:
        """Switch services on or off. Raises NotFound, GoogleNotAllowed."""
        asked = {"mail": request.mail, "calendar": request.calendar}
        switches: dict[Service, bool] = {
            service: on  # type: ignore[misc]  # the names of services
            for service, on in asked.items()
            if on is not None
        }
        await self._transactions.run(SwitchServices(caller.uid, switches))
        return await self.read(caller)

    async def disconnect(self, caller: User) -> GoogleConnectionAnswer:
        """Revoke the grant at Google, and delete the connection. A sweep finishes what fails here."""
        begun = await self._transactions.run(Disconnect(caller.uid))
        if begun.result is not None:
            await best_effort("disconnecting Google", self._releases.finish_one(begun.result))
        return await self.read(caller)

    # ── the consent ──────────────────────────────────────────────────────────────────────────────

    async def ask(self, caller: User, request: ConnectGoogleRequest) -> ConsentPage:
        """Return a one-use address. Raises Invalid, GoogleNotSetUp, and as `AskConsent` does."""
        settings, now = self._deps.settings, self._deps.clock.now()
        if not settings.connections_url or not await self._deps.google.is_set_up():
            raise GoogleNotSetUp("This deployment has no OAuth client for Google accounts.")
        return_to = self._return_address(request.return_to)
        name = self._deps.new_id()
        ticket = f"{name}.{self._secret()}"
        services: dict[Service, bool] = {"mail": request.mail, "calendar": request.calendar}
        consent = ask_consent(name, caller.uid, services, return_to, ticket, now)
        await self._transactions.run(AskConsent(consent, caller, settings))
        return ConsentPage(url=f"{settings.connections_url}/google/begin?ticket={ticket}")

    async def begin(self, request: BeginGoogleRequest) -> Redirect:
        """Send the browser to Google, with a cookie that only this browser has.

        Errors redirect to the page where the address is one of ours, else they are raised.
        """
        ticket = request.ticket or ""
        consent = await self._read_consent(ticket)
        try:
            self._check_visit(request)
            return await self._begin(consent, ticket)
        except OprinaError as error:
            return self._return(consent, error)

    async def _begin(self, consent: Consent, ticket: str) -> Redirect:
        deps, cookie, verifier = self._deps, self._secret(), self._secret()
        state = f"{consent.id}.{self._secret()}"
        sealed = await deps.grants.seal(consent.uid, verifier)
        await self._transactions.run(
            BeginConsent(consent.id, ticket, deps.new_id(), state, cookie, sealed)
        )
        before = (await self._transactions.run(ReadConnection(consent.uid))).result
        url = await deps.google.consent_url(
            scopes_of(consent.services),
            state,
            challenge_of(verifier),
            before.email if before else None,
        )
        return Redirect(url, self._set_cookie(cookie, COOKIE_SECONDS))

    async def finish(self, request: FinishGoogleRequest) -> Redirect:
        """Finish a consent: exchange the code, and store the connection.

        Errors redirect to the page where the state is one of ours, else they are raised.
        """
        state = request.state or ""
        consent = await self._read_consent(state)
        try:
            result = await self._finish(consent, state, request)
        except OprinaError as error:
            return self._return(consent, error)
        return self._return(consent, result)

    async def _finish(self, consent: Consent, state: str, request: FinishGoogleRequest) -> str:
        holder, cookie = self._deps.new_id(), self._read_cookie(request.header("cookie"))
        denied = request.error is not None or not request.code
        claim = ClaimConsent(consent.id, state, cookie, holder, denied=denied)
        claimed = (await self._transactions.run(claim)).result
        if request.error is not None:
            raise GoogleDenied("Google gave no permission. Connect again if you want to.")
        if not request.code:
            raise GoogleCodeRejected("Google sent no code. Connect again.")
        try:
            return await self._exchange(claimed, holder, request.code)
        except OprinaError:
            refuse = self._transactions.run(RefuseConsent(consent.id, holder), SETTLEMENT)
            await best_effort("noting a refused consent", refuse)
            raise

    async def _exchange(self, consent: Consent, holder: str, code: str) -> str:
        deps = self._deps
        verifier = await deps.grants.unseal(consent.uid, consent.verifier)
        try:
            found = await deps.google.exchange(code, verifier)
        except UpstreamNotFound:
            raise GoogleCodeRejected("Google does not accept the code. Connect again.") from None
        await self._store(consent, holder, found)
        missing = set(consent.services) - set(allowed_services(found.account.granted))
        return "partial" if missing else "connected"

    async def _store(self, consent: Consent, holder: str, found: ExchangedCode) -> None:
        """Keep the refresh token, then the connection. What must not be stored is revoked."""
        deps, access = self._deps, found.access
        check = CheckAccount(consent.uid, found.account, consent.services)
        try:
            before = (await self._transactions.run(check)).result
            if found.refresh_token is None:
                raise GoogleCodeRejected("Google gave no lasting permission. Connect again.")
        except Refused as refusal:
            await self._give_back(consent, found, refusal)
            raise
        await deps.grants.keep(consent.id, found.refresh_token)
        sealed = await deps.grants.seal(consent.uid, access.text)
        token = NewToken(sealed, access.expires_at, access.scopes)
        await self._transactions.run(KeepConsent(consent, holder, found.account, token), SETTLEMENT)
        if before is not None and before.consent:
            release = self._releases.finish_one(before.consent)
            await best_effort("deleting an old refresh token", release)

    async def _give_back(self, consent: Consent, found: ExchangedCode, refusal: Refused) -> None:
        """Revoke a grant that is not stored, unless a connection uses the same grant."""
        (document,) = await self._deps.store.get([connection_path(consent.uid)])
        if document.exists and not isinstance(refusal, GoogleOtherAccount):
            return
        revoke = self._deps.google.revoke(found.refresh_token or found.access.text)
        await best_effort("revoking a grant that is not stored", revoke)

    # ── helpers ──────────────────────────────────────────────────────────────────────────────────

    async def _read_consent(self, value: str) -> Consent:
        """Return the consent that a ticket or a state names. Raises GoogleStateUnknown."""
        name = consent_id(value)
        if name is None:
            raise unknown_state()
        path = consent_path(name)
        document: Document = (await self._transactions.read(path))[path]
        consent = Consent.read(document)
        if consent is None:
            raise unknown_state()
        return consent

    def _return(self, consent: Consent, result: OprinaError | str) -> Redirect:
        """Return to the page, with the result in the query. A success deletes the cookie."""
        if isinstance(result, OprinaError):
            code, cookie = result.code, None
            annotate(code=code)
            log.info("a Google consent failed: %s", code)
        else:
            code, cookie = result, self._set_cookie("", 0)
        parts = urlsplit(consent.return_to)
        query = "&".join(filter(None, (parts.query, urlencode({"google": code}))))
        return Redirect(urlunsplit(parts._replace(query=query)), cookie)

    def _return_address(self, asked: str | None) -> str:
        """Return the address of the page. Raises Invalid unless its origin is an allowed one."""
        origins = [*self._deps.settings.allowed_origins, self._own_origin()]
        if asked is None:
            return f"{origins[0]}/"
        try:
            parts = urlsplit(asked)
        except ValueError:
            parts = urlsplit("")
        plain = asked.isascii() and asked.isprintable() and not set(asked) & set(' \\"<>')
        if not plain or f"{parts.scheme}://{parts.netloc}" not in origins:
            raise Invalid("Invalid fields.", fields=[("return_to", "is not an allowed address")])
        return urlunsplit(parts._replace(path=parts.path or "/", fragment=""))

    def _own_origin(self) -> str:
        parts = urlsplit(self._deps.settings.connections_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _check_visit(self, request: BeginGoogleRequest) -> None:
        """Refuse a visit that comes from a page that is not ours.

        Another person's address, behind a link, would connect the visitor's Google account to that
        person's user.
        """
        if request.header("sec-fetch-site") in SAME_SITE_VISITS:
            return
        parts = urlsplit(request.header("referer") or "")
        origins = (*self._deps.settings.allowed_origins, self._own_origin())
        if f"{parts.scheme}://{parts.netloc}" not in origins:
            raise GoogleWrongBrowser("This address may only be visited from our page.")

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._entropy(32)).rstrip(b"=").decode()

    @property
    def _is_secure(self) -> bool:
        return self._deps.settings.connections_url.startswith("https://")

    @property
    def _cookie_name(self) -> str:
        """A browser stores a `__Host-` cookie only for this host, over https, for all paths."""
        return "__Host-oprina_google" if self._is_secure else "oprina_google"

    def _set_cookie(self, value: str, seconds: int) -> str:
        secure = "; Secure" if self._is_secure else ""
        return f"{self._cookie_name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

    def _read_cookie(self, header: str | None) -> str | None:
        pairs = (pair.strip().partition("=") for pair in (header or "").split(";"))
        return next((value for name, _, value in pairs if name == self._cookie_name), None)
