"""The consent page: choice of the account, a tick for each scope, Cancel and Continue."""

import html
from collections.abc import Mapping, Sequence

from infra.local.simulators.google_accounts.grants import OauthError

TEXTS = {
    "gmail.readonly": "Read your mail",
    "gmail.send": "Send mail for you",
    "gmail.compose": "Write and send drafts",
    "gmail.modify": "Read, write and send mail",
    "calendar": "See and change your calendars",
    "calendar.events": "See and change the events of your calendars",
    "calendar.readonly": "See your calendars",
    "calendar.events.readonly": "See the events of your calendars",
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in - Google (simulated)</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 3rem auto; padding: 0 1rem }}
fieldset {{ border: 1px solid #ccc; border-radius: 8px; margin: 1rem 0 }}
label {{ display: block; padding: .25rem 0 }}
button {{ font: inherit; padding: .5rem 1.5rem; margin-right: .5rem }}
</style>
<main>{content}</main>
</html>
"""


def consent_page(
    action: str, accounts: Mapping[str, str], chosen: str, scopes: Sequence[str]
) -> str:
    """Return the page. `accounts` are names by email address, `chosen` is the one marked first."""
    first = chosen if chosen in accounts else next(iter(accounts), "")
    choices = "".join(
        f'<label><input type="radio" name="account" value="{_e(email)}"'
        f"{' checked' if email == first else ''}> {_e(name)} ({_e(email)})</label>"
        for email, name in accounts.items()
    )
    ticks = "".join(
        f'<label><input type="checkbox" name="scope" value="{_e(scope)}" checked> '
        f"{_e(_text(scope))}</label>"
        for scope in scopes
    )
    content = f"""
<h1>Oprina wants access to your Google account</h1>
<p>This page is a simulation on this machine. No account of Google is involved.</p>
<form method="post" action="{_e(action)}">
<fieldset><legend>Account</legend>{choices}
<label>Another account: <input type="email" name="other_account"></label></fieldset>
<fieldset><legend>Oprina may</legend>{ticks}</fieldset>
<button name="decision" value="cancel">Cancel</button>
<button name="decision" value="allow">Continue</button>
</form>"""
    return PAGE.format(content=content)


def error_page(error: OauthError) -> str:
    """Return Google's own page for an error that it does not redirect."""
    return PAGE.format(
        content=f"<h1>Access blocked</h1><p>{_e(error.description)}</p>"
        f"<p>Error 400: {_e(error.error)}</p>"
    )


def _text(scope: str) -> str:
    return TEXTS.get(scope.rpartition("/auth/")[2], scope)


def _e(text: str) -> str:
    return html.escape(text, quote=True)
