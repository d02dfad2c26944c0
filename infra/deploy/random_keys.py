"""Give the secrets that hold a random key their first value.

Terraform makes these secrets without a value, because a value would be in its state. The value is made
in the shell and goes to gcloud: no file and no log has it.
"""

from collections.abc import Callable

from infra.deploy.shell import CommandRunner, run_json

RANDOM_KEYS = ("account-hash-key", "session-tokens-key")
"""The secrets (terraform/secrets.tf). A later version is a rotation: see docs/maintain.md."""
SECONDS = 60.0


def add_random_keys(project: str, run: CommandRunner, say: Callable[[str], None]) -> None:
    """Add 32 random bytes in base64 to each secret that never had a version. Raises FailedError."""
    for name in RANDOM_KEYS:
        flags = (f"--project={project}", "--limit=1", "--format=json")
        if run_json(run, ("gcloud", "secrets", "versions", "list", name, *flags), seconds=SECONDS):
            continue
        add = f"gcloud secrets versions add {name} --project={project} --data-file=-"
        run(("sh", "-c", f"head -c 32 /dev/urandom | base64 | {add}"), seconds=SECONDS)
        say(f"The secret {name} was empty and has a random value now.")
