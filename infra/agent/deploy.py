"""`python -m infra.agent.deploy create|update|list|delete` manages the agent on Agent Engine.

    python -m infra.agent.deploy create --project P --location us-central1
    python -m infra.agent.deploy update projects/P/locations/L/reasoningEngines/ID

`create` and `update` take some minutes and print the setting for the functions. An update keeps the
name and the sessions. Sign in with `gcloud auth application-default login`.

Google's client is `agentplatform.Client().runtimes` of google-cloud-aiplatform 2.7. The deprecated
`vertexai.Client().agent_engines` points to it.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.agent.source import staged_source

NAME = re.compile(r"projects/([^/]+)/locations/([^/]+)/reasoningEngines/[^/]+")

Runtimes = Any
"""The client for deployed agents. `agentplatform` has no types."""


def connect_to_google(project: str, location: str) -> Runtimes:
    """Return Google's client for a project and location."""
    import agentplatform  # noqa: PLC0415 - the import takes seconds; a mistyped command fails before

    return agentplatform.Client(project=project, location=location).runtimes


def main(
    arguments: Sequence[str], connect: Callable[[str, str], Runtimes] = connect_to_google
) -> int:
    """Run a command, and return the exit code. Errors of Google go to standard error."""
    options = _parser().parse_args(arguments)
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - as above
    from google.genai.errors import APIError  # noqa: PLC0415 - as above

    try:
        COMMANDS[options.command](connect(*_project_and_location(options)), options)
    except APIError as error:
        return _fail(f"{error.status or error.code}: {error.message}")
    except GoogleAuthError as error:
        return _fail(str(error))
    return 0


def _fail(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


def create(runtimes: Runtimes, options: argparse.Namespace) -> None:
    """Create an agent, and print the setting for the functions."""
    with staged_source() as source:
        created = runtimes.create(
            config={"display_name": options.display_name, **source, **_service_account(options)}
        )
    print(f"OPRINA_AGENT_ENGINE={created.api_resource.name}")


def update(runtimes: Runtimes, options: argparse.Namespace) -> None:
    """Update the agent to the current source, and print the setting for the functions."""
    with staged_source() as source:
        updated = runtimes.update(name=options.name, config={**source, **_service_account(options)})
    print(f"OPRINA_AGENT_ENGINE={updated.api_resource.name}")


def list_agents(runtimes: Runtimes, _options: argparse.Namespace) -> None:
    """Print name, display name and time of the last update of each agent."""
    for each in runtimes.list():
        agent = each.api_resource
        print(f"{agent.name}  {agent.display_name or '-'}  {agent.update_time:%Y-%m-%d %H:%M}")


def delete(runtimes: Runtimes, options: argparse.Namespace) -> None:
    """Delete an agent. Google refuses an agent with sessions unless `--force` is given."""
    runtimes.delete(name=options.name, force=options.force)
    print(f"{options.name} is being deleted")


COMMANDS: Mapping[str, Callable[[Runtimes, argparse.Namespace], None]] = {
    "create": create,
    "update": update,
    "list": list_agents,
    "delete": delete,
}


def _service_account(options: argparse.Namespace) -> dict[str, str]:
    """Return the setting for the agent's service account. Without it Google uses its own account."""
    return {"service_account": options.service_account} if options.service_account else {}


def _project_and_location(options: argparse.Namespace) -> tuple[str, str]:
    """Return project and location from the name of the agent, or else from the options."""
    if match := NAME.fullmatch(getattr(options, "name", "")):
        return match[1], match[2]
    return options.project, options.location


def _parse_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("a name is projects/P/locations/L/reasoningEngines/ID")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.agent.deploy")
    commands = parser.add_subparsers(dest="command", required=True)
    creating, updating, listing, deleting = (commands.add_parser(name) for name in COMMANDS)
    for command in (creating, listing):
        command.add_argument("--project", required=True)
        command.add_argument("--location", default="us-central1")
    for command in (updating, deleting):
        command.add_argument("name", type=_parse_name)
    for command in (creating, updating):
        command.add_argument("--service-account", help="e-mail address of the agent's account")
    creating.add_argument("--display-name", default="oprina")
    deleting.add_argument("--force", action="store_true", help="delete its sessions, too")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
