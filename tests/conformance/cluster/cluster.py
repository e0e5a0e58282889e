"""etcd servers as processes on loopback: ours, Debian's, or both in one cluster.

A Member is one server with its directory and ports; it may be stopped, killed and
started again. A Cluster is several that know each other. Everything lives below one
temporary directory, on ports that were free a moment ago. Servers end with the test:
the kernel kills them when the thread that started them is gone.
"""

import atexit
import ctypes
import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

THEIRS = "/usr/bin/etcd"
READY_SECONDS = 30
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


PORT_LOCKS = []


def lock_port(port):
    """Holds the port against other tests for as long as this process lives."""
    path = os.path.join(tempfile.gettempdir(), f"argosy-test-port-{port}.lock")
    lock = open(path, "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    atexit.register(os.unlink, path)
    PORT_LOCKS.append(lock)
    return True


def free_ports(count):
    """Ports below the ephemeral range, so that no outgoing connection takes them."""
    ports = []
    while len(ports) < count:
        port = random.randint(10000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if lock_port(port):
            ports.append(port)
    return ports


def die_with_parent(number=signal.SIGKILL):
    LIBC.prctl(PR_SET_PDEATHSIG, number)


def clean_environment(extra=None):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ETCD_", "ETCDCTL_"))}
    kept["ETCDCTL_API"] = "3"
    kept["LC_ALL"] = "C.UTF-8"
    kept.update(extra or {})
    return kept


class Member:
    """One server. Its log gathers in <root>/<name>.log over all its starts."""

    def __init__(self, program, name, root, flags=()):
        self.program = program
        self.name = name
        self.root = root
        self.flags = list(flags)
        self.is_secure = "--cert-file" in self.flags  # for clients
        self.client_port, self.peer_port = free_ports(2)
        self.data_dir = os.path.join(root, name + ".etcd")
        self.log_path = os.path.join(root, name + ".log")
        self.process = None

    @property
    def endpoint(self):
        return f"127.0.0.1:{self.client_port}"

    @property
    def client_url(self):
        return f"{'https' if self.is_secure else 'http'}://{self.endpoint}"

    @property
    def peer_url(self):
        return f"http://127.0.0.1:{self.peer_port}"

    def arguments(self, initial_cluster=None, state="new"):
        return [
            "--name", self.name,
            "--data-dir", self.data_dir,
            "--listen-client-urls", self.client_url,
            "--advertise-client-urls", self.client_url,
            "--listen-peer-urls", self.peer_url,
            "--initial-advertise-peer-urls", self.peer_url,
            "--initial-cluster", initial_cluster or f"{self.name}={self.peer_url}",
            "--initial-cluster-state", state,
            *self.flags,
        ]

    def start(self, initial_cluster=None, state="new", wrap=(), extra=(), environment=None):
        """`wrap` is a command that runs the server, such as unshare."""
        command = [*wrap, self.program, *self.arguments(initial_cluster, state), *extra]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.root,
                env=clean_environment(environment), preexec_fn=die_with_parent)
        return self

    def get(self, path, timeout=5):
        """Status and body of a GET on the client port; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.client_url + path, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_ready(self, seconds=READY_SECONDS):
        """Until it serves clients and the cluster's version is decided. Not by /health,
        which the original answers with an entry of the log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n"
                                     + self.log_tail())
            if '"etcdcluster":"3.4.0"' in self.get("/version")[1]:
                return self
            time.sleep(0.05)
        raise AssertionError(f"{self.name} is not ready after {seconds} s:\n" + self.log_tail())

    def wait_exit(self, seconds=20):
        return self.process.wait(seconds)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def end(self, number=signal.SIGTERM, seconds=20):
        """Sends the signal and waits; the exit status as Popen gives it."""
        if not self.is_running():
            return self.process.returncode if self.process else None
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} ignores signal {number}:\n" + self.log_tail())

    def kill(self):
        return self.end(signal.SIGKILL)

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def log_tail(self, lines=25):
        return "\n".join(self.log().splitlines()[-lines:])


