"""A search for secrets in texts, and a pytest plugin that searches every log record.

Each secret is searched for in all the forms in which it may be written. The plugin searches every
record of the run, of any level, for every secret that a test registered; the run fails if one is
found. The plugin patches nothing: it adds a handler to the root logger.
"""

import base64
import logging
import re
import traceback
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

JWT = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")
"""Any signed token of any issuer."""
PLAIN = frozenset(logging.makeLogRecord({}).__dict__)
"""Attributes of every record. The others are `extra`."""
SHORTEST = 12
"""Characters. A shorter text may occur by chance."""


def forms(secret: bytes) -> set[bytes]:
    """Return the secret itself, escaped, and encoded."""
    encoded = {base64.b64encode(secret), base64.urlsafe_b64encode(secret)}
    written = {secret, secret.hex().encode(), repr(secret)[2:-1].encode()}
    escaped = {quote(secret, safe="").encode()}
    return written | escaped | {each.rstrip(b"=") for each in encoded}


def parts(secret: bytes) -> set[bytes]:
    """Return the secret, and the signature of a JWT: a log may contain only its end."""
    return {secret, secret.rpartition(b".")[2]} if JWT.fullmatch(secret) else {secret}


@dataclass
class Canaries:
    """Secrets and their names. A finding contains the name, never the secret."""

    _known: dict[bytes, str] = field(default_factory=dict, repr=False)

    def add(self, name: str, secret: str | bytes) -> None:
        raw = secret.encode() if isinstance(secret, str) else secret
        if len(raw) < SHORTEST:
            raise ValueError(f"{name} is too short to be looked for")
        for part in parts(raw):
            self._known |= dict.fromkeys(forms(part), name)

    def __len__(self) -> int:
        return len(set(self._known.values()))

    def found_in(self, text: str | bytes, *, but: frozenset[str] = frozenset()) -> set[str]:
        """Return the names of the secrets in `text`. An unknown signed token counts as one."""
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        found = {name for form, name in self._known.items() if form in raw}
        allowed = {form for form, name in self._known.items() if name in but}
        if any(token not in allowed for token in JWT.findall(raw)):
            found.add("a signed token")
        return found - but


def render(record: logging.LogRecord) -> str:
    """Return every text that a formatter could make of a record."""
    extra = {name: value for name, value in record.__dict__.items() if name not in PLAIN}
    texts = [record.getMessage(), repr(record.msg), repr(record.args), repr(extra)]
    if record.exc_info and record.exc_info[1] is not None:
        texts += traceback.format_exception(record.exc_info[1])
    return "\n".join([*texts, record.exc_text or "", record.stack_info or ""])


class Watch(logging.Handler):
    """Searches each record when it arrives, and again at the end for secrets registered later."""

    def __init__(self, canaries: Canaries) -> None:
        super().__init__(logging.NOTSET)
        self.canaries = canaries
        self.findings: set[str] = set()
        self.seen = 0
        self._kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = render(record)
        self.seen += 1
        self._kept.append(f"{record.name}: {text}")
        self._look(self._kept[-1])

    def finish(self) -> set[str]:
        """Return the findings: a secret's name and the logger."""
        for text in self._kept:
            self._look(text)
        self._kept.clear()
        return self.findings

    def _look(self, text: str) -> None:
        logger = text.partition(":")[0]
        self.findings |= {
            f"{name} in a record of {logger}" for name in self.canaries.found_in(text)
        }


WATCH = pytest.StashKey[Watch]()


@pytest.fixture(scope="session")
def canaries(pytestconfig: pytest.Config) -> Canaries:
    """Secrets that are searched for until the end of the run."""
    watch = pytestconfig.stash.get(WATCH, None)
    return watch.canaries if watch else Canaries()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[WATCH] = watch = Watch(Canaries())
    logging.getLogger().addHandler(watch)


def pytest_sessionfinish(session: pytest.Session) -> None:
    watch = session.config.stash[WATCH]
    logging.getLogger().removeHandler(watch)
    if watch.finish():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    output = getattr(session.config, "workeroutput", {})  # a worker of pytest-xdist has one
    output["secrets"] = sorted(watch.findings)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the findings of a pytest-xdist worker to the controller's, which fails the run for them."""
    output = getattr(node, "workeroutput", {})  # a worker that crashed has none
    node.config.stash[WATCH].findings.update(output.get("secrets", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for finding in sorted(terminalreporter.config.stash[WATCH].finish()):
        terminalreporter.write_line(f"SECRET FOUND: {finding}", red=True)
