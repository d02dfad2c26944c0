"""Run the smoke test: `python -m infra.smoke WHERE`."""

import sys

from infra.smoke.run import main

sys.exit(main())
