"""What needs the agent's own packages is in `adk/`: they are not ours to have (infra/agent/README.md),
so those tests run in an environment of their own, by `make agent`, and are not collected elsewhere.
"""

from importlib.util import find_spec

collect_ignore = [] if find_spec("google.adk") else ["adk"]
