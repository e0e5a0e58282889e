"""The two /usr trees of packages.txt, and images of them. Nothing is installed: packages are
downloaded and unpacked."""

import hashlib
import os
import random
import shutil
import subprocess
import sys

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages.txt")
# Debian has merged these into /usr; its packages have not.
MERGED = ("bin", "sbin", "lib", "lib64")

EPOCH = "1700000000"
# An image has no use for these in /usr/share.
LEFT_OUT = ("doc", "info", "locale", "man")


def packages():
    """Name, version in the old tree, version in the new one; None: not there."""
    with open(LIST) as lines:
        rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return [(name, *(None if v == "-" else v for v in (old, new))) for name, old, new in rows]


def download(name, version, cache):
    """The package's file, or None when no mirror has this version."""
    safe = version.replace(":", "%3a")
    for path in os.listdir(cache):
        if path.startswith(f"{name}_{safe}_"):
            return os.path.join(cache, path)
    done = subprocess.run(["apt-get", "download", "-qq", f"{name}={version}"], cwd=cache,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return download(name, version, cache) if done.returncode == 0 else None


def newest(name, cache):
    shown = subprocess.run(["apt-cache", "show", "--no-all-versions", name], text=True,
                           capture_output=True, check=True).stdout
    version = next(line for line in shown.splitlines() if line.startswith("Version: ")).split()[1]
    path = download(name, version, cache)
    if path is None:
        sys.exit(f"bench: no mirror has {name}")
    return path


def unpack(package, tree):
    """Only what belongs to /usr; the kernel goes where an image of /usr has it."""
    root = tree + ".unpacked"
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    for name in MERGED:
        merge(os.path.join(root, name), os.path.join(tree, name))
    merge(os.path.join(root, "usr"), tree)
    boot = os.path.join(root, "boot")
    for name in os.listdir(boot) if os.path.isdir(boot) else []:
        if name.startswith("vmlinuz"):
            os.makedirs(os.path.join(tree, "boot"), exist_ok=True)
            shutil.move(os.path.join(boot, name), os.path.join(tree, "boot", "vmlinuz"))
    shutil.rmtree(root)


def merge(source, target):
    if os.path.isdir(source) and not os.path.islink(source):
        subprocess.run(["cp", "-a", "--no-target-directory", source, target], check=True)


def age(path, seed):
    """Makes a program or text look like an earlier build of itself: numbers in it differ,
    pieces of it are missing. Stands in for a version that no mirror has."""
    chance = random.Random(seed)
    with open(path, "rb") as file:
        content = bytearray(file.read())
    for _ in range(len(content) // 600):
        content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    for _ in range(len(content) // 200_000):
        at = chance.randrange(len(content))
        del content[at:at + chance.randrange(1, 400)]
    times = os.stat(path)
    with open(path, "wb") as file:
        file.write(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def age_package(package, tree):
    """The package unpacked as an older one: every second file of it has changed."""
    aside = tree + ".aged"
    os.makedirs(aside, exist_ok=True)
    unpack(package, aside)
    for folder, _, names in sorted(os.walk(aside)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            seed = hashlib.sha256(os.path.relpath(path, aside).encode()).digest()
            if seed[0] % 2 and os.path.isfile(path) and not os.path.islink(path):
                age(path, seed)
    merge(aside, tree)
    shutil.rmtree(aside)


def add_postinst(tree):
    path = os.path.join(tree, "postinst")
    with open(path, "w") as script:
        script.write("#!/bin/sh\nexit 0\n")
    os.chmod(path, 0o755)
    os.utime(path, (int(EPOCH), int(EPOCH)))


def make(directory, say):
    """DIRECTORY/old and DIRECTORY/new; those that are there already stay."""
    cache = os.path.join(directory, "packages")
    os.makedirs(cache, exist_ok=True)
    trees = [os.path.join(directory, "old"), os.path.join(directory, "new")]
    done = os.path.join(directory, "trees.done")
    if os.path.exists(done):
        return trees
    for tree in trees:
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(tree)
    aged = []
    for name, *versions in packages():
        for tree, version in zip(trees, versions):
            if version is None:
                continue
            package = download(name, version, cache)
            if package is not None:
                unpack(package, tree)
            elif tree == trees[0]:
                aged.append(name)
                age_package(newest(name, cache), tree)
            else:
                unpack(newest(name, cache), tree)
    for tree in trees:
        for name in LEFT_OUT:
            shutil.rmtree(os.path.join(tree, "share", name), ignore_errors=True)
        add_postinst(tree)
    if aged:
        say(f"no mirror has the old version of {', '.join(aged)}: made from the new one")
    with open(done, "w"):
        pass
    return trees


def ext4(tree, path, size):
    env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "E2FSPROGS_FAKE_TIME": EPOCH}
    uuid = "6f6e6520-7573-7220-696d-616765203031"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-O", "^has_journal", "-U", uuid,
                    "-E", f"hash_seed={uuid}", "-d", tree, path, f"{size // 1024}k"],
                   check=True, env=env)


def squashfs(tree, path, packed):
    how = ["-comp", "zstd", "-Xcompression-level", "15"] if packed else [
        "-noI", "-noD", "-noF", "-noX"]
    subprocess.run(["mksquashfs", tree, path, "-noappend", "-quiet", "-no-progress",
                    "-mkfs-time", EPOCH, *how],
                   check=True, stdout=subprocess.DEVNULL)
    size = os.path.getsize(path)
    os.truncate(path, (size + 4095) // 4096 * 4096)


def size_for_ext4(*trees):
    """Room for the larger tree, in whole MiB."""
    most = 0
    for tree in trees:
        used = sum((os.lstat(os.path.join(folder, name)).st_size + 4095) // 4096 * 4096 + 300
                   for folder, _, names in os.walk(tree) for name in names)
        most = max(most, used)
    return (int(most * 1.12) + (16 << 20)) >> 20 << 20
