"""The recogniser of the local stack, for tests that listen to real speech."""

import os

import pytest

from infra.local.recogniser.recogniser import PYTHON, is_installed

needs_recogniser = pytest.mark.recogniser
"""Marks a test that recognises speech. It is skipped where the recogniser is not installed."""


def require_recogniser() -> None:
    """Skip the test where the recogniser is not installed; fail it if `CI` is set."""
    if is_installed():
        return
    missing = f"no recogniser in {PYTHON.parents[1]}: make .venv-recogniser/installed"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
