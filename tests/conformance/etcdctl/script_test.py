"""The language of the scripts."""

import unittest

from script import parse, parse_known


class Parse(unittest.TestCase):
    def test_settings_come_first(self):
        script = parse("a", "members: 3\nflags: --x --y=1\nnormalise: raft\n\n$ true\n")
        self.assertEqual((script.members, script.flags, script.normalise),
                         (3, ["--x", "--y=1"], ["raft"]))

    def test_every_verb(self):
        text = ("$ a b\nuntil 3: c\nquiet: d\nretry: e\nlet n = f\nid l = g\nstart t: h\n"
                "finish t 2\nend t 1\nsleep 0.5\nlead 2\nserver 1 kill\n")
        steps = parse("a", text).steps
        self.assertEqual([step.verb for step in steps],
                         ["run", "until", "quiet", "retry", "let", "id", "start", "finish",
                          "end", "sleep", "lead", "server"])
        self.assertEqual(steps[1].parts, {"count": "3", "command": "c"})
        self.assertEqual([step.line for step in steps][:2], [1, 2])

    def test_a_line_goes_on(self):
        step = parse("a", "# x\n$ printf 'a\\\nb' |\\\n cat\n").steps[0]
        self.assertEqual(step.parts["command"], "printf 'a\nb' |\n cat")
        self.assertEqual(step.line, 2)

    def test_what_is_no_step_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "a:2: not a step: etcdctl"):
            parse("a", "# x\netcdctl get\n")


class Known(unittest.TestCase):
    def test_steps_with_reasons(self):
        self.assertEqual(parse_known("# c\nauth: $ etcdctl auth enable\n  Not\n  yet.\n"),
                         {("auth", "$ etcdctl auth enable"): "Not yet."})

    def test_a_reason_is_demanded(self):
        with self.assertRaisesRegex(ValueError, "no reason"):
            parse_known("auth: $ a\n")


if __name__ == "__main__":
    unittest.main()
