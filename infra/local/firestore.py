"""The Firestore emulator that gcloud installs, started without gcloud's wrapper.

    python -m infra.local.firestore

starts one, prints its address, and ends it at Ctrl-C.
"""

import contextlib
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
JAVA = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
MEGABYTES = 256
"""Size of the heap, enough for some ten thousand documents. A full one makes calls slow, then
fail."""
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
TRIES = 3
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class NotInstalledError(Exception):
    """java or the emulator is not installed. The message says what to install."""


class NotStartedError(Exception):
    """The emulator ended, or was not ready in time. The message is the end of its log."""


def jar(root: Path | None = None) -> Path:
    """Return the path of the emulator's jar. Raises `NotInstalledError`.

    `root` is the folder of the Cloud SDK, by default the one of the installed gcloud.
    """
    root = root or _sdk_root()
    if shutil.which("java") is None:
        raise NotInstalledError("java is not installed (the Firestore emulator needs 11 or later)")
    if root is None:
        raise NotInstalledError("gcloud is not installed (the Firestore emulator comes with it)")
    if not (root / JAR).exists():
        raise NotInstalledError("run: gcloud components install cloud-firestore-emulator")
    return root / JAR


@contextlib.contextmanager
def emulator(jar: Path, log: Path, *, megabytes: int = MEGABYTES) -> Iterator[str]:
    """Run an emulator on a free port while the block runs, and yield its address (`host:port`)."""
    process, address = _start(jar, log, megabytes)
    try:
        yield address
    finally:
        _stop(process)


def _sdk_root() -> Path | None:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    beside = Path(gcloud).resolve().parent.parent
    return beside if (beside / "platform").exists() else _root_from_gcloud(gcloud)


def _root_from_gcloud(gcloud: str) -> Path | None:
    asked = subprocess.run(  # noqa: S603 - the gcloud on the path, without input
        [gcloud, "info", "--format=value(installation.sdk_root)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(asked.stdout.strip()) if asked.stdout.strip() else None


def _start(jar: Path, log: Path, megabytes: int) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(TRIES):  # another process may take the port before it is bound
        port = _free_port()
        process = _launch(jar, log, port, megabytes)
        if _becomes_ready(process, port):
            return process, f"127.0.0.1:{port}"
        _stop(process)
    raise NotStartedError(log.read_text(errors="replace")[-800:])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _launch(jar: Path, log: Path, port: int, megabytes: int) -> subprocess.Popen[bytes]:
    command = ["java", f"-Xmx{megabytes}m", *JAVA, "-cp", str(jar), MAIN]
    command += ["--host=127.0.0.1", f"--port={port}"]
    with log.open("wb") as out:
        return subprocess.Popen(  # noqa: S603 - no argument comes from outside
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - ends it when its parent is killed
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _becomes_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer,
        ):
            if answer.read().strip() == b"Ok":
                _warm_up(port)
                return True
        time.sleep(0.05)
    return False


def _warm_up(port: int) -> None:
    """Read a document that is missing. The emulator loads most of its classes at its first call.

    On a busy machine that takes longer than the deadline of a store.
    """
    documents = "v1/projects/demo-warm-up/databases/(default)/documents"
    with contextlib.suppress(OSError):
        urllib.request.urlopen(
            f"http://127.0.0.1:{port}/{documents}/warm-up/missing", timeout=READY_SECONDS
        ).close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    with (
        contextlib.suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory() as folder,
        emulator(jar(), Path(folder, "emulator.log")) as address,
    ):
        print(f"Firestore emulator: FIRESTORE_EMULATOR_HOST={address}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
