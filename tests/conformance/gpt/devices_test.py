#!/usr/bin/env python3
"""Loop devices, with sectors of 512 and of 4096 bytes: partitions are named by their device,
grown in the table and in the kernel, and their mounted filesystems with them.

  devices_test.py CGPT ROOTDEV EXTEND_FILESYSTEMS

The kernel need not read partition tables itself: the test announces partitions by BLKPG.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time

import tools

MIB = 1 << 20


@contextlib.contextmanager
def loop_device(path, mebibytes, sector_bytes=512):
    with open(path, "wb") as image:
        image.truncate(mebibytes * MIB)
    made = subprocess.run(["losetup", "-f", "--show", "-b", str(sector_bytes), path],
                          capture_output=True, text=True, check=False)
    if made.returncode:
        tools.skip(f"no loop device: {made.stderr.strip()}")
    device = made.stdout.strip()
    try:
        yield device
    finally:
        for number in range(1, 10):
            if os.path.exists(f"/sys/class/block/{os.path.basename(device)}p{number}"):
                tools.run("delpart", device, number, code=None)
        tools.run("losetup", "-d", device)


@contextlib.contextmanager
def mounted(device, point, *options):
    tools.run("mount", *options, device, point)
    try:
        yield
    finally:
        tools.run("umount", point)


def announce(device, number, first, sectors, sector_bytes):
    """addpart counts in units of 512 bytes whatever the sectors are."""
    unit = sector_bytes // 512
    tools.run("addpart", device, number, first * unit, sectors * unit)
    node = f"{device}p{number}"
    for _ in range(100):
        if os.path.exists(node):
            return node
        time.sleep(0.05)
    tools.skip(f"no {node}: nobody makes device nodes here")
    return None


def grow_disk(path, device, mebibytes):
    os.truncate(path, mebibytes * MIB)
    tools.run("losetup", "-c", device)


def bytes_of(device):
    return int(tools.run("blockdev", "--getsize64", device))


def drives(cgpt, path):
    for sector_bytes in (512, 4096):
        with loop_device(path, 16, sector_bytes) as device:
            unit = 4096 // sector_bytes
            tools.run(cgpt, "create", device)
            tools.run(cgpt, "add", "-i", 2, "-b", 256 * unit, "-s", 100 * unit, "-t", "coreos-usr",
                      "-P", 1, "-S", 1, device)
            said = tools.run("sgdisk", "-v", device)
            tools.check("No problems found" in said, sector_bytes, said)
            found = tools.by_sfdisk(device)
            tools.check(found[2][:2] == (256 * unit, 100 * unit), sector_bytes, found)
            node = announce(device, 2, 256 * unit, 100 * unit, sector_bytes)
            partition_arguments(cgpt, device, node)
            growth(cgpt, path, device, node)
            said = tools.run("sgdisk", "-v", device)
            tools.check("No problems found" in said, sector_bytes, said)


def partition_arguments(cgpt, device, node):
    tools.run(cgpt, "add", "-S0", "-T1", node)
    tools.check(tools.run(cgpt, "show", "-T", node) == "1\n", "tries through", node)
    tools.check(tools.run(cgpt, "show", "-i", 2, "-T", device) == "1\n", "tries of", device)
    tools.run(cgpt, "prioritize", node)
    tools.run(cgpt, "repair", node)
    tools.run(cgpt, "add", "-i", 3, "-S1", node, code=1)


def growth(cgpt, path, device, node):
    last = os.path.getsize(path)
    tools.run(cgpt, "resize", "-m", 100 * MIB, node)
    before = bytes_of(node)
    tools.run(cgpt, "resize", node)
    after = bytes_of(node)
    tools.check(before < after < last, "grown from", before, "to", after)
    tools.run(cgpt, "resize", node)
    tools.check(bytes_of(node) == after, "nothing more to gain")
    grow_disk(path, device, 24)
    tools.run(cgpt, "resize", node)
    tools.check(bytes_of(node) == after + 8 * MIB, "grown with its disk to", bytes_of(node))
    tools.run(cgpt, "resize", device, code=1)
    tools.run(cgpt, "resize", "/dev/null", code=1)


def may_resize_ext4():
    with open("/proc/self/status", encoding="ascii") as status:
        effective = [line for line in status if line.startswith("CapEff:")][0].split()[1]
    return int(effective, 16) >> 24 & 1


def filesystems(cgpt, extend, directory):
    for name, make, size in (("ext4", ("mke2fs", "-q", "-t", "ext4"), 16),
                             ("xfs", ("mkfs.xfs", "-q"), 320),
                             ("btrfs", ("mkfs.btrfs", "-q"), 280)):
        with open("/proc/filesystems", encoding="ascii") as known:
            if name not in known.read().split():
                print(f"left out: no {name} in this kernel")
                continue
        if name == "ext4" and not may_resize_ext4():
            print("left out: ext4 grows only with CAP_SYS_RESOURCE, which this process lacks")
            continue
        path = os.path.join(directory, name)
        point = os.path.join(directory, "mnt-" + name)
        os.mkdir(point)
        with loop_device(path, size + 8) as device:
            sectors = size * MIB // 512
            tools.run(cgpt, "create", device)
            tools.run(cgpt, "add", "-i", 9, "-b", 2048, "-s", sectors, "-t", "coreos-resize",
                      device)
            node = announce(device, 9, 2048, sectors, 512)
            tools.run(*make, node)
            grow_disk(path, device, 2 * size)
            with mounted(node, point):
                extended(extend, point, node, name)
            with mounted(node, point, "-o", "ro"):
                read_only(extend, path, device, node, 2 * size)


def capacity(point):
    told = os.statvfs(point)
    return told.f_frsize * told.f_blocks


def extended(extend, point, node, name):
    before, partition = capacity(point), bytes_of(node)
    tools.run(extend)
    tools.check(bytes_of(node) > partition, name, "partition did not grow")
    tools.check(capacity(point) > before, name, "did not grow from", before)
    after = capacity(point)
    tools.run(extend)
    tools.check(capacity(point) == after, name, "grew for nothing")


def read_only(extend, path, device, node, mebibytes):
    grow_disk(path, device, mebibytes + 8)
    before = bytes_of(node)
    tools.run(extend)
    tools.check(bytes_of(node) == before, "grown although it is mounted read-only")


def root_devices(rootdev, directory):
    """The device of a mounted filesystem, of btrfs too, and its disk."""
    path = os.path.join(directory, "rootdev")
    point = os.path.join(directory, "mnt-rootdev")
    os.mkdir(point)
    with loop_device(path, 128) as device:
        node = announce(device, 3, 2048, 120 * 2048, 512)
        for make in (("mke2fs", "-q"), ("mkfs.btrfs", "-q", "-f")):
            tools.run(*make, node)
            with mounted(node, point):
                tools.check(tools.run(rootdev, point) == node + "\n", make[0])
                tools.check(tools.run(rootdev, "-s", "-d", point) == device + "\n", make[0])
    tools.run(rootdev, "/proc", code=1)
    tools.run(rootdev, "-i", "/proc")
    tools.run(rootdev, "-c", "-d", "/", code=1)


def main():
    cgpt, rootdev, extend = sys.argv[1:4]
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if os.geteuid() != 0:
        tools.skip("not root")
    tools.need("losetup", "addpart", "sgdisk", "sfdisk", "mke2fs", "mkfs.xfs", "mkfs.btrfs",
               "resize2fs", "xfs_growfs", "btrfs")
    with tempfile.TemporaryDirectory() as directory:
        drives(cgpt, os.path.join(directory, "disk"))
        filesystems(cgpt, extend, directory)
        root_devices(rootdev, directory)
    print("devices: all grown")


if __name__ == "__main__":
    main()
