#!/usr/bin/env python3
"""Runs a command with a PostgreSQL of its own, which ARGOSY_POSTGRES names.

  with_postgres.py COMMAND ARGUMENT...

The exit code is the command's.
"""

import functools
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from cluster import die_with_parent  # noqa: E402

START_SECONDS = 30


def program(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    if not found:
        sys.exit(f"{name} is missing: apt-get install postgresql")
    return found[-1]


def as_its_user():
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Postgres:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="argosy-postgres-")
        self.identity = as_its_user()
        if self.identity:
            os.chown(self.root, self.identity["user"], self.identity["group"])
        self.log = os.path.join(self.root, "log")
        data = os.path.join(self.root, "data")
        subprocess.run([program("initdb"), "-D", data, "-A", "trust", "-U", "argosy", "-N"],
                       check=True, stdout=subprocess.DEVNULL, cwd=self.root, **self.identity)
        with open(self.log, "wb") as log:
            self.server = subprocess.Popen(
                [program("postgres"), "-D", data, "-k", self.root, "-c", "listen_addresses="],
                stdout=log, stderr=log, cwd=self.root, preexec_fn=functools.partial(die_with_parent, signal.SIGQUIT),
                **self.identity)

    @property
    def connection(self):
        return f"host={self.root} user=argosy dbname=postgres"

    def wait_ready(self):
        end = time.monotonic() + START_SECONDS
        while subprocess.run([program("pg_isready"), "-q", "-h", self.root],
                             check=False).returncode != 0:
            if self.server.poll() is not None or time.monotonic() > end:
                with open(self.log, encoding="utf-8") as log:
                    sys.exit(f"PostgreSQL does not start:\n{log.read()}")
            time.sleep(0.1)

    def end(self):
        self.server.send_signal(signal.SIGINT)
        self.server.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def main():
    postgres = Postgres()
    try:
        postgres.wait_ready()
        environment = dict(os.environ, ARGOSY_POSTGRES=postgres.connection)
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    finally:
        postgres.end()


if __name__ == "__main__":
    sys.exit(main())
