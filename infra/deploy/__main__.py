"""Entry point of `python -m infra.deploy ENVIRONMENT PROJECT`."""

import sys

from infra.deploy.deploy import main

sys.exit(main())
