import sys

import pytest

from infra.deploy.shell import FailedError, asked, shell

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: print("asked to end", flush=True))
while True: time.sleep(60)
"""


def test_what_is_read_is_given() -> None:
    assert shell(["echo", "read"], seconds=10, read=True) == "read\n"


def test_what_is_not_read_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert not shell(["echo", "shown"], seconds=10)
    assert capfd.readouterr().out == "shown\n"


def test_an_exit_code_is_a_failure_and_told() -> None:
    with pytest.raises(FailedError, match="sh -c exit 3 ended with 3"):
        shell(["sh", "-c", "exit 3"], seconds=10)


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(
        FailedError, match="no-such-program cannot be started: No such file"
    ) as told:
        shell(["no-such-program", "apply"], seconds=10)
    assert "is it installed" in str(told.value)


def test_what_is_asked_for_is_json_or_a_failure() -> None:
    assert asked(shell, ["echo", "[1]"], seconds=10) == [1]
    with pytest.raises(FailedError, match="echo Updates are did not say JSON"):
        asked(shell, ["echo", "Updates", "are", "available"], seconds=10)


def test_what_takes_too_long_is_interrupted() -> None:
    """As Terraform wants it: it unlocks its state, and ends."""
    with pytest.raises(FailedError, match=r"took longer than 0\.2 s"):
        shell([sys.executable, "-c", "import time; time.sleep(600)"], seconds=0.2, grace=5)


def test_what_does_not_end_then_is_killed() -> None:
    with pytest.raises(FailedError, match="took longer than 1 s"):
        shell([sys.executable, "-c", STUBBORN], seconds=1, grace=0.1)
