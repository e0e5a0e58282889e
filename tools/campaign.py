#!/usr/bin/env python3
"""Runs every test of a build without ctest's limits of time, for campaigns of hours.

  ARGOSY_LONG=1 tools/campaign.py BUILD_DIR LOG_DIR [REGEX]

All of a test's output is in LOG_DIR/<name>.log. 0 if all passed.
"""

import json
import os
import re
import subprocess
import sys
import time


def tests_of(build):
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"],
                           capture_output=True, text=True, check=True)
    for test in json.loads(shown.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        if "command" in test:
            yield test["name"], test["command"], properties.get("WORKING_DIRECTORY", build)


def main():
    build, logs = sys.argv[1:3]
    wanted = re.compile(sys.argv[3] if len(sys.argv) > 3 else "")
    os.makedirs(logs, exist_ok=True)
    failed = []
    for name, command, directory in tests_of(build):
        if not wanted.search(name):
            continue
        began = time.monotonic()
        print(f"    {name} ...", end="", flush=True)
        with open(os.path.join(logs, name.replace("/", "_") + ".log"), "wb") as log:
            code = subprocess.run(command, cwd=directory, stdout=log, stderr=log,
                                  check=False).returncode
        print(f" {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s")
        if code != 0:
            failed.append(name)
    print(f"{len(failed)} failed" + (": " + " ".join(failed) if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
