"""google-auth-oauthlib, google-auth and googleapiclient against the simulator of Google accounts."""

# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,attr-defined"

import asyncio
import os
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import httpx
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build

from infra.local.demo.google_browser import GoogleBrowser
from tests.clients.report import ClientAddresses, Report, check, refused

SCOPES = [
    "openid",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/gmail.readonly",
    "https://www.googleapis.com/auth/gmail.send",
    "https://www.googleapis.com/auth/calendar.events",
]
CLIENT_ID = "123456789012-local.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-local-simulator"


class SimulatedAddresses:
    """The addresses of the simulator, and the flow of our OAuth client."""

    def __init__(self, address: ClientAddresses) -> None:
        self.accounts = f"{address.url}/simulators/google-accounts"
        self.gmail = f"{address.url}/simulators/gmail/"
        self.calendar = f"{address.url}/simulators/google-calendar/calendar/v3/"
        self.redirect = f"{address.url}/api/connections/google/callback"

    def flow(self) -> Flow:
        client = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "auth_uri": f"{self.accounts}/o/oauth2/v2/auth",
            "token_uri": f"{self.accounts}/token",
        }
        return Flow.from_client_config(
            {"web": client},
            scopes=SCOPES,
            redirect_uri=self.redirect,
            autogenerate_code_verifier=True,
        )

    async def allow(self, flow: Flow, without: Sequence[str] = ()) -> str:
        """Return the address that Google sends the browser to."""
        url, _ = flow.authorization_url(access_type="offline", prompt="consent")
        async with httpx.AsyncClient(trust_env=False) as http:
            browser = GoogleBrowser(http)
            return await browser.allow(await browser.open(url), without=without)

    async def connect(self, without: Sequence[str] = ()) -> Credentials:
        flow = self.flow()
        callback = await self.allow(flow, without)
        flow.fetch_token(authorization_response=callback)
        credentials: Credentials = flow.credentials
        return credentials

    def service(self, name: str, version: str, endpoint: str, credentials: Credentials) -> Any:
        options = {"api_endpoint": endpoint}
        return build(name, version, credentials=credentials, client_options=options)


async def main() -> None:
    os.environ |= {"OAUTHLIB_INSECURE_TRANSPORT": "1", "OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}
    google = SimulatedAddresses(ClientAddresses.from_arguments())
    await oauth(google, Report("google-auth-oauthlib and google-auth"))
    await apis(google, Report("google-api-python-client"))


async def oauth(google: SimulatedAddresses, report: Report) -> None:
    with report.call("authorization code with PKCE"):
        credentials = await google.connect()
        check(credentials.refresh_token and credentials.token)
        check(set(credentials.granted_scopes) == set(SCOPES), credentials.granted_scopes)
    with report.call("ID token"):
        claims = id_token.verify_token(
            credentials.id_token,
            Request(),
            CLIENT_ID,
            certs_url=f"{google.accounts}/oauth2/v1/certs",
        )
        check(claims["iss"] == "https://accounts.google.com", claims)
        check(claims["email"].endswith("@gmail.example"), claims)
    with report.call("ID token with the keys as JWKS"):
        id_token.verify_token(
            credentials.id_token,
            Request(),
            CLIENT_ID,
            certs_url=f"{google.accounts}/oauth2/v3/certs",
        )
    with report.call("refresh"):
        before = credentials.token
        credentials.refresh(Request())
        check(credentials.token != before and credentials.valid)
    with report.call("a code is accepted once"):
        flow = google.flow()
        callback = await google.allow(flow)
        flow.fetch_token(authorization_response=callback)
        with refused("invalid_grant"):
            flow.fetch_token(authorization_response=callback)
        credentials = await google.connect()  # a replayed code revokes the grant
    with report.call("another verifier is refused"):
        flow = google.flow()
        callback = await google.allow(flow)
        flow.code_verifier = "w" * 64
        with refused("invalid_grant"):
            flow.fetch_token(authorization_response=callback)
    with report.call("a tick that was removed"):
        partial = await google.connect(without=["gmail.send"])
        check(
            not any(s.endswith("gmail.send") for s in partial.granted_scopes),
            partial.granted_scopes,
        )
    with report.call("AuthorizedSession refreshes an expired token"):
        stale = Credentials(
            "ya29.expired",
            refresh_token=credentials.refresh_token,
            token_uri=f"{google.accounts}/token",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
        )
        answer = AuthorizedSession(stale).get(f"{google.gmail}gmail/v1/users/me/profile")
        check(answer.status_code == 200, answer.text)
    with report.call("a revoked grant is invalid_grant"):
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{google.accounts}/revoke", data={"token": credentials.token})
        with refused("invalid_grant"):
            credentials.refresh(Request())


async def apis(google: SimulatedAddresses, report: Report) -> None:
    credentials = await google.connect()
    mails = google.service("gmail", "v1", google.gmail, credentials).users().messages()
    events = google.service("calendar", "v3", google.calendar, credentials).events()
    with report.call("Gmail: list, search and read"):
        listed = mails.list(userId="me", q="is:unread").execute()["messages"]
        found = mails.list(userId="me", q="from:priya").execute()["messages"]
        check(len(listed) > len(found) == 1, (listed, found))
        message = mails.get(userId="me", id=found[0]["id"], format="full").execute()
        headers = {each["name"]: each["value"] for each in message["payload"]["headers"]}
        check(headers["Subject"] == "Review on Monday", headers)
    with report.call("Gmail: send"):
        mail = EmailMessage()
        mail["To"], mail["Subject"] = "tom@example.test", "From a client"
        mail.set_content("Hello.")
        raw = urlsafe_b64encode(mail.as_bytes()).decode()
        sent = mails.send(userId="me", body={"raw": raw}).execute()
        check("SENT" in sent["labelIds"], sent)
    with report.call("Gmail: unknown message"), refused("404"):
        mails.get(userId="me", id="0000000000000000").execute()
    times = {"begins": "2031-05-01T10:00:00+02:00", "ends": "2031-05-01T11:00:00+02:00"}
    with report.call("Calendar: insert, list, patch"):
        body = {
            "summary": "Chess",
            "start": {"dateTime": times["begins"]},
            "end": {"dateTime": times["ends"]},
        }
        made = events.insert(calendarId="primary", body=body).execute()
        window = {"timeMin": times["begins"], "timeMax": times["ends"]}
        items = events.list(
            calendarId="primary", singleEvents=True, orderBy="startTime", **window
        ).execute()["items"]
        check([each["id"] for each in items] == [made["id"]], items)
        change = {"summary": "Chess club"}
        moved = events.patch(calendarId="primary", eventId=made["id"], body=change).execute()
        check((moved["summary"], moved["id"]) == ("Chess club", made["id"]), moved)
    with report.call("an API without its scope is refused"):
        partial = await google.connect(without=["calendar.events", "gmail.send", "gmail.readonly"])
        own = Credentials(partial.token)  # cannot be refreshed
        calendar = google.service("calendar", "v3", google.calendar, own)
        with refused("HttpError 403"):
            calendar.events().list(calendarId="primary").execute()


if __name__ == "__main__":
    asyncio.run(main())
