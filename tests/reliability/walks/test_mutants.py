"""Each rule of turns and avatar sessions is taken out, and a walk shows it.

The walks are those of `test_walks` and `test_session_walks`: with the rule they keep every
invariant.
"""

import logging
from collections.abc import Iterator

import pytest

from tests.reliability.walks import mutants, session_mutants
from tests.reliability.walks.conditions import MIXES
from tests.reliability.walks.mutants import Mutant
from tests.reliability.walks.test_session_walks import broken_in_session_walk
from tests.reliability.walks.test_walks import broken_in_walk
