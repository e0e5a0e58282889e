"""A machine without a machine: a disk image with two /usr slots, booted by GRUB's rule.

The slots are loop devices over their parts of the image; the running one is mounted as
<root>/usr. The programs are the real ones: update_engine on a bus of its own,
update_engine-setgoodroot, cgpt. Only GRUB and the kernel are played here.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

MIB = 1 << 20
SLOT_BYTES = 12 * MIB
USR_TYPE = "5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6"
APP = "{e96281a6-d1af-4bde-9a0a-97b76e56dc57}"
POLL = 0.05
PATIENCE = int(os.environ.get("TEST_PATIENCE", "60"))

POSTINST = """#!/bin/sh
# The slot becomes the next to boot, for one try.
set -e
case "$1" in *3) slot=3 ;; *4) slot=4 ;; *) exit 1 ;; esac
"$ARGOSY_CGPT" repair "$TEST_DISK"
"$ARGOSY_CGPT" add -i $slot -S0 -T1 "$TEST_DISK"
"$ARGOSY_CGPT" prioritize -i $slot "$TEST_DISK"
echo "Setup $1 for next boot."
"""

BUS = """<busconfig><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_type="*"/><allow own="*"/>
</policy></busconfig>
"""


def program(name):
    return os.environ["ARGOSY_" + name]


def run(*command, **options):
    try:
        return subprocess.run([str(c) for c in command], check=True, capture_output=True,
                              **options).stdout
    except subprocess.CalledProcessError as error:
        raise AssertionError(f"{command}: {error.stderr.decode(errors='replace')}") from error


def wait_until(what, condition, patience=PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(POLL)
    raise AssertionError(f"{what}: not within {patience} s")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Keys:
    """A key for payloads, made once for a test."""

    def __init__(self, directory, name="key"):
        self.private = os.path.join(directory, name + ".pem")
        self.public = os.path.join(directory, name + ".pub.pem")
        run("openssl", "genrsa", "-out", self.private, "2048")
        run("openssl", "rsa", "-in", self.private, "-pubout", "-out", self.public)


class Workshop:
    """Images of versions, and payloads of them."""

    def __init__(self, directory):
        self.directory = directory
        self.keys = Keys(directory)

    def at(self, name):
        return os.path.join(self.directory, name)

    def image(self, version, kind="ext2", postinst=POSTINST, more=None, size=8 * MIB):
        tree = tempfile.mkdtemp(dir=self.directory)
        for path, content in {"postinst": postinst,
                              "share/coreos/release": f"COREOS_RELEASE_VERSION={version}\n"
                              f"COREOS_RELEASE_BOARD=amd64-usr\nCOREOS_RELEASE_APPID={APP}\n",
                              "share/update_engine/update-payload-key.pub.pem":
                              read(self.keys.public), **(more or {})}.items():
            write(os.path.join(tree, path), content)
        # The same in each version, so that a delta has something to leave alone.
        block = hashlib.sha512(b"argosy").digest()
        write(os.path.join(tree, "lib/big"), b"".join(
            hashlib.sha512(block + bytes([i % 256, i // 256])).digest() for i in range(40000)))
        write(os.path.join(tree, "lib/version"), (version + "\n") * 3000)
        os.chmod(os.path.join(tree, "postinst"), 0o755)
        path = self.at(f"{version}.{kind}")
        if kind == "squashfs":
            run("mksquashfs", tree, path, "-noappend", "-quiet", "-no-progress", "-all-root")
        else:
            with open(path, "wb") as file:
                file.truncate(size)
            run("mke2fs", "-q", "-F", "-t", kind, "-d", tree, "-b", "4096", path)
        content = read(path)
        write(path, content + bytes(-len(content) % MIB))
        shutil.rmtree(tree)
        return path

    def payload(self, name, new, old=None, key=None, kernel=None, old_kernel=None, more=()):
        path = self.at(name)
        flags = ["-out_file", path, "-new_image", new,
                 "-private_key", key or self.keys.private, *more]
        if old:
            flags += ["-old_image", old]
        if kernel:
            flags += ["-new_kernel", kernel]
        if old_kernel:
            flags += ["-old_kernel", old_kernel]
        run(program("DELTA_GENERATOR"), *flags)
        return read(path)


class Loop:
    """A loop device over a part of a file."""

    def __init__(self, path, offset, size):
        def attach():
            made = subprocess.run(["losetup", "-f", "--show", "--offset", str(offset),
                                   "--sizelimit", str(size), path], capture_output=True,
                                  text=True, check=False)
            if made.returncode == 0:
                return made.stdout.strip()
            lost = re.search(r"/dev/loop(\d+)", made.stderr)
            if lost and not os.path.exists(lost.group(0)):
                os.mknod(lost.group(0), 0o600 | 0o060000, os.makedev(7, int(lost.group(1))))
            return None
        self.device = wait_until("a free loop device", attach)

    def detach(self):
        run("losetup", "-d", self.device)


class Machine:
    def __init__(self, directory, image, kernel=b"kernel of the first version"):
        self.directory = directory
        self.root = self.at("root")
        self.disk = self.at("disk.img")
        self.booted = None
        self.bus = None
        self.engine = None
        self.more_environment = {}
        self.make_disk()
        self.loops = {n: Loop(self.disk, self.offsets[n], SLOT_BYTES) for n in (3, 4)}
        for number, loop in self.loops.items():
            os.symlink(loop.device, self.slot(number))
        self.write_slot(3, read(image))
        write(self.at("root/boot/coreos/vmlinuz-a"), kernel)
        write(self.at("root/etc/machine-id"), "0123456789abcdef0123456789abcdef\n")
        os.makedirs(self.at("root/usr"))
        os.makedirs(self.at("root/tmp"))
        write(self.at("good-root"), "#!/bin/sh\nexec \"$ARGOSY_SETGOODROOT\" -root \"$TEST_ROOT\" "
              "-disk \"$TEST_DISK\" -partition \"$TEST_SLOT\"\n")
        os.chmod(self.at("good-root"), 0o755)

    def at(self, name):
        return os.path.join(self.directory, name)

    def slot(self, number):
        return self.at(f"slot{number}")

    # -- The disk

    def make_disk(self):
        with open(self.disk, "wb") as file:
            file.truncate(40 * MIB)
        cgpt = program("CGPT")
        run(cgpt, "create", self.disk)
        self.offsets = {}
        for number, label, start in ((3, "USR-A", 4096), (4, "USR-B", 4096 + SLOT_BYTES // 512)):
            run(cgpt, "add", "-i", number, "-b", start, "-s", SLOT_BYTES // 512, "-t", USR_TYPE,
                "-l", label, self.disk)
            self.offsets[number] = start * 512
        run(cgpt, "add", "-i", 3, "-P", 1, "-S", 1, self.disk)

    def write_slot(self, number, content):
        with open(self.slot(number), "r+b") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def slot_bytes(self, number, size=None):
        """What is on the medium: not what the loop device has in its cache."""
        with open(self.disk, "rb") as file:
            file.seek(self.offsets[number])
            return file.read(size or SLOT_BYTES)

    def attribute(self, number, letter):
        return int(run(program("CGPT"), "show", "-i", number, "-" + letter, self.disk))

    def grub_choice(self, takes_try):
        """gptprio.next, as GRUB's source has it: see the specification's chapter 1.5."""
        best, highest = None, 0
        for number in (3, 4):
            bootable = self.attribute(number, "S") == 1 or self.attribute(number, "T") > 0
            if bootable and self.attribute(number, "P") > highest:
                best, highest = number, self.attribute(number, "P")
        if best and takes_try and self.attribute(best, "T") > 0:
            run(program("CGPT"), "add", "-i", best, "-T", self.attribute(best, "T") - 1, self.disk)
        return best

    # -- Boot

    def boot(self):
        number = self.grub_choice(takes_try=True)
        assert number, "no slot can be booted"
        self.booted = number
        shutil.rmtree(self.at("root/var/run"), ignore_errors=True)
        write(self.at("root/proc/sys/kernel/random/boot_id"), f"{uuid.uuid4()}\n")
        run("mount", "-o", "ro", self.slot(number), self.at("root/usr"))
        return self.version()

    def version(self):
        return read(self.at("root/usr/share/coreos/release")).decode().split("\n")[0].split("=")[1]

    def shut_down(self):
        self.stop_engine()
        if self.booted:
            run("umount", self.at("root/usr"))
            self.booted = None

    def reboot(self):
        self.shut_down()
        return self.boot()

    def other(self):
        return 7 - self.booted

    # -- Programs

    def environment(self):
        return {**os.environ, "TEST_DISK": self.disk, "TEST_ROOT": self.root,
                "TEST_SLOT": str(self.booted),
                "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=" + self.at("bus"), **self.more_environment}

    def start_bus(self):
        write(self.at("bus.conf"), BUS % self.at("bus"))
        self.bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile",
                                     "--config-file=" + self.at("bus.conf")], stderr=subprocess.DEVNULL)
        wait_until("the bus", lambda: os.path.exists(self.at("bus")))

    def start_engine(self, server, group="stable"):
        write(self.at("root/etc/coreos/update.conf"),
              f"GROUP={group}\nSERVER={server}\n")
        if not self.bus:
            self.start_bus()
        with open(self.at("engine.log"), "ab") as log:
            self.engine = subprocess.Popen(
                [program("UPDATE_ENGINE"), "-foreground", "-root=" + self.root,
                 "-usr_device=" + self.slot(self.booted), "-temporary_directory=" +
                 self.at("root/tmp"), "-set_good_root=" + self.at("good-root"),
                 "-time_divisor=100"],
                stderr=log, stdout=log, env=self.environment())
        wait_until("update_engine", lambda: self.status() is not None)

    def call(self, method):
        return subprocess.run(
            ["dbus-send", "--bus=unix:path=" + self.at("bus"), "--print-reply",
             "--dest=com.coreos.update1", "/com/coreos/update1",
             "com.coreos.update1.Manager." + method], capture_output=True, text=True, check=False)

    def status(self):
        assert self.engine.poll() is None, self.log()
        found = re.search(r'"(UPDATE_STATUS_\w+)"', self.call("GetStatus").stdout)
        return found and found.group(1)

    def attempt(self):
        asked = self.call("AttemptUpdate")
        assert asked.returncode == 0, asked.stderr

    def log(self):
        return read(self.at("engine.log")).decode(errors="replace")

    def kill_engine(self):
        self.engine.send_signal(signal.SIGKILL)
        self.engine.wait()

    def stop_engine(self):
        if self.engine and self.engine.poll() is None:
            self.engine.terminate()
            try:
                self.engine.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill_engine()
        self.engine = None
        if self.bus:
            self.bus.terminate()
            self.bus.wait()
            self.bus = None
            if os.path.exists(self.at("bus")):
                os.unlink(self.at("bus"))

    def leftovers(self):
        return [line for line in read("/proc/mounts").decode().splitlines()
                if self.directory in line and not line.split()[1].endswith(
                    ("root/usr", "root/boot/coreos"))] + os.listdir(self.at("root/tmp"))

    def destroy(self):
        try:
            self.shut_down()
        finally:
            for line in read("/proc/mounts").decode().splitlines():
                if self.directory in line:
                    subprocess.run(["umount", "-l", line.split()[1]], check=False)
            for loop in self.loops.values():
                loop.detach()
