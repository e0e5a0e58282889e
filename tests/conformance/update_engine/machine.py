"""A machine for update_engine: a directory as its root, two images as its slots, a D-Bus daemon
of its own, and the programs."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ENGINE = os.environ["UPDATE_ENGINE"]
CLIENT = os.environ["UPDATE_ENGINE_CLIENT"]
STUB = os.environ["UPDATE_ENGINE_STUB"]
GENERATOR = os.environ["DELTA_GENERATOR"]
POLICY = os.environ["UPDATE_ENGINE_POLICY"]

SLOT_BYTES = 4 << 20
APP_ID = "{e96281a6-d1af-4bde-9a0a-97b76e56dc57}"
MACHINE_ID = "69d27b356a94476da859461d3a3bc6fd"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
<allow send_destination="org.freedesktop.DBus"/></policy>
<include>{policy}</include></busconfig>
"""
# What an image runs at its end; it says so beside the slots.
POSTINST = """#!/bin/sh
echo "$@" > {root}/postinst-ran
exit {code}
"""


def make_image(folder, root, name, content, postinst_code=0):
    """An ext2 image of a slot with a file of that content and a postinst."""
    tree = os.path.join(folder, name + ".tree")
    os.mkdir(tree)
    with open(os.path.join(tree, "content"), "wb") as file:
        file.write(content)
    script = os.path.join(tree, "postinst")
    with open(script, "w", encoding="ascii") as file:
        file.write(POSTINST.format(root=root, code=postinst_code))
    os.chmod(script, 0o755)
    image = os.path.join(folder, name + ".img")
    with open(image, "wb") as file:
        file.truncate(SLOT_BYTES)
    subprocess.run(["mke2fs", "-q", "-t", "ext2", "-b", "4096", "-d", tree, image], check=True,
                   stdout=subprocess.DEVNULL)
    return image


def make_payload(folder, new, old=None):
    out = os.path.join(folder, "payload")
    command = [GENERATOR, "-new_image", new, "-out_file", out]
    if old:
        command += ["-old_image", old]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with open(out, "rb") as file:
        return file.read()


class Machine:
    def __init__(self, server_url, family="flatcar", version="1.0.0"):
        self.folder = tempfile.mkdtemp(prefix="argosy-update-engine-")
        self.root = os.path.join(self.folder, "root")
        self.family = family
        self.daemon = None
        self.bus = None
        self.log_path = os.path.join(self.folder, "log")
        self.active = os.path.join(self.folder, "slot3")
        self.other = os.path.join(self.folder, "slot4")
        for name in (self.active, self.other):
            with open(name, "wb") as file:
                file.truncate(SLOT_BYTES)
        self.configure(SERVER=server_url, GROUP="beta")
        self.install(version)
        self.write("/etc/machine-id", MACHINE_ID + "\n")
        self.boot("boot-1")
        self.write("/etc/oem-release", "ID=rackspace\nVERSION_ID=\"0.1<2\"\n")
        self.good_root = os.path.join(self.folder, "good-root")
        self.set_good_root(0)
        self.start_bus()

    # -- What is on its disk.

    def path(self, absolute):
        return self.root + absolute

    def write(self, absolute, text):
        os.makedirs(os.path.dirname(self.path(absolute)), exist_ok=True)
        with open(self.path(absolute), "w", encoding="ascii") as file:
            file.write(text)

    def configure(self, **settings):
        self.settings = {**getattr(self, "settings", {}), **settings}
        self.write(f"/etc/{self.family}/update.conf",
                   "".join(f"{key}={value}\n" for key, value in self.settings.items()))

    def install(self, version):
        prefix = self.family.upper() + "_RELEASE_"
        self.write(f"/usr/share/{self.family}/release",
                   f"{prefix}VERSION={version}\n{prefix}BOARD=\"amd64-usr\"\n"
                   f"{prefix}APPID={APP_ID}\n")

    def boot(self, boot_id):
        """Another boot: the marker is gone, and the id of the boot is another."""
        self.write("/proc/sys/kernel/random/boot_id", boot_id + "\n")
        marker = self.path("/var/run/update_engine_autoupdate_completed")
        if os.path.exists(marker):
            os.unlink(marker)

    def set_good_root(self, code):
        with open(self.good_root, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho ran >> {self.folder}/good-root-ran\nexit {code}\n")
        os.chmod(self.good_root, 0o755)

    def good_root_runs(self):
        path = os.path.join(self.folder, "good-root-ran")
        if not os.path.exists(path):
            return 0
        with open(path, encoding="ascii") as file:
            return len(file.readlines())

    def pref(self, key):
        path = self.path("/var/lib/update_engine/prefs/" + key)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return file.read()

    def has_marker(self):
        return os.path.exists(self.path("/var/run/update_engine_autoupdate_completed"))

    # -- Its processes.

    def environment(self):
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/bus",
                "no_proxy": "*"}

    def start_bus(self):
        config = os.path.join(self.folder, "bus.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(BUS.format(path=self.folder + "/bus", policy=POLICY))
        self.bus = subprocess.Popen(
            ["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={config}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(3000):
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(self.folder + "/bus")
                    return
                except OSError:
                    time.sleep(0.01)
        raise AssertionError("no bus")

    def start(self, *flags, divisor=100):
        with open(self.log_path, "ab") as log:
            self.daemon = subprocess.Popen(
                [ENGINE, "-foreground", "-logtostderr", "--root", self.root,
                 f"--usr_device={self.active}", f"--other_usr_device={self.other}",
                 f"--set_good_root={self.good_root}", f"--temporary_directory={self.folder}",
                 f"--time_divisor={divisor}", *flags],
                env=self.environment(), stdout=log, stderr=log)
        self.wait_until(lambda: self.client("-status").returncode == 0, "daemon on the bus")

    def stop(self, number=signal.SIGTERM):
        daemon, self.daemon = self.daemon, None
        if daemon is None:
            return None
        daemon.send_signal(number)
        return daemon.wait(60)

    def client(self, *flags, timeout=120):
        return subprocess.run([CLIENT, *flags, "--time_divisor=1000", f"--family={self.family}"],
                              env=self.environment(), capture_output=True, text=True,
                              timeout=timeout, check=False)

    def status(self):
        out = self.client("-status").stdout
        return dict(line.split("=", 1) for line in out.splitlines())

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_until(self, condition, what, limit=60):
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"no {what} in {limit} s; the log:\n" + self.log())
            time.sleep(0.02)

    def wait_for_op(self, name):
        self.wait_until(lambda: self.status().get("CURRENT_OP") == "UPDATE_STATUS_" + name, name)

    def close(self):
        self.stop()
        if self.bus:
            self.bus.kill()
            self.bus.wait()
        shutil.rmtree(self.folder)


def can_mount():
    """Whether this host lets us mount an image; None, or why not."""
    if os.geteuid() != 0:
        return "mounting an image needs root"
    with tempfile.TemporaryDirectory() as folder:
        image = make_image(folder, folder, "probe", b"")
        point = os.path.join(folder, "point")
        os.mkdir(point)
        done = subprocess.run(["mount", "-o", "loop,ro", image, point], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            return "this host does not mount images: " + re.sub(r"\s+", " ", done.stderr)
        subprocess.run(["umount", point], check=True)
    return None
