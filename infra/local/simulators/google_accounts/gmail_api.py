"""Gmail as far as the assistant uses it: list, search, read and send messages; read a thread."""

import base64
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.simulators.google_accounts.accounts import GoogleAccountsState, GoogleUser, Mail
from infra.local.simulators.google_accounts.api import (
    GoogleApiError,
    admit,
    answer_api_error,
    json_object,
    page_of,
)

READ = ("gmail.readonly", "gmail.modify")
SEND = ("gmail.send", "gmail.compose", "gmail.modify")
TERM = re.compile(r'(-?)(?:(from|to|subject|is|in|label):)?("[^"]*"|\S+)')
LARGEST_PAGE = 500
SNIPPET = 100


def gmail_app(state: GoogleAccountsState) -> Starlette:
    """Return the app to mount in place of `https://gmail.googleapis.com`."""
    user = "/gmail/v1/users/{user}"
    app = Starlette(
        routes=[
            Route(f"{user}/profile", profile, methods=["GET"]),
            Route(f"{user}/messages", list_messages, methods=["GET"]),
            Route(f"{user}/messages/send", send_message, methods=["POST"]),
            Route(f"{user}/messages/{{id}}", get_message, methods=["GET"]),
            Route(f"{user}/threads/{{id}}", get_thread, methods=["GET"]),
        ],
        exception_handlers={GoogleApiError: answer_api_error},
    )
    app.state.simulator = state
    return app


def _admit(request: Request, *scopes: str) -> tuple[GoogleAccountsState, GoogleUser]:
    state, user = admit(request, scopes)
    if request.path_params["user"] not in {"me", user.email}:
        raise GoogleApiError(403, f"Delegation denied for {user.email}")
    return state, user


async def profile(request: Request) -> JSONResponse:
    _, user = _admit(request, *READ, *SEND)
    total = len(user.mails)
    return JSONResponse(
        {
            "emailAddress": user.email,
            "messagesTotal": total,
            "threadsTotal": total,
            "historyId": "1",
        }
    )


async def list_messages(request: Request) -> JSONResponse:
    _, user = _admit(request, *READ)
    query = request.query_params.get("q", "")
    labels = request.query_params.getlist("labelIds")
    found = [
        mail
        for mail in sorted(user.mails, key=lambda each: -each.at)
        if _fits(mail, query) and set(labels) <= set(mail.labels)
    ]
    start, size = page_of(request, "maxResults", LARGEST_PAGE)
    page = found[start : start + size]
    body: dict[str, Any] = {"resultSizeEstimate": len(found)}
    if page:
        body["messages"] = [{"id": mail.id, "threadId": mail.thread_id} for mail in page]
    if start + size < len(found):
        body["nextPageToken"] = str(start + size)
    return JSONResponse(body)


def _fits(mail: Mail, query: str) -> bool:
    for minus, field, term in TERM.findall(query):
        text = term.strip('"').lower()
        match field:
            case "from" | "to" | "subject":
                name = {"from": "sender"}.get(field, field)
                holds = text in str(getattr(mail, name)).lower()
            case "is" | "in" | "label":
                holds = text == "anywhere" or text.upper() in mail.labels
            case _:
                holds = text in f"{mail.sender} {mail.subject} {mail.text}".lower()
        if holds == bool(minus):
            return False
    return True


async def get_message(request: Request) -> JSONResponse:
    _, user = _admit(request, *READ)
    mail = _find(user, request.path_params["id"])
    return JSONResponse(_resource(mail, request.query_params.get("format", "full")))


async def get_thread(request: Request) -> JSONResponse:
    _, user = _admit(request, *READ)
    thread = request.path_params["id"]
    mails = [mail for mail in user.mails if mail.thread_id == thread]
    if not mails:
        raise GoogleApiError(404, "Requested entity was not found.")
    form = request.query_params.get("format", "full")
    return JSONResponse({"id": thread, "messages": [_resource(mail, form) for mail in mails]})


def _find(user: GoogleUser, mail_id: str) -> Mail:
    found = next((mail for mail in user.mails if mail.id == mail_id), None)
    if found is None:
        raise GoogleApiError(404, "Requested entity was not found.")
    return found


async def send_message(request: Request) -> JSONResponse:
    state, user = _admit(request, *SEND)
    body = await json_object(request)
    message = _parse(body.get("raw"))
    mail_id = state.next_id()
    text = message.get_body(("plain",))
    mail = Mail(
        id=mail_id,
        thread_id=str(body.get("threadId") or mail_id),
        sender=user.email,
        to=str(message["to"]),
        subject=str(message["subject"] or ""),
        text=(text.get_content() if text else "").strip(),
        at=state.now(),
        labels=("SENT",),
        message_id=str(message["message-id"] or ""),
    )
    user.mails.append(mail)
    return JSONResponse({"id": mail.id, "threadId": mail.thread_id, "labelIds": list(mail.labels)})


def _parse(raw: object) -> EmailMessage:
    """Return the message in `raw` (RFC 2822 in base64url). Raises GoogleApiError(400)."""
    try:
        text = str(raw or "")
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise GoogleApiError(400, "Invalid value for ByteString.") from None
    message = message_from_bytes(data, policy=policy.default)
    if not message["to"]:
        raise GoogleApiError(400, "Recipient address required")
    return message


def _resource(mail: Mail, form: str) -> dict[str, Any]:
    """Return a message in the form `minimal`, `metadata`, `full` or `raw`."""
    found: dict[str, Any] = {
        "id": mail.id,
        "threadId": mail.thread_id,
        "labelIds": list(mail.labels),
        "snippet": mail.text[:SNIPPET],
        "internalDate": str(int(mail.at * 1000)),
        "sizeEstimate": len(mail.text),
    }
    headers = _headers(mail)
    if form == "raw":
        return {**found, "raw": _base64url(_mime(headers, mail.text))}
    if form == "minimal":
        return found
    payload: dict[str, Any] = {
        "partId": "",
        "mimeType": "text/plain",
        "filename": "",
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
    }
    if form == "full":
        data = mail.text.encode()
        payload["body"] = {"size": len(data), "data": _base64url(data)}
    return {**found, "payload": payload}


def _headers(mail: Mail) -> dict[str, str]:
    return {
        "From": mail.sender,
        "To": mail.to,
        "Subject": mail.subject,
        "Date": formatdate(mail.at),
        "Message-ID": mail.message_id or f"<{mail.id}@mail.gmail.example>",
        "Content-Type": 'text/plain; charset="UTF-8"',
    }


def _mime(headers: dict[str, str], text: str) -> bytes:
    message = EmailMessage()
    message.set_content(text)
    for name, value in headers.items():
        if name != "Content-Type":
            message[name] = value
    return message.as_bytes()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
