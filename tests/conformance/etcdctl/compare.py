#!/usr/bin/env python3
"""Runs one script against our etcd and Debian's at the same time and compares.

  compare.py --etcd build/dev/bin/etcd steps/keys.txt [--show]

Exit 0 when every step came out equal, but for those in known_differences.txt, which
must differ (else their line is stale). --show prints what the steps said.
"""

import argparse
import difflib
import os
import shutil
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from cluster import THEIRS  # noqa: E402
from normalise import Normaliser  # noqa: E402
from script import parse, parse_known  # noqa: E402
from side import Side  # noqa: E402


class Run(threading.Thread):
    """A side on a thread of its own; what it raises is kept."""

    def __init__(self, name, program, script):
        super().__init__(name=name)
        self.root = tempfile.mkdtemp(prefix=f"etcdctl-{script.name}-{name}-")
        self.side = Side(program, script, self.root, Normaliser(script.normalise),
                         os.path.join(HERE, "tools"))
        self.error = None

    def run(self):
        try:
            self.side.start()
            self.side.run_all()
        except Exception as error:  # shown by the main thread
            self.error = error
        finally:
            self.side.close()


def show_difference(step, ours, theirs, name):
    print(f"{name}:{step.line}: {step.text}")
    print("\n".join(difflib.unified_diff(theirs.splitlines(), ours.splitlines(),
                                         "Debian's", "ours", lineterm="", n=2)))
    print()


def judge(script, ours, theirs, known, shows):
    """The number of steps that differ and may not, or may and don't."""
    wrong = 0
    for step, own, other in zip(script.steps, ours, theirs):
        is_known = (script.name, step.text.split("\n")[0]) in known
        if shows:
            print(f"{step.line}: {step.text}\n{own.text}\n")
        if own.text != other.text and not is_known:
            wrong += 1
            show_difference(step, own.text, other.text, script.name)
        if own.text == other.text and is_known:
            wrong += 1
            print(f"{script.name}:{step.line}: no longer differs; take it out of "
                  f"known_differences.txt: {step.text}\n")
    return wrong


def check_known(script, known):
    texts = {step.text.split("\n")[0] for step in script.steps}
    stale = [step for name, step in known if name == script.name and step not in texts]
    for step in stale:
        print(f"known_differences.txt: {script.name} has no such step: {step}")
    return len(stale)


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--etcd", required=True)
    options.add_argument("--show", action="store_true")
    options.add_argument("--keep", action="store_true", help="keep the directories")
    options.add_argument("script")
    given = options.parse_args()
    name = os.path.splitext(os.path.basename(given.script))[0]
    with open(given.script, encoding="utf-8") as text:
        script = parse(name, text.read())
    with open(os.path.join(HERE, "known_differences.txt"), encoding="utf-8") as text:
        known = parse_known(text.read())
    runs = [Run("ours", os.path.abspath(given.etcd), script), Run("theirs", THEIRS, script)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    failed = [run for run in runs if run.error]
    for run in failed:
        print(f"{run.name}: {run.error!r}; its files are in {run.root}")
    wrong = check_known(script, known)
    wrong += judge(script, runs[0].side.outcomes, runs[1].side.outcomes, known, given.show)
    print(f"{script.name}: {len(script.steps)} steps, {wrong} wrong")
    if not failed and not given.keep:
        for run in runs:
            shutil.rmtree(run.root, ignore_errors=True)
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
