"""A disk as slow as one wants: a loop device held back by the kernel's throttle (blkio of
cgroup v1), direct writes and those of the page cache alike. Needs root.
"""

import contextlib
import os
import shutil
import subprocess

THROTTLE = "/sys/fs/cgroup/blkio/blkio.throttle.{}_bps_device"


def why_not():
    """Why this host has none; None where it has."""
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("losetup") is None or not os.path.exists("/dev/loop-control"):
        return "no loop devices"
    if not os.access(THROTTLE.format("write"), os.W_OK):
        return "no blkio throttle of cgroup v1"
    return None


def hold_back(device, way, bytes_per_second):
    number = os.stat(device).st_rdev
    with open(THROTTLE.format(way), "w", encoding="ascii") as file:
        file.write(f"{os.major(number)}:{os.minor(number)} {bytes_per_second}\n")


@contextlib.contextmanager
def slow_disk(path, write, read):
    """The device of the file, which is as large; bytes a second, each way for itself."""
    device = subprocess.run(["losetup", "--find", "--show", path], check=True, text=True,
                            capture_output=True).stdout.strip()
    try:
        hold_back(device, "write", write)
        hold_back(device, "read", read)
        yield device
    finally:
        hold_back(device, "write", 0)
        hold_back(device, "read", 0)
        subprocess.run(["losetup", "--detach", device], check=True)
