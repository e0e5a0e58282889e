"""Every row of docs/etcd-bad-input.md, done: what is said and what then happens.

A function row_<name> makes the bad input and returns (outcome, text); the table says
what both must be. A row without a function, and a function without a row, are errors.
The test runs in a mount namespace of its own, for full and read-only disks.

  ARGOSY_ETCD=build/dev/bin/etcd [ARGOSY_ROWS="wal-flip db-flip"] python3 bad_input_test.py
"""

import os
import sys
import unittest

if os.environ.get("ARGOSY_OWN_MOUNTS") != "1":
    os.environ["ARGOSY_OWN_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])

import rows_disk  # noqa: E402
import rows_files  # noqa: E402
import rows_flags  # noqa: E402
import rows_wire  # noqa: E402
from surroundings import HERE, Surroundings  # noqa: E402
from shards import pick  # noqa: E402
from table import matches, rows  # noqa: E402

PAGE = os.path.join(HERE, "..", "..", "..", "docs", "etcd-bad-input.md")
PREFIX = "row_"


def functions():
    found = {}
    for module in (rows_wire, rows_flags, rows_files, rows_disk):
        for name, function in vars(module).items():
            if name.startswith(PREFIX):
                found[name[len(PREFIX):].replace("_", "-")] = function
    return found


def test_of(name, texts, outcome, function):
    def test(self):
        with Surroundings() as surroundings:
            then, said = function(surroundings)
        for text in texts:
            self.assertTrue(matches(text, said), f"{text!r} is not in what it says:\n{said}")
        self.assertEqual(then, outcome, said)
    test.__doc__ = name
    return test


class BadInput(unittest.TestCase):
    longMessage = False


def load_tests(loader, standard, pattern):
    del loader, standard, pattern
    with open(PAGE, encoding="utf-8") as page:
        table = rows(page.read())
    made = functions()
    if set(table) != set(made):
        raise AssertionError(f"rows without a function: {sorted(set(table) - set(made))}; "
                             f"functions without a row: {sorted(set(made) - set(table))}")
    wanted = os.environ.get("ARGOSY_ROWS", "").split() or list(table)
    suite = unittest.TestSuite()
    for name in wanted:
        attribute = "test_" + name.replace("-", "_")
        setattr(BadInput, attribute, test_of(name, *table[name], made[name]))
        suite.addTest(BadInput(attribute))
    return pick(suite)


if __name__ == "__main__":
    unittest.main()
