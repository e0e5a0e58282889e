"""What the rows of bad input need: servers, directories, file surgery."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "conformance", "cluster"))

from cluster import Cluster, clean_environment  # noqa: E402

OURS = os.environ["ARGOSY_ETCD"]
STARTED = "runs"


class Surroundings:
    """One row's: a directory that goes when the row is done, and servers in it."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="etcd-bad-input-")
        self.clusters = []
        self.mounts = []

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for cluster in self.clusters:
            cluster.kill_all()
        for mount in reversed(self.mounts):
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def cluster(self, members=1, flags=()):
        made = Cluster([OURS] * members, tempfile.mkdtemp(dir=self.root), flags)
        self.clusters.append(made)
        return made

    def filled(self, members=1, flags=(), puts=60):
        """A cluster that has written something and was stopped."""
        cluster = self.cluster(members, flags).start()
        for i in range(puts):
            cluster.ctl("put", f"k{i % 7}", f"{i:0100}")
        time.sleep(0.3)  # one commit of the database
        for member in cluster.members:
            member.end()
        return cluster

    def mount(self, *arguments):
        """In the mount namespace that the test runs in."""
        subprocess.run(["mount", *arguments], check=True)
        if "remount" not in " ".join(arguments):
            self.mounts.append(arguments[-1])

    def program(self, *arguments, environment=None, seconds=10):
        """The program with these words alone: outcome and text."""
        process = subprocess.Popen(
            [OURS, *arguments], cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=clean_environment(environment))
        try:
            text, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return STARTED, process.communicate()[0]
        return f"exit {process.returncode}", text


def start(cluster, member=None, seconds=10, extra=()):
    """Starts a member again: outcome, and what it logged since."""
    member = member or cluster[0]
    with open(member.log_path, "w", encoding="utf-8"):
        pass
    member.start(cluster.initial, extra=extra)
    try:
        member.wait_ready(seconds)
    except AssertionError:
        if member.is_running():
            member.kill()
            return "never ready", member.log()
        return f"exit {member.process.returncode}", member.log()
    return STARTED, member.log()


def wal_files(member):
    directory = os.path.join(member.data_dir, "member", "wal")
    return sorted(os.path.join(directory, name) for name in os.listdir(directory)
                  if name.endswith(".wal"))


def snap_files(member):
    directory = os.path.join(member.data_dir, "member", "snap")
    return sorted(os.path.join(directory, name) for name in os.listdir(directory)
                  if name.endswith(".snap"))


def database(member):
    return os.path.join(member.data_dir, "member", "snap", "db")


def wal_records(path):
    """Offsets of the records, and of the end (docs/formats/wal.md)."""
    with open(path, "rb") as wal:
        data = wal.read()
    offsets, at = [], 0
    while at + 8 <= len(data):
        length = struct.unpack_from("<Q", data, at)[0]
        if length == 0:
            break
        offsets.append(at)
        padding = (length >> 56) & 7 if length >> 63 else 0
        at += 8 + (length & ((1 << 56) - 1)) + padding
    return offsets, at


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def flip_all(path, what):
    """The first byte of each place that holds `what`: pages in use and older ones."""
    with open(path, "rb") as file:
        places = [found.start() for found in re.finditer(re.escape(what), file.read())]
    if not places:
        raise AssertionError(f"{path} does not hold {what!r}")
    for at in places:
        flip(path, at)


def grpc(endpoint, path, body, headers=()):
    """One call by nghttp: its status and message. (curl gives up on a server that answers
    before the request has ended, as gRPC servers may.)"""
    command = ["nghttp", "--verbose", "--no-dep", "--timeout=20", "-H:method: POST",
               "-Hte: trailers", "-Hcontent-type: application/grpc"]
    command += [f"-H{header}" for header in headers]
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        done = subprocess.run([*command, f"--data={file.name}", f"http://{endpoint}{path}"],
                              capture_output=True, check=False)
    text = done.stdout.decode(errors="replace")
    status = re.search(r"grpc-status: (\d+)", text)
    said = re.search(r"grpc-message: (.*)", text)
    return f"status {status[1]}" if status else "no status", said[1] if said else text


def message(payload, flag=0, length=None):
    """gRPC's frame round a message."""
    return struct.pack(">BI", flag, len(payload) if length is None else length) + payload


def keys(cluster):
    out = cluster.ctl("get", "", "--prefix", "-w", "json").stdout
    return {one["key"]: one.get("value") for one in json.loads(out).get("kvs", [])}

