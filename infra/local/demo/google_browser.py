"""A browser on Google's consent page: it follows redirects, keeps cookies and fills in the form."""

import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

ACTION = re.compile(r'<form method="post" action="([^"]*)"')
INPUT = re.compile(r'<input type="(radio|checkbox)" name="(\w+)" value="([^"]*)"( checked)?')


@dataclass(frozen=True)
class ConsentForm:
    """The form of a consent page."""

    address: str
    account: str
    accounts: tuple[str, ...]
    scopes: tuple[str, ...]


class GoogleBrowser:
    """A browser of one person. `http` keeps the cookies of the person, and no token of ours."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def open(self, url: str) -> ConsentForm:
        """Visit a one-use address, and return the consent page that it leads to."""
        answer = await self._http.get(url, follow_redirects=True)
        answer.raise_for_status()
        return read_form(answer)

    async def allow(
        self,
        form: ConsentForm,
        *,
        account: str | None = None,
        without: Collection[str] = (),
    ) -> str:
        """Continue, without the ticks whose scope ends with a text of `without`.

        Return the address that Google sends the browser to.
        """
        ticks = [
            ("scope", scope)
            for scope in form.scopes
            if not scope.endswith(tuple(without) or ("?",))
        ]
        fields = [("account", account or form.account), ("decision", "allow"), *ticks]
        return await self._send(form, fields)

    async def cancel(self, form: ConsentForm) -> str:
        return await self._send(form, [("decision", "cancel")])

    async def finish(self, callback: str) -> str:
        """Visit the callback, and return the result that the page gets: `connected`, `partial` ..."""
        answer = await self._http.get(callback)
        return result_of(answer.headers.get("location", ""))

    async def _send(self, form: ConsentForm, fields: list[tuple[str, str]]) -> str:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = await self._http.post(form.address, content=urlencode(fields), headers=kind)
        return answer.headers["location"]


def read_form(answer: httpx.Response) -> ConsentForm:
    """Return the form of a page. Raises ValueError for a page without one."""
    action = ACTION.search(answer.text)
    if action is None:
        raise ValueError(f"no consent page at {answer.url.path}: {answer.status_code}")
    inputs = [
        (name, html.unescape(value), bool(checked))
        for _, name, value, checked in INPUT.findall(answer.text)
    ]
    accounts = [value for name, value, _ in inputs if name == "account"]
    chosen = [value for name, value, checked in inputs if name == "account" and checked]
    scopes = [value for name, value, _ in inputs if name == "scope"]
    address = str(answer.url.join(html.unescape(action[1])))
    return ConsentForm(address, chosen[0], tuple(accounts), tuple(scopes))


def result_of(address: str) -> str:
    """Return `google` in the query of a page's address, or ""."""
    return parse_qs(urlsplit(address).query).get("google", [""])[-1]
