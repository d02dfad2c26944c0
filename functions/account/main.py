from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.domain.errors import AccountClosing, NoDeletion, NotFound
from common.schemas.account import (
    AccountAnswer,
    AccountDeletion,
    AccountUsageAnswer,
    ChangeAccountRequest,
    DeletionCertificate,
    NoFields,
    ReadCertificateRequest,
)

HEADERS = {
    "content-disposition": 'attachment; filename="oprina-export.json"',
    "cache-control": "no-store",
}


@Route("GET", "/", NoFields, AccountAnswer, answers={200: "The account."})
async def read_account(
    caller: User, _request: NoFields, app: App, _key: IdempotencyKey
) -> AccountAnswer:
    """Read the account: profile, plan, preferences, and a deletion that was requested."""
    return await app.accounts.read(caller)


@Route(
    "PATCH",
    "/",
    ChangeAccountRequest,
    AccountAnswer,
    answers={200: "The account after the change."},
    raises=(AccountClosing,),
)
async def change_account(
    caller: User, request: ChangeAccountRequest, app: App, _key: IdempotencyKey
) -> AccountAnswer:
    """Change the name and the preferences. Fields that are left out stay."""
    return await app.accounts.change(caller, request)


@Route("DELETE", "/", NoFields, AccountDeletion, answers={200: "When the account will be deleted."})
async def delete_account(
    caller: User, _request: NoFields, app: App, _key: IdempotencyKey
) -> AccountDeletion:
    """Delete the account and everything that belongs to it, after seven days."""
    return await app.accounts.request_deletion(caller)


@Route(
    "POST",
    "/restore",
    NoFields,
    AccountAnswer,
    answers={200: "The account, which is not deleted."},
    raises=(NoDeletion,),
)
async def restore_account(
    caller: User, _request: NoFields, app: App, _key: IdempotencyKey
) -> AccountAnswer:
    """Take a requested deletion back."""
    return await app.accounts.restore(caller)


@Route("GET", "/usage", NoFields, AccountUsageAnswer, answers={200: "The usage."})
async def read_usage(
    caller: User, _request: NoFields, app: App, _key: IdempotencyKey
) -> AccountUsageAnswer:
    """Read the usage of this month by day, and of the last twelve months."""
    return await app.accounts.usage(caller)


@Route(
    "GET",
    "/export",
    NoFields,
    None,
    answers={200: "One JSON file. It is whole if it ends with `complete: true`."},
)
async def export_account(
    caller: User, _request: NoFields, app: App, _key: IdempotencyKey
) -> StreamingResponse:
    """Export everything that belongs to the account, as one JSON file."""
    chunks: AsyncIterator[bytes] = await app.exports.begin(caller)
    return StreamingResponse(chunks, media_type="application/json", headers=HEADERS)


@Route(
    "GET",
    "/certificates/{certificate_id}",
    ReadCertificateRequest,
    DeletionCertificate,
    answers={200: "The certificate."},
    raises=(NotFound,),
    callers="public",
)
async def read_certificate(
    _caller: User, request: ReadCertificateRequest, app: App, _key: IdempotencyKey
) -> DeletionCertificate:
    """Read what was deleted with an account. The id is in the answer of the deletion."""
    return await app.accounts.certificate(request)


account = endpoint(
    read_account,
    change_account,
    delete_account,
    restore_account,
    read_usage,
    export_account,
    read_certificate,
    name="account",
)
