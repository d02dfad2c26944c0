"""The user's mail: search, read, send."""

import base64
import re
from collections.abc import Mapping, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from infra.agent.assistant.google.rest import GoogleCallError, GoogleRest

SEARCHED = 5
MOST_TEXT = 4_000
ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
TAGS = re.compile(r"<[^>]*>")


def mail_arguments(to: Sequence[str], subject: str, text: str) -> dict[str, Any]:
    """Return the arguments of a mail in one form. Raises GoogleCallError for a wrong address."""
    addresses = [each.strip() for each in to if each.strip()]
    wrong = [each for each in addresses if not ADDRESS.fullmatch(each)]
    if wrong or not addresses:
        raise GoogleCallError("invalid", "Ask the user for the full email address first.")
    return {"to": addresses, "subject": " ".join(subject.split()), "text": text.strip()}


def mail_title(arguments: Mapping[str, Any]) -> str:
    return f"Send a mail to {', '.join(arguments['to'])}"


async def search(rest: GoogleRest, query: str) -> dict[str, Any]:
    """Return the newest messages that fit, with sender, subject and first words."""
    base = f"{rest.addresses.gmail}/gmail/v1/users/me/messages"
    found = await rest.get(base, {"q": query, "maxResults": SEARCHED})
    messages = []
    for each in found.get("messages", [])[:SEARCHED]:
        query_one = {"format": "metadata", "metadataHeaders": ["From", "Subject", "Date"]}
        message = await rest.get(f"{base}/{each['id']}", query_one)
        messages.append(
            {"id": each["id"], **_headers(message), "begins": message.get("snippet", "")}
        )
    count = len(messages)
    return {"messages": messages, "summary": f"{count} {'mail' if count == 1 else 'mails'} found"}


async def read(rest: GoogleRest, message_id: str) -> dict[str, Any]:
    """Return one message with its text."""
    base = f"{rest.addresses.gmail}/gmail/v1/users/me/messages"
    message = await rest.get(f"{base}/{_segment(message_id)}", {"format": "full"})
    headers = _headers(message)
    text = _text(message.get("payload", {}))[:MOST_TEXT]
    return {
        "id": message_id,
        **headers,
        "text": text,
        "summary": f"Mail from {headers['from']}",
    }


async def send(rest: GoogleRest, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Send a mail. It is never repeated."""
    message = EmailMessage()
    message["To"] = [Address(addr_spec=each) for each in arguments["to"]]
    message["Subject"] = arguments["subject"]
    message.set_content(arguments["text"])
    raw = base64.urlsafe_b64encode(message.as_bytes()).decode()
    url = f"{rest.addresses.gmail}/gmail/v1/users/me/messages/send"
    sent = await rest.send("POST", url, {"raw": raw})
    return {"status": "sent", "id": sent.get("id"), "summary": "Mail sent"}


def _segment(value: str) -> str:
    """Return an id as one segment of a path. Raises GoogleCallError for other characters."""
    if not re.fullmatch(r"[\w-]{1,200}", value):
        raise GoogleCallError("google_not_found", "There is no such message or event.")
    return value


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    listed = message.get("payload", {}).get("headers", [])
    found = {str(each["name"]).lower(): str(each["value"]) for each in listed}
    return {name: found.get(name, "") for name in ("from", "subject", "date")}


def _text(part: Mapping[str, Any]) -> str:
    """Return the text of a message: its first plain part, else its HTML without tags."""
    plain = _of_type(part, "text/plain")
    return plain or TAGS.sub(" ", _of_type(part, "text/html"))


def _of_type(part: Mapping[str, Any], kind: str) -> str:
    if part.get("mimeType") == kind and (data := part.get("body", {}).get("data")):
        return base64.urlsafe_b64decode(data + "==").decode(errors="replace")
    return next((text for each in part.get("parts", []) if (text := _of_type(each, kind))), "")
