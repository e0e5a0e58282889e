#!/usr/bin/env python3
"""Each rule of the house linter on a small tree that breaks it, and on one that does not."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from houselint import includes, picture, shape  # noqa: E402
from houselint.tree import Tree  # noqa: E402
import lint  # noqa: E402

HEADER = "// A thing.\n#pragma once\n"
GOOD = {
    "src/CMakeLists.txt": "floor_of(base sys/file sys/clock io/loop sim/disk lib/json)\n"
                          "floor_of(parts/a/core parts/a parts/b/core argosy)\n",
    "src/base/CMakeLists.txt": "module(base PURE LIBS fmt)\n",
    "src/base/README.md": "x\n",
    "src/base/format.h": HEADER + "#include <fmt/core.h>\n",
    "src/sys/file/CMakeLists.txt": "module(sys/file USES base)\n",
    "src/sys/file/README.md": "x\n",
    "src/sys/file/disk.h": HEADER + '#include "base/format.h"\n',
    "src/sys/file/disk.cc": '#include "sys/file/disk.h"\n\nint f() { return 1; }\n',
    "src/io/loop/CMakeLists.txt": "module(io/loop USES sys/file LIBS uv)\n",
    "src/io/loop/README.md": "x\n",
    "src/io/loop/loop.h": HEADER + '#include "sys/file/disk.h"\n',
    "src/io/loop/loop.cc": '#include "io/loop/loop.h"\n#include <uv.h>\n#include <thread>\n',
    "src/sim/disk/CMakeLists.txt": "module(sim/disk USES sys/file)\n",
    "src/sim/disk/README.md": "x\n",
    "src/sim/disk/disk.h": HEADER + '#include "sys/file/disk.h"\n',
    "src/parts/a/core/CMakeLists.txt":
        "module(parts/a/core PURE USES base  # pure\n  TEST_USES sim/disk io/loop)\n",
    "src/parts/a/core/README.md": "x\n",
    "src/parts/a/core/core.h": HEADER + '#include "base/format.h"\n',
    "src/parts/a/core/core_test.cc":
        '#include "parts/a/core/core.h"\n#include <doctest/doctest.h>\n'
        '#include "sim/disk/disk.h"\n#include "io/loop/loop.h"\n',
    "src/parts/a/CMakeLists.txt": "program(a USES parts/a/core)\n",
    "src/parts/a/README.md": "x\n",
    "src/parts/a/main.cc": '#include "parts/a/core/core.h"\n#include <iostream>\n',
}


class Rules(unittest.TestCase):
    def findings(self, change, rules=(includes.check, shape.check)):
        """What the rules say of the good tree with these files changed (None: removed)."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **change}.items():
                if text is None:
                    continue
                place = os.path.join(root, path)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "w", encoding="utf-8") as file:
                    file.write(text)
            tree = Tree(root)
            return [str(f) for rule in rules for f in rule(tree)]

    def expect(self, change, *parts):
        found = self.findings(change)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_a_good_tree_has_no_findings(self):
        self.assertEqual(self.findings({}), [])

    def test_an_include_that_is_not_declared(self):
        self.expect({"src/parts/a/core/core.h": HEADER + '\n#include "base/format.h"\n'
                                                         '#include "sys/file/disk.h"\n'},
                    "src/parts/a/core/core.h:5:", 'includes "sys/file/disk.h" of sys/file',
                    "add sys/file to USES in src/parts/a/core/CMakeLists.txt")

    def test_a_test_may_use_more_than_its_folder_but_not_anything(self):
        self.expect({"src/sys/file/disk_test.cc": '#include "io/loop/loop.h"\n'},
                    "disk_test.cc:1:", "floor io is above floor sys")

    def test_a_header_of_tests_may_include_what_tests_may(self):
        core = GOOD["src/parts/a/core/core_test.cc"] + '#include "parts/a/core/story.h"\n'
        self.assertEqual(self.findings({
            "src/parts/a/core/story.h": HEADER + '#include "sim/disk/disk.h"\n',
            "src/parts/a/core/core_test.cc": core}), [])

    def test_a_higher_floor(self):
        self.expect({"src/base/text.h": HEADER + '#include "sys/file/disk.h"\n',
                     "src/base/text.cc": '#include "base/text.h"\n'},
                    "floor sys is above floor base")

    def test_a_declared_higher_floor(self):
        found = self.findings({"src/sys/file/CMakeLists.txt": "module(sys/file USES base io/loop)",
                               "src/io/loop/CMakeLists.txt": "module(io/loop LIBS uv)",
                               "src/io/loop/loop.h": HEADER})
        self.assertIn("sys/file uses io/loop: floor io is above floor sys", "\n".join(found))

    def test_the_simulation_is_for_tests(self):
        self.expect({"src/sys/file/disk.cc": '#include "sys/file/disk.h"\n'
                                             '#include "sim/disk/disk.h"\n'},
                    "disk.cc:2:", "sim is for tests only")

    def test_parts_do_not_know_each_other(self):
        self.expect({"src/parts/b/core/CMakeLists.txt": "module(parts/b/core)\n",
                     "src/parts/b/core/README.md": "x\n",
                     "src/parts/b/core/b.cc": '#include "parts/a/core/core.h"\n'},
                    "b.cc:1:", "parts do not know each other")

    def test_the_umbrella_does_not_know_parts(self):
        self.expect({"src/argosy/CMakeLists.txt": "module(argosy)\n",
                     "src/argosy/README.md": "x\n",
                     "src/argosy/up.cc": '#include "parts/a/core/core.h"\n'},
                    "up.cc:1:", "start its program as a process")

    def test_a_circle(self):
        found = self.findings({
            "src/sys/clock/CMakeLists.txt": "module(sys/clock USES sys/file)\n",
            "src/sys/clock/README.md": "x\n",
            "src/sys/clock/clock.h": HEADER + '#include "sys/file/disk.h"\n',
            "src/sys/file/CMakeLists.txt": "module(sys/file USES base sys/clock)\n",
            "src/sys/file/disk.cc": '#include "sys/clock/clock.h"\n'})
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], "a circle: sys/(file|clock) -> sys/(clock|file) -> ")

    def test_a_declaration_that_nothing_needs(self):
        self.expect({"src/sys/file/CMakeLists.txt": "module(sys/file USES base sys/clock)\n",
                     "src/sys/clock/CMakeLists.txt": "module(sys/clock)\n"},
                    "declares USES sys/clock but includes nothing")

    def test_a_library_that_nothing_needs(self):
        self.expect({"src/sys/file/CMakeLists.txt": "module(sys/file USES base LIBS openssl)\n"},
                    "declares LIBS openssl but includes none of its headers")

    def test_a_declared_folder_that_does_not_exist(self):
        found = self.findings({"src/sys/file/CMakeLists.txt": "module(sys/file USES base sys/x)\n"})
        self.assertIn("uses sys/x: there is no such folder", "\n".join(found))

    def test_a_file_that_does_not_exist(self):
        self.expect({"src/sys/file/disk.cc": '#include "disk.h"\n'}, "there is no such file")

    def test_a_pure_folder_uses_pure_folders(self):
        self.expect({"src/parts/a/core/CMakeLists.txt":
                     "module(parts/a/core PURE USES base sys/file TEST_USES sim/disk io/loop)\n",
                     "src/parts/a/core/core.cc": '#include "sys/file/disk.h"\n'},
                    "parts/a/core is PURE and uses sys/file")

    def test_a_pure_folder_has_no_effects(self):
        for header in ("thread", "mutex", "fstream", "filesystem", "random", "unistd.h"):
            self.expect({"src/parts/a/core/core.cc": f"#include <{header}>\n"},
                        "core.cc:1:", f"includes <{header}>: parts/a/core is PURE")
        self.expect({"src/parts/a/core/core.cc":
                     "\nauto t = std::chrono::steady_clock::now();  // now\n"},
                    "core.cc:2:", "reads a clock")

    def test_outside_libraries_have_their_folders(self):
        for header, library in (("openssl/sha.h", "openssl"), ("nghttp2/nghttp2.h", "nghttp2"),
                                ("uv.h", "uv"), ("boost/beast/http.hpp", "boost_beast"),
                                ("boost/json.hpp", "boost_json"), ("spdlog/spdlog.h", "spdlog"),
                                ("zlib.h", "zlib"), ("yaml.h", "yaml"),
                                ("prometheus/registry.h", "prometheus"),
                                ("systemd/sd-bus.h", "systemd")):
            self.expect({"src/sys/file/more.cc": f"#include <{header}>\n"},
                        "more.cc:1:", f"add {library} to LIBS in src/sys/file/CMakeLists.txt")
        self.expect({"src/sys/file/more.cc": "#include <etcd/rpc.pb.h>\n"},
                    "add proto/etcd to USES")

    def test_fmt_has_one_door(self):
        self.expect({"src/sys/file/more.cc": "#include <fmt/core.h>\n"}, "the one door to fmt")

    def test_doctest_in_product_code(self):
        self.expect({"src/sys/file/more.cc": "#include <doctest/doctest.h>\n"},
                    "only *_test, *_fuzz and *_bench")

    def test_long_lines_and_files(self):
        self.expect({"src/sys/file/more.cc": "//" + "x" * 99 + "\n"},
                    "more.cc:1: has 101 columns")
        self.expect({"src/sys/file/more.cc": "// é" + "x" * 96 + "\n" + "//\n" * 600},
                    "more.cc:601: has 601 lines")

    def test_long_functions(self):
        body = "".join(f"  call({i});\n" for i in range(69))
        self.expect({"src/sys/file/more.cc":
                     f"namespace a {{\nint f(\n    int x) {{\n{body}}}\n}}"},
                    "more.cc:2: a function of 72 lines")
        self.assertEqual(self.findings({"src/sys/file/more.cc": f"int f() {{\n{body[:-11]}}}\n"}),
                         [])
        self.expect({"src/sys/file/more.cc":
                     f"struct A {{\n  A() : a{{1}}, b(2) {{\n{body}  }}\n}};"},
                    "a function of 71 lines")
        self.expect({"src/sys/file/more.cc": f'T("a \\" {{", 1) {{\n  g("}}");  // }}\n{body}}}\n'},
                    "a function of 72 lines")
        table = "constexpr int kTable[] = {\n" + "  1,\n" * 80 + "};\n"
        self.assertEqual(self.findings({"src/sys/file/more.cc": table}), [])

    def test_banned_words(self):
        self.expect({"src/sys/file/disk.h": HEADER + '#include "base/format.h"\n'
                                                     "using namespace std;\n"},
                    "`using namespace` in a header")
        self.expect({"src/sys/file/more.cc": "#include <regex>\n"}, "base/text.h")
        self.expect({"src/sys/file/more.cc": "#include <iostream>\n"}, "only a main.cc may")
        self.expect({"src/sys/file/more.cc": "// TODO: later\n"}, "TODO without a reason")
        self.assertEqual(self.findings({"src/sys/file/more.cc": "// TODO(kernel 6.12): x\n"}), [])
        self.expect({"src/sys/file/more.cc": "// FIXME\n"}, "FIXME")
        self.expect({"src/sys/file/disk.h": '#include "base/format.h"\n'}, "#pragma once")

    def test_furniture(self):
        self.expect({"src/sys/file/README.md": None}, "src/sys/file has no README.md")
        self.expect({"src/lib/json/json.cc": "\n", "src/lib/json/README.md": "x\n"},
                    "src/lib/json has no CMakeLists.txt")
        self.expect({"src/sys/file/main.cc": "\n"}, "main.cc that no program() builds")
        self.expect({"src/sys/file/extra.h": HEADER}, "extra.h:1: no file includes this header")
        self.expect({"src/lib/xml/CMakeLists.txt": "module(lib/xml)\n",
                     "src/lib/xml/README.md": "x\n", "src/lib/xml/xml.cc": "\n"},
                    "does not name lib/xml")

    def test_the_picture_is_current(self):
        page = f"before\n{picture.BEGIN}\nold\n{picture.END}\nafter\n"
        found = self.findings({picture.PAGE: page}, rules=[picture.check])
        self.assertIn("--write-picture", found[0])
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, picture.PAGE: page}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            tree = Tree(root)
            picture.write(tree, os.path.join(root, picture.PAGE))
            self.assertEqual(picture.check(tree), [])
            shown = tree.read(picture.PAGE)
            self.assertTrue(shown.startswith("before\n") and shown.endswith("\nafter\n"))
            self.assertIn("floor_io ==> floor_sys", shown)
            self.assertIn("io/loop       <- sys/file uv", shown)
            self.assertEqual(list(lint.threaded_tests(tree)), ["parts/a/core"])


if __name__ == "__main__":
    unittest.main()
