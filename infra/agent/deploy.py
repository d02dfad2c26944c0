"""`python -m infra.agent.deploy create|update|list|delete`: the agent on Agent Engine.

    python -m infra.agent.deploy create --project P --location us-central1
    python -m infra.agent.deploy update projects/P/locations/L/reasoningEngines/ID

`create` and `update` take some minutes, and print the setting that leads the functions to the agent.
An update keeps the name and the sessions. Credentials: `gcloud auth application-default login`.

Google's client is `agentplatform.Client().runtimes`: in google-cloud-aiplatform 2.7 it is what
`vertexai.Client().agent_engines`, deprecated, points to, and `vertexai.agent_engines` came before.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.agent.source import laid_out

NAME = re.compile(r"projects/([^/]+)/locations/([^/]+)/reasoningEngines/[^/]+")

Runtimes = Any
"""`agentplatform`'s module of deployed agents, which ships no types."""


def google(project: str, location: str) -> Runtimes:
    import agentplatform  # noqa: PLC0415 - takes seconds, which a mistyped command need not

    return agentplatform.Client(project=project, location=location).runtimes


def main(arguments: Sequence[str], connect: Callable[[str, str], Runtimes] = google) -> int:
    """The exit code. What Google refuses is told on standard error."""
    options = _parser().parse_args(arguments)
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - as above
    from google.genai.errors import APIError  # noqa: PLC0415 - as above

    try:
        COMMANDS[options.command](connect(*_place(options)), options)
    except APIError as error:
        return _refused(f"{error.status or error.code}: {error.message}")
    except GoogleAuthError as error:
        return _refused(str(error))
    return 0


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def create(runtimes: Runtimes, options: argparse.Namespace) -> None:
    with laid_out() as source:
        made = runtimes.create(
            config={"display_name": options.display_name, **source, **_as(options)}
        )
    print(f"OPRINA_AGENT_ENGINE={made.api_resource.name}")


def update(runtimes: Runtimes, options: argparse.Namespace) -> None:
    with laid_out() as source:
        made = runtimes.update(name=options.name, config={**source, **_as(options)})
    print(f"OPRINA_AGENT_ENGINE={made.api_resource.name}")


def show(runtimes: Runtimes, _options: argparse.Namespace) -> None:
    for each in runtimes.list():
        found = each.api_resource
        print(f"{found.name}  {found.display_name or '-'}  {found.update_time:%Y-%m-%d %H:%M}")


def delete(runtimes: Runtimes, options: argparse.Namespace) -> None:
    runtimes.delete(name=options.name, force=options.force)
    print(f"{options.name} is being deleted")


COMMANDS: Mapping[str, Callable[[Runtimes, argparse.Namespace], None]] = {
    "create": create,
    "update": update,
    "list": show,
    "delete": delete,
}


def _as(options: argparse.Namespace) -> dict[str, str]:
    """Who the agent is to Google's services: Google's own account for agents if nobody is named."""
    return {"service_account": options.service_account} if options.service_account else {}


def _place(options: argparse.Namespace) -> tuple[str, str]:
    """Project and location. Of an agent there is, its name tells them."""
    if match := NAME.fullmatch(getattr(options, "name", "")):
        return match[1], match[2]
    return options.project, options.location


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("a name is projects/P/locations/L/reasoningEngines/ID")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.agent.deploy")
    commands = parser.add_subparsers(dest="command", required=True)
    made, changed, listed, gone = (commands.add_parser(name) for name in COMMANDS)
    for anew in (made, listed):
        anew.add_argument("--project", required=True)
        anew.add_argument("--location", default="us-central1")
    for there in (changed, gone):
        there.add_argument("name", type=_name)
    for deployed in (made, changed):
        deployed.add_argument(
            "--service-account", help="what the agent runs as: its e-mail address"
        )
    made.add_argument("--display-name", default="oprina")
    gone.add_argument("--force", action="store_true", help="its sessions too")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
