"""Every secret that was issued, in every form in which it might be written down, and a search for it.

A plugin, too: `pytest_plugins = [..., "tests.support.canaries"]`. What is registered during the run is
searched for in every log record of the run, at whatever level it came through; the run fails where
one is found. Nothing is patched: a handler on the root logger looks at each record as it comes.
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
"""Any signed token, whoever issued it."""
PLAIN = frozenset(logging.makeLogRecord({}).__dict__)
"""What every record has; the rest is `extra`."""
SHORTEST = 12
"""Characters: a shorter word may stand anywhere by chance."""


def forms(secret: bytes) -> set[bytes]:
    """The secret itself, escaped, and encoded."""
    encoded = {base64.b64encode(secret), base64.urlsafe_b64encode(secret)}
    written = {secret, secret.hex().encode(), repr(secret)[2:-1].encode()}
    escaped = {quote(secret, safe="").encode()}
    return written | escaped | {each.rstrip(b"=") for each in encoded}


def parts(secret: bytes) -> set[bytes]:
    """A JWT's signature alone betrays it as well: who cuts one short may have logged the rest."""
    return {secret, secret.rpartition(b".")[2]} if JWT.fullmatch(secret) else {secret}


@dataclass
class Canaries:
    """Secrets by the name under which a finding tells of them: never the secret itself."""

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
        """The names of those that stand in `text`; a signed token that nobody named is one, too."""
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        found = {name for form, name in self._known.items() if form in raw}
        allowed = {form for form, name in self._known.items() if name in but}
        if any(token not in allowed for token in JWT.findall(raw)):
            found.add("a signed token")
        return found - but


def written(record: logging.LogRecord) -> str:
    """All that any formatter could make of a record."""
    extra = {name: value for name, value in record.__dict__.items() if name not in PLAIN}
    told = [record.getMessage(), repr(record.msg), repr(record.args), repr(extra)]
    if record.exc_info and record.exc_info[1] is not None:
        told += traceback.format_exception(record.exc_info[1])
    return "\n".join([*told, record.exc_text or "", record.stack_info or ""])


class Watch(logging.Handler):
    """Looks at each record when it comes, and again at the end, for what was issued later."""

    def __init__(self, canaries: Canaries) -> None:
        super().__init__(logging.NOTSET)
        self.canaries = canaries
        self.findings: set[str] = set()
        self.seen = 0
        self._kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = written(record)
        self.seen += 1
        self._kept.append(f"{record.name}: {text}")
        self._look(self._kept[-1])

    def finish(self) -> set[str]:
        """Which secret stood in a record of which logger."""
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
    """Whatever a test adds here is searched for until the end of the run."""
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