class Cluster:
    """Members m1, m2 ... started together; `programs` says what each one runs."""

    def __init__(self, programs, root, flags=()):
        self.root = root
        self.members = [Member(program, f"m{i + 1}", root, flags)
                        for i, program in enumerate(programs)]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.kill_all()

    def __getitem__(self, index):
        return self.members[index]

    @property
    def initial(self):
        return ",".join(f"{m.name}={m.peer_url}" for m in self.members)

    @property
    def endpoints(self):
        return ",".join(m.endpoint for m in self.members)

    def start(self):
        for member in self.members:
            member.start(self.initial)
        for member in self.members:
            member.wait_ready()
        return self

    def kill_all(self):
        for member in self.members:
            member.kill()

    def ctl(self, *arguments, endpoints=None, check=True, seconds=60, stdin=None):
        """Debian's etcdctl on the cluster."""
        return ctl(*arguments, endpoints=endpoints or self.endpoints, check=check,
                   seconds=seconds, cwd=self.root, stdin=stdin)

    def statuses(self):
        """What `endpoint status` says of each member, by name."""
        out = self.ctl("endpoint", "status", "-w", "json").stdout
        by_endpoint = {one["Endpoint"]: one["Status"] for one in json.loads(out)}
        return {m.name: by_endpoint[m.endpoint] for m in self.members
                if m.endpoint in by_endpoint}

    def leader(self):
        """The member that leads, when all running members agree on it."""
        running = [m for m in self.members if m.is_running()]
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            found = ctl("endpoint", "status", "-w", "json", cwd=self.root, check=False,
                        endpoints=",".join(m.endpoint for m in running))
            if found.returncode == 0:
                answers = {one["Endpoint"]: one["Status"] for one in json.loads(found.stdout)}
                leaders = {status.get("leader", 0) for status in answers.values()}
                leading = [m for m in running
                           if answers[m.endpoint]["header"]["member_id"] in leaders]
                if len(leaders) == 1 and len(leading) == 1:
                    return leading[0]
            time.sleep(0.1)
        raise AssertionError("the members do not agree on a leader")

    def make_leader(self, member):
        """Moves the leadership to `member` unless it has it."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            leading = self.leader()
            if leading is member:
                return
            status = ctl("endpoint", "status", "-w", "json", cwd=self.root,
                         endpoints=member.endpoint)
            wanted = json.loads(status.stdout)[0]["Status"]["header"]["member_id"]
            ctl("move-leader", f"{wanted:x}", cwd=self.root, check=False,
                endpoints=leading.endpoint)
        raise AssertionError(f"{member.name} does not become leader")

    def hashes(self):
        """HashKV of each running member at its own current revision, by name."""
        found = {}
        for member in self.members:
            if member.is_running():
                out = self.ctl("endpoint", "hashkv", "-w", "json", endpoints=member.endpoint)
                answer = json.loads(out.stdout)[0]["HashKV"]
                found[member.name] = (answer["hash"], answer["header"]["revision"],
                                      answer["compact_revision"])
        return found

    def wait_equal_hashes(self, seconds=READY_SECONDS):
        deadline = time.monotonic() + seconds
        while len(set(self.hashes().values())) != 1:
            if time.monotonic() > deadline:
                raise AssertionError(f"hashes differ: {self.hashes()}")
            time.sleep(0.2)
        return next(iter(self.hashes().values()))


def ctl(*arguments, endpoints, check=True, seconds=60, cwd=None, stdin=None):
    done = subprocess.run(
        ["etcdctl", f"--endpoints={endpoints}", *arguments], capture_output=True, text=True,
        timeout=seconds, cwd=cwd, input=stdin, env=clean_environment())
    if check and done.returncode != 0:
        raise AssertionError(f"etcdctl {' '.join(arguments)}: exit {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done
