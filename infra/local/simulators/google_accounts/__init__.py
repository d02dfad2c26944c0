"""A simulated Google account: OAuth with a consent page, Gmail and Calendar."""

from infra.local.simulators.google_accounts.accounts import GoogleAccountsState
from infra.local.simulators.google_accounts.calendar_api import calendar_app
from infra.local.simulators.google_accounts.gmail_api import gmail_app
from infra.local.simulators.google_accounts.oauth_app import oauth_app

__all__ = ["GoogleAccountsState", "calendar_app", "gmail_app", "oauth_app"]
