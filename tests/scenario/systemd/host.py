"""A real systemd as PID 1 of a machine in namespaces, with systemd-nspawn.

The root is an overlay: below it this machine's own /, above it what the test wrote. None of
the units that this machine enables is seen, for /etc/systemd/system is the test's alone.
The network is this machine's, so servers of the test on loopback are reached. Everything is
mounted in a mount namespace of this process and is gone with it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGING = os.path.join(HERE, "..", "..", "..", "packaging")
sys.path[:0] = [os.path.join(HERE, "..", "updates"),
                os.path.join(HERE, "..", "..", "conformance", "cluster")]

from cluster import die_with_parent  # noqa: E402
from machine import run, wait_until, write  # noqa: E402

CGROUPS = "/sys/fs/cgroup"
HIERARCHIES = [name for name in ("systemd", "unified") if os.path.isdir(f"{CGROUPS}/{name}")]
needs_cgroups = unittest.skipUnless(
    HIERARCHIES and os.access(f"{CGROUPS}/{HIERARCHIES[0]}", os.W_OK),
    f"no hierarchy below {CGROUPS} in which a systemd could have its own group")
REBOOTS = 133  # systemd-nspawn's exit code, with --keep-unit
POWERS_OFF = signal.SIGRTMIN + 4
CLONE_NEWNS = 0x20000

TARGET = """[Unit]
Requires=basic.target dbus.service systemd-logind.service
After=basic.target dbus.service systemd-logind.service
Wants={wants}
AllowIsolate=yes
"""


def own_mounts():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")


class Host:
    def __init__(self, name, binds=()):
        self.name = f"argosy-{name}-{os.getpid()}"
        self.binds = list(binds)
        self.directory = tempfile.mkdtemp(prefix="argosy_host_", dir="/var/tmp")
        run("mount", "-t", "tmpfs", "tmpfs", self.directory)
        self.root = os.path.join(self.directory, "root")
        self.upper = os.path.join(self.directory, "upper")
        for directory in (self.root, self.upper, os.path.join(self.directory, "work")):
            os.mkdir(directory)
        self.units = {}
        self.process = None
        self.leader = None
        self.console = os.path.join(self.directory, "console")
        self.make_empty("etc/systemd/system")
        os.makedirs(self.at("var/log/journal"))
        write(self.at("etc/machine-id"), "0123456789abcdef0123456789abcdef\n")
        os.symlink("/dev/null", self.at("etc/systemd/system/tmp.mount"))

    def at(self, path):
        """Of a file to be seen in the machine, when it is written before the start."""
        return os.path.join(self.upper, path.lstrip("/"))

    def make_empty(self, path):
        os.makedirs(self.at(path))
        os.setxattr(self.at(path), "trusted.overlay.opaque", b"y")

    # -- Units

    def add_unit(self, name, text):
        write(self.at("etc/systemd/system/" + name), text)

    def add_packaged_unit(self, name, binaries, drop_in="", etc="/etc"):
        """As `./argosy install` puts it, but for its programs' directory."""
        with open(os.path.join(PACKAGING, name + ".in"), encoding="utf-8") as file:
            text = file.read().replace("@BIN@", binaries).replace("@ETC@", etc)
        self.add_unit(name, text)
        # The units are for machines; this is a container by what systemd can see.
        write(self.at(f"etc/systemd/system/{name}.d/test.conf"),
              "[Unit]\nConditionVirtualization=\n" + drop_in)

    # -- Life

    def start(self, *wants):
        """Until systemd has started what is wanted, or has failed to."""
        self.add_unit("argosy-test.target", TARGET.format(wants=" ".join(wants)))
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir=/,upperdir={self.upper},workdir={self.directory}/work", self.root)
        groups = [f"{CGROUPS}/{hierarchy}/{self.name}" for hierarchy in HIERARCHIES]
        for group in groups:
            os.makedirs(group, exist_ok=True)
        joins = "".join(f"echo $$ >{group}/cgroup.procs; " for group in groups)
        flags = [f"--bind={path}" for path in self.binds]
        with open(self.console, "ab") as console:
            self.process = subprocess.Popen(
                ["sh", "-c", joins + 'exec systemd-nspawn "$@"', "sh", "-q", "-D", self.root,
                 "--machine=" + self.name, "--register=no", "--keep-unit", "--boot",
                 "--console=pipe", *flags, "systemd.log_target=journal",
                 "systemd.unit=argosy-test.target"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                env={**os.environ, "SYSTEMD_NSPAWN_TMPFS_TMP": "0"}, preexec_fn=die_with_parent)
        self.leader = wait_until("systemd", self.find_leader)
        wait_until("the target", lambda: self.state("argosy-test.target") == "active")

    def find_leader(self):
        assert self.process.poll() is None, self.said()
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children",
                  encoding="ascii") as file:
            return next((int(pid) for pid in file.read().split() if name_of(pid) == "systemd"), None)

    def said(self):
        with open(self.console, encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]

    def run(self, *command):
        """In the machine; gives what it printed, whatever it ended with."""
        return subprocess.run(["nsenter", "-t", str(self.leader), "-a", *command],
                              capture_output=True, text=True, check=False).stdout

    def state(self, unit):
        return self.run("systemctl", "is-active", unit).strip()

    def journal(self, unit):
        """Of all boots, also of those that are over."""
        log = self.at("var/log/journal")
        return subprocess.run(["journalctl", "-D", log, "-u", unit, "-o", "cat", "--no-pager"],
                              capture_output=True, text=True, check=False).stdout

    def wait_for_end(self, seconds=120):
        """0 after it was powered off, REBOOTS when it is to start again."""
        code = self.process.wait(seconds)
        self.unmount()
        return code

    def unmount(self):
        run("umount", self.root)
        for hierarchy in HIERARCHIES:
            remove_groups(f"{CGROUPS}/{hierarchy}/{self.name}")
        self.process = self.leader = None

    def stop(self):
        if not self.process:
            return
        if self.leader and self.process.poll() is None:
            os.kill(self.leader, POWERS_OFF)
        try:
            self.process.wait(30 if self.leader else 0)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process.wait()
        self.unmount()

    def kill(self):
        for directory, _, _ in os.walk(f"{CGROUPS}/{HIERARCHIES[0]}/{self.name}"):
            with open(directory + "/cgroup.procs", encoding="ascii") as file:
                for pid in file.read().split():
                    os.kill(int(pid), signal.SIGKILL)

    def destroy(self):
        try:
            self.stop()
        finally:
            run("umount", "-R", self.directory)
            os.rmdir(self.directory)


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def remove_groups(group):
    """What runs in them is about to be gone."""
    def all_removed():
        for directory, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(directory)
            except OSError:
                return False
        return True
    wait_until("empty groups", all_removed)
