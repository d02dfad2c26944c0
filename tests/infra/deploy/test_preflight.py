"""A missing sign-in or network is reported in one sentence. The texts of gcloud are real ones."""

import pytest

from infra.deploy.preflight import TERRAFORM_VARIABLES, check_access
from infra.deploy.shell import FailedError
from tests.infra.deploy.fake_google_cloud import FakeGoogleCloud

NO_DEFAULT_CREDENTIALS = """: ERROR: (gcloud.auth.application-default.print-access-token) Your default \
credentials were not found. To set up Application Default Credentials, see \
https://cloud.google.com/docs/authentication/external/set-up-adc for more information."""
NO_USER = """: ERROR: (gcloud.auth.print-access-token) You do not currently have an active \
account selected.
Please run:

  $ gcloud auth login

to obtain new credentials."""
EXPIRED = """: ERROR: (gcloud.auth.print-access-token) There was a problem refreshing \
your current auth tokens: Reauthentication failed. cannot prompt during non-interactive execution."""
NO_NETWORK = """: ERROR: (gcloud.auth.application-default.print-access-token) There was a problem \
refreshing your current auth tokens: HTTPSConnectionPool(host='oauth2.googleapis.com', port=443): \
Max retries exceeded with url: /token (Caused by NameResolutionError("Failed to resolve \
'oauth2.googleapis.com' ([Errno -2] Name or service not known)"))
Please run:

  $ gcloud auth login"""

DEFAULT, USER = "auth application-default print", "auth print"


def failure(fails: dict[str, str]) -> str:
    with pytest.raises(FailedError) as failed:
        check_access(FakeGoogleCloud({}, {}, fails=fails), {})
    return str(failed.value)


def test_access_passes_with_both_sign_ins() -> None:
    at = FakeGoogleCloud({}, {})
    check_access(at, {})
    assert at.ran == [
        "gcloud auth application-default print-access-token",
        "gcloud auth print-access-token",
    ]


@pytest.mark.parametrize(
    ("command", "reason", "sign_in"),
    [
        (DEFAULT, NO_DEFAULT_CREDENTIALS, "gcloud auth application-default login"),
        (USER, NO_USER, "gcloud auth login"),
        (USER, EXPIRED, "gcloud auth login"),
    ],
)
def test_missing_sign_in_is_one_sentence(command: str, reason: str, sign_in: str) -> None:
    expected = f"Google credentials are missing or expired: run `{sign_in}`."
    assert failure({command: reason}) == expected


@pytest.mark.parametrize("command", [DEFAULT, USER])
def test_missing_network_is_one_sentence(command: str) -> None:
    """gcloud suggests a new sign-in here, which does not help."""
    expected = "Google cannot be reached: check the network connection and the proxy settings."
    assert failure({command: NO_NETWORK}) == expected


def test_other_failures_are_passed_on() -> None:
    assert failure({DEFAULT: ": crashed"}) == "gcloud ended with 1: crashed"


@pytest.mark.parametrize("name", TERRAFORM_VARIABLES)
def test_credentials_of_terraform_need_no_application_default(name: str) -> None:
    check_access(FakeGoogleCloud({}, {}, fails={DEFAULT: NO_DEFAULT_CREDENTIALS}), {name: "given"})
