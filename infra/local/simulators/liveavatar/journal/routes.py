"""HTTP access to the journal, for people and tests. It asks for no key: it shows no secret."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.journal.audio import wav


def journal_routes(account: LiveAvatarAccount) -> list[Route]:
    """Return `GET /journal[?session_id=]` and `GET /journal/{session_id}/{event_id}.wav`."""

    async def show_journal(request: Request) -> Response:
        wanted = request.query_params.get("session_id")
        account.settle()
        journal, sessions = account.journal, account.sessions.values()
        shown = [each for each in sessions if wanted in {None, each.id}]
        return JSONResponse(
            {
                "sessions": [journal.session(each, account.now) for each in shown],
                "entries": journal.entries(wanted),
                "totals": journal.totals(shown, account.now),
            }
        )

    async def play_audio(request: Request) -> Response:
        session = account.find(request.path_params["session_id"])
        kept = wav(session, request.path_params["event_id"])
        if kept is None:
            return JSONResponse({"message": "No such audio, or not kept any longer"}, 404)
        return Response(kept, media_type="audio/wav")

    return [
        Route("/journal", show_journal, methods=["GET"]),
        Route("/journal/{session_id}/{event_id}.wav", play_audio, methods=["GET"]),
    ]
