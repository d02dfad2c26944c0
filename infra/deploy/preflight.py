"""Checks before a deployment: sign-ins, network, and what the organisation allows.

Without these checks the user sees 20 lines of Terraform or a misleading hint of gcloud.
"""

from collections.abc import Mapping

from infra.deploy.shell import CommandRunner, FailedError, run_json

SECONDS = 60.0
APPLICATION_DEFAULT = ("gcloud", "auth", "application-default", "print-access-token")
"""Credentials that Terraform and the agent's deployment use."""
USER = ("gcloud", "auth", "print-access-token")
"""Credentials that gcloud uses."""
TERRAFORM_VARIABLES = ("GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN")
"""Environment variables that Terraform reads instead of the application default credentials."""
NETWORK_WORDS = ("HTTPSConnectionPool(", "Failed to resolve", "Network is unreachable")
"""Parts of gcloud's messages if it cannot reach Google. gcloud then suggests a sign-in, too."""
SIGN_IN_WORDS = "ERROR: (gcloud.auth"
"""Begin of all other messages of these commands: no credentials, revoked or expired ones."""

DOMAINS = "iam.allowedPolicyMemberDomains"
"""The constraint of domain restricted sharing. Organisations made since May 2024 usually have it."""


def check_access(run: CommandRunner, environment: Mapping[str, str]) -> None:
    """Check the sign-ins and the network.

    Raises: FailedError with one sentence that says what to do.
    """
    if not any(environment.get(name) for name in TERRAFORM_VARIABLES):
        _check(run, APPLICATION_DEFAULT, "gcloud auth application-default login")
    _check(run, USER, "gcloud auth login")


def check_organisation(project: str, run: CommandRunner) -> None:
    """Check that the organisation lets allUsers call the functions.

    A person who may not read the policy is not stopped: then the apply tells.

    Raises: FailedError that names both ways out.
    """
    command = ("gcloud", "resource-manager", "org-policies", "describe", DOMAINS)
    flags = (f"--project={project}", "--effective", "--format=json")
    try:
        policy = run_json(run, (*command, *flags), seconds=SECONDS).get("listPolicy", {})
    except FailedError:
        return
    if policy.get("allowedValues") or policy.get("allValues") == "DENY":
        raise FailedError(
            f"the organisation of {project} refuses allUsers ({DOMAINS}). Either set"
            ' public_access = "no_invoker_check" in the environment\'s file, or have an administrator'
            " make an exception for the project (docs/deploy.md, Organisations that refuse allUsers)"
        )


def _check(run: CommandRunner, command: tuple[str, ...], sign_in: str) -> None:
    """Ask for an access token, and drop it."""
    try:
        run(command, seconds=SECONDS, read=True)
    except FailedError as error:
        reason = str(error)
        if any(words in reason for words in NETWORK_WORDS):
            raise FailedError(
                "Google cannot be reached: check the network connection and the proxy settings."
            ) from None
        if SIGN_IN_WORDS in reason:
            raise FailedError(
                f"Google credentials are missing or expired: run `{sign_in}`."
            ) from None
        raise
