#!/usr/bin/env python3
"""clang-tidy on some files, several at a time, within a limit of time.

  tools/tidy.py BUILD_DIR SECONDS JOBS FILE...

Files that the time did not suffice for are named at the end: they were not looked at.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import time


def known_files(build):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        return {os.path.realpath(entry["file"]) for entry in json.load(file)}


def look_at(build, path, end):
    if time.monotonic() > end:
        return path, None, ""
    done = subprocess.run(["clang-tidy-19", "-p", build, "--quiet", path],
                          capture_output=True, text=True, check=False)
    return path, done.returncode, done.stdout


def main():
    build, limit, jobs, *files = sys.argv[1:]
    known = known_files(build)
    files = [path for path in files if os.path.realpath(path) in known]
    end = time.monotonic() + float(limit)
    failed, left_out = 0, []
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as pool:
        for path, code, output in pool.map(lambda f: look_at(build, f, end), files):
            if code is None:
                left_out.append(path)
            elif code != 0:
                failed += 1
                print(output, end="", flush=True)
    print(f"clang-tidy: {len(files) - len(left_out)} files looked at, {failed} with findings")
    if left_out:
        print(f"clang-tidy: no time was left for {len(left_out)}: {' '.join(left_out)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
