"""Runs a script's steps against one cluster and records what came out."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

from cluster import Cluster, clean_environment

STEP_SECONDS = 120
UNTIL_SECONDS = 10
RETRY_SECONDS = 20


@dataclass
class Outcome:
    """What is compared: text that the normaliser has seen."""
    text: str


class Background:
    """A command whose lines are gathered while it runs."""

    def __init__(self, command, cwd, environment):
        self.process = subprocess.Popen(
            ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, cwd=cwd, env=environment, start_new_session=True)
        self.lines = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for raw in self.process.stdout:
            with self.changed:
                self.lines.append(raw.decode(errors="backslashreplace").rstrip("\n"))
                self.changed.notify_all()

    def wait_lines(self, count, seconds):
        with self.changed:
            self.changed.wait_for(lambda: len(self.lines) >= count, seconds)

    def interrupt(self):
        """The whole group: the shell and what it runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.reader.join(5)

    def taken(self, count):
        """The lines so far; what comes after `count` is shown too, since none is due."""
        time.sleep(0.2)
        with self.changed:
            return "\n".join(self.lines)


class Side:
    """One cluster with the steps' surroundings: variables, directory, background."""

    def __init__(self, program, script, root, normaliser, tools):
        self.script = script
        self.root = root
        self.normal = normaliser
        self.cluster = Cluster([program] * script.members, root, script.flags)
        self.work = os.path.join(root, "work")
        os.mkdir(self.work)
        self.environment = clean_environment({"PATH": tools + ":" + os.environ["PATH"],
                                              "ROOT": root})
        self.background = {}
        self.outcomes = []

    def start(self):
        self.cluster.start()
        self.normal.name(self.root, "root")
        self.environment["ALL"] = self.cluster.endpoints
        statuses = self.cluster.statuses()
        for number, member in enumerate(self.cluster.members, 1):
            header = statuses[member.name]["header"]
            self.environment[f"EP{number}"] = member.endpoint
            self.environment[f"PEER{number}"] = member.peer_url
            self.environment[f"ID{number}"] = f"{header['member_id']:x}"
            self.normal.name(member.endpoint, f"client {number}")
            self.normal.name(member.peer_url, f"peer {number}")
            self.normal.name_id(f"{header['member_id']:x}", f"member {number}")
            self.normal.name_id(f"{header['cluster_id']:x}", "cluster")

    def close(self):
        for running in self.background.values():
            running.interrupt()
        self.cluster.kill_all()

    def run_all(self):
        for step in self.script.steps:
            self.outcomes.append(Outcome(self.normal(self.run_step(step))))

    def run_step(self, step):
        return getattr(self, "step_" + step.verb)(**step.parts)

    def shell(self, command):
        return subprocess.run(["sh", "-c", command], capture_output=True, timeout=STEP_SECONDS,
                              stdin=subprocess.DEVNULL, cwd=self.work, env=self.environment)

    def step_run(self, command):
        done = self.shell(command)
        text = done.stdout.decode(errors="backslashreplace")
        errors = done.stderr.decode(errors="backslashreplace")
        return f"{text}--- stderr\n{errors}--- exit {done.returncode}"

    def step_quiet(self, command):
        return f"--- exit {self.shell(command).returncode}"

    def step_retry(self, command):
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            done = self.shell(command)
            if done.returncode == 0 or time.monotonic() > deadline:
                return f"--- exit {done.returncode}"
            time.sleep(0.2)

    def step_until(self, count, command):
        running = Background(command, self.work, self.environment)
        running.wait_lines(int(count), UNTIL_SECONDS)
        text = running.taken(int(count))
        running.interrupt()
        return text

    def step_let(self, name, command):
        value = self.shell(command).stdout.decode().strip()
        self.environment[name] = value
        self.normal.name(value, name)
        return "a value" if value else "nothing"

    def step_id(self, name, command):
        deadline = time.monotonic() + RETRY_SECONDS
        while not (value := self.shell(command).stdout.decode().strip()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{command} gives no id")
            time.sleep(0.5)
        self.environment[name] = value
        self.normal.name_id(value, name)
        return "an id"

    def step_start(self, name, command):
        self.background[name] = Background(command, self.work, self.environment)
        time.sleep(0.3)
        return ""

    def step_finish(self, name, count):
        running = self.background.pop(name)
        running.wait_lines(int(count), UNTIL_SECONDS)
        text = running.taken(int(count))
        running.interrupt()
        return text

    def step_end(self, name, count):
        running = self.background.pop(name)
        try:
            running.process.wait(STEP_SECONDS)
        except subprocess.TimeoutExpired:
            running.interrupt()
            return "does not end\n" + "\n".join(running.lines)
        running.wait_lines(int(count), UNTIL_SECONDS)
        return "\n".join(running.lines) + f"\n--- exit {running.process.returncode}"

    def step_sleep(self, seconds):
        time.sleep(float(seconds))
        return ""

    def step_lead(self, member):
        self.cluster.make_leader(self.cluster[int(member) - 1])
        return ""

    def step_server(self, member, what):
        server = self.cluster[int(member) - 1]
        if what == "start":
            server.start(self.cluster.initial).wait_ready()
        elif what == "stop":
            return f"ends with {server.end()}"
        else:
            server.kill()
        return ""
