"""The table of flags in docs/etcd.md has every flag that --help has, with its default."""

import os
import re
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "..", "docs", "etcd.md")


class Flags(unittest.TestCase):
    def test_the_table_is_that_of_the_program(self):
        usage = subprocess.run([os.environ["ARGOSY_ETCD"], "--help"], capture_output=True,
                               text=True, check=True).stdout
        wanted = dict(re.findall(r"^  --([a-z0-9-]+) '(.*)'$", usage, re.MULTILINE))
        with open(PAGE, encoding="utf-8") as page:
            table = dict(re.findall(r"^\| `--([a-z0-9-]+)` \|\s*`?([^`|]*?)`?\s*\|", page.read(),
                                    re.MULTILINE))
        self.assertGreater(len(wanted), 50)
        self.assertEqual(table, wanted)


if __name__ == "__main__":
    unittest.main()
