"""The reader of the tables."""

import unittest

from table import matches, rows


class Rows(unittest.TestCase):
    def test_a_table(self):
        text = ("| | a | b | c |\n|---|---|---|---|\n"
                "| `name` | what | `one <x>` and `two` | exit 1 |\n")
        self.assertEqual(rows(text), {"name": (["one <x>", "two"], "exit 1")})

    def test_two_rows_of_one_name(self):
        with self.assertRaises(ValueError):
            rows("| `a` | | | |\n| `a` | | | |\n")


class Matches(unittest.TestCase):
    def test_words_in_brackets_stand_for_anything(self):
        self.assertTrue(matches("at offset <n>: crc", "wal at offset 12: crc mismatch"))
        self.assertFalse(matches("at offset <n>: crc", "at offset : crc"))
        self.assertFalse(matches("at offset 1", "at offset 2"))

    def test_nothing_else_is_special(self):
        self.assertTrue(matches("a.b [c] (d)", "x a.b [c] (d)"))
        self.assertFalse(matches("a.b", "axb"))


if __name__ == "__main__":
    unittest.main()
