#!/usr/bin/env python3
"""The house linter: floors, declared siblings, outside libraries, lengths, furniture.

  tools/lint.py                       all rules that need no compiler; 0 if they hold
  tools/lint.py --headers BUILD_DIR   each header compiles alone
  tools/lint.py --picture text        what uses what (text or mermaid)
  tools/lint.py --write-picture       renew the picture in docs/architecture.md
  tools/lint.py --threaded-tests      folders whose tests start threads, for the thread sanitizer
  tools/lint.py --fuzzers             fuzzers: program, folder, corpus
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from houselint import headers, includes, picture, shape  # noqa: E402
from houselint.tree import Tree  # noqa: E402


def threaded_tests(tree):
    """Folders whose tests run code that includes <thread>, in whatever folder."""
    def starts_threads(name):
        return any(what == "thread" for source in tree.folders[name].files
                   for _, _, what in source.includes() if not source.is_test)

    for name, folder in sorted(tree.folders.items()):
        tests = [s for s in folder.files if s.path.endswith("_test.cc")]
        if not tests:
            continue
        used = tree.closure([name, *folder.test_uses]) & tree.folders.keys()
        own = any(what == "thread" for s in tests for _, _, what in s.includes())
        if own or any(starts_threads(u) for u in used):
            yield name


def fuzzers(tree):
    for source in tree.sources:
        if source.path.endswith("_fuzz.cc"):
            stem = source.name.removesuffix(".cc")
            program = f"m_{source.folder.replace('/', '_')}_{stem}"
            yield f"{program} src/{source.folder} testdata/fuzz_{stem.removesuffix('_fuzz')}"


def report(findings):
    for finding in sorted(set(findings)):
        print(finding)
    if findings:
        print(f"{len(set(findings))} findings", file=sys.stderr)
    return 1 if findings else 0


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=root)
    parser.add_argument("--headers", metavar="BUILD_DIR")
    parser.add_argument("--picture", choices=("text", "mermaid"))
    parser.add_argument("--write-picture", action="store_true")
    parser.add_argument("--threaded-tests", action="store_true")
    parser.add_argument("--fuzzers", action="store_true")
    arguments = parser.parse_args()
    tree = Tree(arguments.root)
    if arguments.headers:
        return report(headers.check(tree, arguments.headers))
    if arguments.picture:
        print(getattr(picture, arguments.picture)(tree))
    elif arguments.write_picture:
        picture.write(tree, os.path.join(arguments.root, picture.PAGE))
    elif arguments.threaded_tests:
        print("\n".join(threaded_tests(tree)))
    elif arguments.fuzzers:
        print("\n".join(fuzzers(tree)))
    else:
        return report(includes.check(tree) + shape.check(tree) + picture.check(tree))
    return 0


if __name__ == "__main__":
    sys.exit(main())
