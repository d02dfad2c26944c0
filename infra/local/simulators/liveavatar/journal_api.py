"""What a person, or a test, looks at afterwards. Asks for no key: it tells none."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.journal import wav


def journal_routes(world: LiveAvatarAccount) -> list[Route]:
    """`GET /journal[?session_id=]`, `GET /journal/{session_id}/{event_id}.wav`."""

    async def journal(request: Request) -> Response:
        wanted = request.query_params.get("session_id")
        world.settle()
        sessions = [
            world.journal.session(session, world.now, world.listeners(session))
            for session in world.sessions.values()
            if wanted in {None, session.id}
        ]
        return JSONResponse({"sessions": sessions, "entries": world.journal.entries(wanted)})

    async def audio(request: Request) -> Response:
        session = world.named(request.path_params["session_id"])
        heard = wav(session, request.path_params["event_id"])
        if heard is None:
            return JSONResponse({"message": "No such audio, or not kept any longer"}, 404)
        return Response(heard, media_type="audio/wav")

    return [
        Route("/journal", journal, methods=["GET"]),
        Route("/journal/{session_id}/{event_id}.wav", audio, methods=["GET"]),
    ]
