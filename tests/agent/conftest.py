"""Tests in `adk/` need the packages of the agent. They run in .venv-agent only (`make agent`)."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("google.adk") else ["adk"]
