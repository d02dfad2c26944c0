import sys

import pytest

from infra.deploy.shell import FailedError, run_command, run_json

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: print("asked to end", flush=True))
while True: time.sleep(60)
"""


def test_output_is_returned_if_it_is_read() -> None:
    assert run_command(["echo", "read"], seconds=10, read=True) == "read\n"


def test_output_is_shown_if_it_is_not_read(capfd: pytest.CaptureFixture[str]) -> None:
    assert not run_command(["echo", "shown"], seconds=10)
    assert capfd.readouterr().out == "shown\n"


def test_exit_code_is_a_failure() -> None:
    with pytest.raises(FailedError, match=r"sh -c exit 3 ended with 3$"):
        run_command(["sh", "-c", "exit 3"], seconds=10)


def test_failure_has_the_errors_of_a_command_that_is_read(
    capfd: pytest.CaptureFixture[str],
) -> None:
    script = "echo no permission >&2; exit 3"
    with pytest.raises(FailedError, match=r"ended with 3: no permission$"):
        run_command(["sh", "-c", script], seconds=10, read=True)
    assert capfd.readouterr() == ("", "")


def test_warnings_of_a_command_that_is_read_are_shown(capfd: pytest.CaptureFixture[str]) -> None:
    script = "echo a warning >&2; echo a result"
    assert run_command(["sh", "-c", script], seconds=10, read=True) == "a result\n"
    assert capfd.readouterr().err == "a warning\n"


def test_missing_program_is_named() -> None:
    with pytest.raises(
        FailedError, match="no-such-program cannot be started: No such file"
    ) as failed:
        run_command(["no-such-program", "apply"], seconds=10)
    assert "is it installed" in str(failed.value)


def test_json_is_parsed_and_other_output_is_a_failure() -> None:
    assert run_json(run_command, ["echo", "[1]"], seconds=10) == [1]
    with pytest.raises(FailedError, match="echo Updates are did not print JSON"):
        run_json(run_command, ["echo", "Updates", "are", "available"], seconds=10)


def test_slow_command_is_interrupted() -> None:
    """On an interrupt Terraform unlocks its state and ends."""
    with pytest.raises(FailedError, match=r"took longer than 0\.2 s"):
        run_command([sys.executable, "-c", "import time; time.sleep(600)"], seconds=0.2, grace=5)


def test_command_that_ignores_the_interrupt_is_killed() -> None:
    with pytest.raises(FailedError, match="took longer than 1 s"):
        run_command([sys.executable, "-c", STUBBORN], seconds=1, grace=0.1)
