"""Talk to Oprina in the terminal. End with an empty line.

python talk.py [address]
"""

import asyncio
import sys

import httpx
from oprina import ApiError, AsyncChatStream, AsyncOprina, ProblemError
from oprina.models import ProposalEvent

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"


async def token() -> str:
    """Sign in at the local stack. A deployment takes an ID token of Firebase."""
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{ADDRESS}/local/sign-in", json={"name": "Ada"})
        return str(answer.raise_for_status().json()["id_token"])


async def read(question: str) -> str:
    """Return a line of the person, without blocking the program. Empty at the end of the input."""
    try:
        return (await asyncio.to_thread(input, f"{question} ")).strip()
    except EOFError:
        return ""


async def show(turn: AsyncChatStream) -> list[ProposalEvent]:
    """Print a reply while it is written. Return what the assistant wants to be allowed."""
    proposals = []
    async with turn:
        async for event in turn:
            if event.event == "text":
                print(event.text, end="", flush=True)
            elif event.event == "tool" and event.state == "called":
                print(f" [{event.name}]", end="", flush=True)
            elif event.event == "proposal":
                proposals.append(event)
            elif event.event == "error":
                print(f"\n{event.title}: {event.detail}")
    print()
    return proposals


async def talk(oprina: AsyncOprina) -> None:
    conversation = None
    while message := await read("You:"):
        turn = oprina.chat(message, conversation_id=conversation, speak=False)
        proposals = await show(turn)
        conversation = turn.turn.conversation_id if turn.turn else conversation
        for proposal in proposals:
            yes = await read(f"{proposal.title}? (y/n)") == "y"
            answer = oprina.chat(confirm=proposal.id, yes=yes, conversation_id=conversation)
            await show(answer)


async def main() -> None:
    async with AsyncOprina(f"{ADDRESS}/api", token) as oprina:
        try:
            await talk(oprina)
        except ProblemError as refused:
            print(f"{refused.detail} Come back: {refused.come_back_at or 'no need to wait'}.")
        except (ApiError, httpx.HTTPError) as lost:
            print(f"Oprina cannot be reached: {lost}")


asyncio.run(main())
