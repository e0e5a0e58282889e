"""Compiles each header alone, with the flags of its folder: the precompiled standard
headers, which every file gets, and nothing else before it."""

import concurrent.futures
import json
import os
import shlex
import subprocess

from houselint.tree import Finding


def commands_by_folder(build):
    """For each folder of src/ the command of one of its sources."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    found = {}
    for entry in entries:
        folder = os.path.dirname(entry["file"])
        # A test's command can do all that its folder's can, and more.
        if folder not in found or entry["file"].endswith("_test.cc"):
            found[folder] = entry
    return found


def flags_of(entry):
    words = shlex.split(entry["command"])
    while words and "clang" not in os.path.basename(words[0]):
        words.pop(0)
    kept, skip = [], False
    for word in words:
        if skip or word in ("-o", "-c", "-MF", "-MT", "-MD"):
            skip = not skip and word in ("-o", "-MF", "-MT")
        elif word != entry["file"]:
            kept.append(word)
    return kept


def compile_alone(job):
    path, command, directory = job
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return path, done.returncode, done.stderr.strip()


def check(tree, build):
    build = os.path.abspath(build)
    commands = commands_by_folder(build)
    any_command = next(c for place, c in commands.items() if "/src/" in place + "/")
    jobs = []
    for source in tree.sources:
        if source.is_header:
            place = os.path.join(os.path.abspath(tree.root), source.path)
            entry = commands.get(os.path.dirname(place), any_command)
            command = flags_of(entry) + ["-Wno-pragma-once-outside-header", "-Wno-unused-function",
                                         "-fsyntax-only", "-x", "c++", place]
            jobs.append((source.path, command, entry["directory"]))
    findings = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, code, errors in pool.map(compile_alone, jobs):
            if code != 0:
                findings.append(Finding(path, 1, "does not compile alone; include what it uses:\n"
                                        + "\n".join(errors.split("\n")[:6])))
    return findings
