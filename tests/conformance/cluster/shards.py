"""One part of a suite, so that ctest can run the parts side by side.

ARGOSY_SHARD=2/3 is the second part of three; each test is in one of them. Unset: all.
"""

import os
import unittest


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def pick(suite):
    part, count = map(int, os.environ.get("ARGOSY_SHARD", "1/1").split("/"))
    return unittest.TestSuite(list(flatten(suite))[part - 1::count])
