"""Refusals of the Google connection. The callback names them to the page by their code.

Refused
├── GoogleStateUnknown      400  google_state_unknown: no state, or none that we gave out
├── GoogleStateUsed         409  google_state_used: this consent was finished or refused before
├── GoogleStateExpired      410  google_state_expired: it began more than ten minutes ago
├── GoogleWrongBrowser      403  google_wrong_browser: no cookie, or that of another browser
├── GoogleDenied            403  google_denied: the person cancelled, or Google refused
├── GoogleCodeRejected      400  google_code_rejected: Google does not accept the code
├── GoogleNothingAllowed    403  google_nothing_allowed: every tick that we need was removed
├── GoogleOtherAccount      409  google_other_account: another account is connected
├── GoogleNotAllowed        409  google_not_allowed: a switch without Google's permission
├── GoogleDisconnecting     409  google_disconnecting: the last revocation is not finished
└── GoogleNotSetUp          501  google_not_set_up: this deployment has no OAuth client
"""

from common.domain.errors import Refused


class GoogleStateUnknown(Refused):
    status = 400
    code = "google_state_unknown"
    title = "Unknown Google consent"


class GoogleStateUsed(Refused):
    status = 409
    code = "google_state_used"
    title = "Google consent already used"


class GoogleStateExpired(Refused):
    status = 410
    code = "google_state_expired"
    title = "Google consent expired"


class GoogleWrongBrowser(Refused):
    status = 403
    code = "google_wrong_browser"
    title = "Google consent began in another browser"


class GoogleDenied(Refused):
    status = 403
    code = "google_denied"
    title = "Google consent denied"


class GoogleCodeRejected(Refused):
    status = 400
    code = "google_code_rejected"
    title = "Google rejected the code"


class GoogleNothingAllowed(Refused):
    status = 403
    code = "google_nothing_allowed"
    title = "No Google permission was given"


class GoogleOtherAccount(Refused):
    status = 409
    code = "google_other_account"
    title = "Another Google account is connected"


class GoogleNotAllowed(Refused):
    status = 409
    code = "google_not_allowed"
    title = "Google permission missing"


class GoogleDisconnecting(Refused):
    status = 409
    code = "google_disconnecting"
    title = "Google is being disconnected"


class GoogleNotSetUp(Refused):
    status = 501
    code = "google_not_set_up"
    title = "Google connection not set up"
