"""Machines that pretend, with a real locksmithd each, and what they share."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "conformance", "cluster"))

from cluster import Cluster, free_ports  # noqa: E402

ETCD = os.environ.get("ARGOSY_ETCD", "/usr/bin/etcd")
LOCKSMITHCTL = os.environ["ARGOSY_LOCKSMITHCTL"]
LOCKSMITHD = os.path.join(os.path.dirname(LOCKSMITHCTL), "locksmithd")
FAKE_MACHINE = os.environ["ARGOSY_FAKE_MACHINE"]
FLEETLOCKD = os.environ["ARGOSY_FLEETLOCKD"]

BUS = """<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_type="*"/>
<allow own="*"/></policy>
</busconfig>
"""


def wait_for_socket(path):
    """The file is there a little before somebody listens."""
    end = time.monotonic() + 20
    while True:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                return client.connect(path)
            except OSError:
                assert time.monotonic() < end, f"nobody listens on {path}"
                time.sleep(0.01)


def kill(process):
    if process is not None and process.poll() is None:
        process.kill()
    if process is not None:
        process.wait()


class Etcd(Cluster):
    """Three members, and the lock in them."""

    def __init__(self, folder):
        super().__init__([ETCD] * 3, folder)

    @property
    def clients(self):
        return [member.client_url for member in self.members]

    def semaphore(self):
        got = self.ctl("get", "--print-value-only",
                       "coreos.com/updateengine/rebootlock/semaphore", check=False, seconds=20)
        return json.loads(got.stdout) if got.returncode == 0 and got.stdout.strip() else None


class Fleet:
    """All machines, and who of them is down."""

    def __init__(self, folder, count, etcd, environment):
        self.folder, self.etcd, self.environment = folder, etcd, environment
        self.count = count
        self.lock = threading.Lock()
        self.down = set()
        self.going_down = set()
        self.shutdown_seconds = 0
        self.most_down = 0
        self.reboots = [0] * count
        self.starts = [0] * count
        self.stopping = False
        self.daemons = [None] * count
        self.buses = []
        self.fake = None

    def start(self):
        for i in range(self.count):
            self.prepare(i)
        addresses = [self.address(i) for i in range(self.count)]
        self.fake = subprocess.Popen([FAKE_MACHINE, *addresses], stdout=subprocess.PIPE, text=True,
                                     env={**os.environ, **self.environment})
        assert self.fake.stdout.readline() == "ready\n"
        threading.Thread(target=self.hear, daemon=True).start()

    def root(self, i):
        return os.path.join(self.folder, f"root{i}")

    def address(self, i):
        return f"unix:path={self.root(i)}/bus"

    def machine_id(self, i):
        return f"{i:032x}"

    def prepare(self, i):
        os.makedirs(os.path.join(self.root(i), "etc"))
        with open(os.path.join(self.root(i), "etc/machine-id"), "w", encoding="ascii") as file:
            file.write(self.machine_id(i) + "\n")
        config = os.path.join(self.root(i), "bus.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(BUS.format(path=self.root(i) + "/bus"))
        self.buses.append(subprocess.Popen(
            ["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={config}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_for_socket(self.root(i) + "/bus")

    def start_daemon(self, i):
        self.starts[i] += 1
        environment = {
            **os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address(i),
            "LOCKSMITHD_ROOT": self.root(i), "LOCKSMITHD_ENDPOINT": ",".join(self.etcd.clients),
            "REBOOT_STRATEGY": "etcd-lock", **self.environment}
        with open(os.path.join(self.root(i), "log"), "ab") as log:
            self.daemons[i] = subprocess.Popen([LOCKSMITHD], env=environment, stdout=log,
                                               stderr=log)
        threading.Thread(target=self.supervise, args=(i, self.daemons[i]), daemon=True).start()

    def supervise(self, i, process):
        """Restart=on-failure of the unit."""
        code = process.wait()
        time.sleep(0.3)
        with self.lock:
            is_current = self.daemons[i] is process and not self.stopping
            if is_current and code != 0 and i not in self.down:
                self.start_daemon(i)

    def hear(self):
        for line in self.fake.stdout:
            word, number = line.split()
            assert word == "reboot"
            threading.Thread(target=self.reboot, args=(int(number),), daemon=True).start()

    def reboot(self, i):
        """The machine goes down, and comes back a little later."""
        with self.lock:
            if i in self.going_down or self.stopping:
                return
            self.going_down.add(i)
        time.sleep(self.shutdown_seconds)
        with self.lock:
            self.down.add(i)
            self.most_down = max(self.most_down, len(self.down))
            self.reboots[i] += 1
            daemon, self.daemons[i] = self.daemons[i], None
        kill(daemon)
        time.sleep(0.4)
        self.call(i, "ResetStatus")
        coordinator = os.path.join(self.root(i), "run/update-engine/coordinator.conf")
        with self.lock:
            if self.stopping:
                return
            # /run is empty after a boot.
            if os.path.exists(coordinator):
                os.remove(coordinator)
            self.down.discard(i)
            self.going_down.discard(i)
            self.start_daemon(i)

    def call(self, i, method):
        """A method of the machine's update_engine."""
        subprocess.run(
            ["dbus-send", f"--bus={self.address(i)}", "--print-reply",
             "--dest=com.coreos.update1", "/com/coreos/update1",
             f"com.coreos.update1.Manager.{method}"],
            check=True, capture_output=True, timeout=20)

    def log(self, i):
        with open(os.path.join(self.root(i), "log"), encoding="utf-8") as file:
            return file.read()

    def stop(self):
        with self.lock:
            self.stopping = True
            daemons = list(self.daemons)
        for process in [*daemons, self.fake, *self.buses]:
            kill(process)
        if self.fake:
            self.fake.stdout.close()


class Laboratory:
    """A folder with a cluster and machines in it; leaves nothing behind."""

    def __init__(self, count, environment):
        self.parent = tempfile.TemporaryDirectory(prefix="argosy-locksmith-")
        self.fleetlockd = None
        self.etcd = Etcd(self.parent.name)
        self.fleet = Fleet(self.parent.name, count, self.etcd, environment)
        try:
            self.etcd.start()
            self.fleet.start()
        except BaseException:
            self.close()
            raise

    def close(self):
        self.fleet.stop()
        self.etcd.kill_all()
        kill(self.fleetlockd)
        # Threads that bring a machine back may still be on their way.
        time.sleep(0.5)
        self.parent.cleanup()

    def locksmithctl(self, *words):
        """As on the first machine."""
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.fleet.address(0),
                       "LOCKSMITHCTL_ROOT": self.fleet.root(0)}
        return subprocess.run(
            [LOCKSMITHCTL, "-endpoint", ",".join(self.etcd.clients), *words], env=environment,
            capture_output=True, text=True, timeout=60, check=False)

    def serve_fleet_lock(self, port):
        self.fleetlockd = subprocess.Popen(
            [FLEETLOCKD, "--listen", f"127.0.0.1:{port}", "--group", "default=1", "--endpoint",
             ",".join(self.etcd.clients)], stderr=subprocess.DEVNULL)


def eventually(what, seconds, explain):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"not so after {seconds} s: {explain()}"
        time.sleep(0.05)
    return found


__all__ = ["Laboratory", "eventually", "free_ports"]
