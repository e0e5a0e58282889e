"""Scripts of steps, as text files.

A file opens with settings, "members: 3", "flags: ...", "normalise: raft size", each on
a line of its own, and goes on with steps:

  $ command            runs by sh; stdout, stderr and the exit code are compared
  until N: command     runs until N lines of stdout came, at most 10 s, then is
                       interrupted; these lines are compared
  quiet: command       runs; only the exit code is compared
  retry: command       runs until it exits with 0, at most 20 s; only that counts
  let NAME = command   its stdout becomes $NAME of the steps that follow, and is called
                       <NAME> in what is compared
  id NAME = command    the same for a 64-bit id in hex; tried for 20 s until there is one
  start TAG: command   runs in the background
  finish TAG N         waits for N lines of its stdout, interrupts it, compares the lines
  end TAG N            waits until it ends by itself; compares N lines and the exit code
  sleep SECONDS
  lead N               member N becomes the leader
  server N stop|kill|start
  # comment

A line that ends with a backslash goes on with the next.
"""

import re
from dataclasses import dataclass, field

VERBS = [
    ("run", re.compile(r"\$ (?P<command>.+)", re.DOTALL)),
    ("until", re.compile(r"until (?P<count>\d+): (?P<command>.+)", re.DOTALL)),
    ("quiet", re.compile(r"quiet: (?P<command>.+)", re.DOTALL)),
    ("retry", re.compile(r"retry: (?P<command>.+)", re.DOTALL)),
    ("let", re.compile(r"let (?P<name>\w+) = (?P<command>.+)", re.DOTALL)),
    ("id", re.compile(r"id (?P<name>\w+) = (?P<command>.+)", re.DOTALL)),
    ("start", re.compile(r"start (?P<name>\w+): (?P<command>.+)", re.DOTALL)),
    ("finish", re.compile(r"finish (?P<name>\w+) (?P<count>\d+)")),
    ("end", re.compile(r"end (?P<name>\w+) (?P<count>\d+)")),
    ("sleep", re.compile(r"sleep (?P<seconds>[0-9.]+)")),
    ("lead", re.compile(r"lead (?P<member>[1-9])")),
    ("server", re.compile(r"server (?P<member>[1-9]) (?P<what>stop|kill|start)")),
]
SETTING = re.compile(r"(members|flags|normalise): *(.*)")


@dataclass
class Step:
    line: int
    verb: str
    text: str
    parts: dict


@dataclass
class Script:
    name: str
    members: int = 1
    flags: list = field(default_factory=list)
    normalise: list = field(default_factory=list)
    steps: list = field(default_factory=list)


def logical_lines(text):
    """(number, line), with continued lines joined by newlines."""
    held, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        began = began or number
        if line.endswith("\\") and not line.startswith("#"):
            held += line[:-1] + "\n"
            continue
        yield began, held + line
        held, began = "", 0
    if held:
        raise ValueError(f"line {began}: goes on after the end of the file")


def parse(name, text):
    script = Script(name)
    for number, line in logical_lines(text):
        if not line.strip() or line.startswith("#"):
            continue
        setting = SETTING.fullmatch(line)
        if setting and not script.steps:
            apply_setting(script, setting[1], setting[2].split())
            continue
        for verb, pattern in VERBS:
            match = pattern.fullmatch(line)
            if match:
                script.steps.append(Step(number, verb, line, match.groupdict()))
                break
        else:
            raise ValueError(f"{name}:{number}: not a step: {line}")
    return script


def apply_setting(script, key, words):
    if key == "members":
        script.members = int(words[0])
    else:
        setattr(script, key, words)


def parse_known(text):
    """known_differences.txt: the script, a colon, the step's first line; its reason
    below, indented."""
    known = {}
    current = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            if current is None:
                raise ValueError(f"known_differences.txt:{number}: a reason without a step")
            known[current] = (known[current] + " " + line.strip()).strip()
            continue
        name, _, step = line.partition(": ")
        current = (name, step)
        known[current] = ""
    for (name, step), reason in known.items():
        if not reason:
            raise ValueError(f"known_differences.txt: no reason for {name}: {step}")
    return known
