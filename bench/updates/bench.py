#!/usr/bin/env python3
"""Measures update payloads on two /usr trees of real packages (packages.txt) beside bsdiff,
xdelta3, zstd and casync, and the way of a full payload into a slot beside dd and beside the
original's serial way. Everything in one run, on one disk; bytes are exact, times are of
this machine as it was.
"""

import argparse
import base64
import bz2
import contextlib
import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import slow_disk
import trees

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


class Figures:
    """What a command, with all that it started, took."""

    def __init__(self, wall, cpu, memory):
        self.wall, self.cpu, self.memory = wall, cpu, memory

    def __add__(self, other):
        return Figures(self.wall + other.wall, self.cpu + other.cpu,
                       max(self.memory, other.memory))

    def as_dict(self):
        return {"seconds": round(self.wall, 3), "cpu_seconds": round(self.cpu, 3),
                "memory_bytes": self.memory}


def measure(command, **more):
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))}: {words.decode(errors='replace')}")
    return Figures(time.monotonic() - begin, usage.ru_utime + usage.ru_stime,
                   usage.ru_maxrss * 1024)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def check_same(path, expected, what):
    if digest(path) != digest(expected):
        sys.exit(f"bench: {what} has not made {expected}")


# -- The measure of deltas: bsdiff, file by file

def plain_files(tree):
    """Path to content's digest, hard links once."""
    found, seen = {}, set()
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            known = os.lstat(path)
            if os.path.islink(path) or (known.st_ino in seen and known.st_nlink > 1):
                continue
            seen.add(known.st_ino)
            found[os.path.relpath(path, tree)] = digest(path)
    return found


def bsdiff_sum(old_tree, new_tree, scratch):
    """The patches of all files that changed, each from the file of the same path or, version
    numbers aside, the same name; the rest of what is new packed by bzip2."""
    old, new = plain_files(old_tree), plain_files(new_tree)
    contents = set(old.values())
    without_version = {re.sub(r"\d+(\.\d+)*(-\d+)?", "#", path): path for path in sorted(old)}
    took, size, files, alone = Figures(0, 0, 0), 0, 0, 0
    patch = os.path.join(scratch, "patch")
    for path, content in sorted(new.items()):
        if content in contents:
            continue
        base = path if path in old else without_version.get(
            re.sub(r"\d+(\.\d+)*(-\d+)?", "#", path))
        if base is None:
            with open(os.path.join(new_tree, path), "rb") as file:
                size += len(bz2.compress(file.read(), 9))
            alone += 1
            continue
        took += measure(["bsdiff", os.path.join(old_tree, base), os.path.join(new_tree, path),
                         patch])
        size += os.path.getsize(patch)
        files += 1
    return {"bytes": size, "files": files, "new_files": alone, "make": took.as_dict()}


# -- Deltas of whole images

class Deltas:
    def __init__(self, old, new, scratch, programs):
        self.old, self.new, self.scratch, self.programs = old, new, scratch, programs

    def path(self, name):
        return os.path.join(self.scratch, name)

    def row(self, make, apply, out):
        made = measure(make)
        target = self.path("outcome")
        applied = measure(apply(target)) if apply else None
        if applied:
            check_same(target, self.new, make[0])
        row = {"bytes": os.path.getsize(out), "make": made.as_dict()}
        if applied:
            row["apply"] = applied.as_dict()
        return row

    def ours(self, profile):
        generator, out = self.programs("delta_generator"), self.path(f"delta.{profile}")

        def apply(target):
            shutil.copyfile(self.old, target)
            return [generator, "-in_file", out, "-old_image", target]

        return self.row([generator, "-old_image", self.old, "-new_image", self.new, "-out_file",
                         out, "-profile", profile], apply, out)

    def xdelta3(self):
        out = self.path("delta.xdelta3")
        # Windows as large as the images, as else nothing far away is found.
        return self.row(["xdelta3", "-e", "-f", "-3", "-B", str(512 << 20), "-W", str(16 << 20),
                         "-s", self.old, self.new, out],
                        lambda target: ["xdelta3", "-d", "-f", "-B", str(512 << 20), "-s",
                                        self.old, out, target], out)

    def zstd(self):
        out = self.path("delta.zstd")
        return self.row(["zstd", "-q", "-f", "-3", "--long=30", "--patch-from", self.old,
                         self.new, "-o", out],
                        lambda target: ["zstd", "-q", "-d", "-f", "--long=30", "--patch-from",
                                        self.old, out, "-o", target], out)

    def casync(self):
        """What a client with the old image fetches: the index and the chunks it has not."""
        stores = [self.path("store.old"), self.path("store.new")]
        index = self.path("new.caibx")
        for store in stores:
            shutil.rmtree(store, ignore_errors=True)
        measure(["casync", "make", f"--store={stores[0]}", self.path("old.caibx"), self.old])
        made = measure(["casync", "make", f"--store={stores[1]}", index, self.new])
        known = {name for _, _, names in os.walk(stores[0]) for name in names}
        size = os.path.getsize(index)
        for folder, _, names in os.walk(stores[1]):
            size += sum(os.path.getsize(os.path.join(folder, name))
                        for name in names if name not in known)
        target = self.path("outcome")
        with contextlib.suppress(FileNotFoundError):
            os.remove(target)
        applied = measure(["casync", "extract", f"--store={stores[1]}", f"--seed={self.old}",
                           index, target])
        check_same(target, self.new, "casync")
        for store in stores:
            shutil.rmtree(store)
        return {"bytes": size, "make": made.as_dict(), "apply": applied.as_dict()}

    def all(self, methods):
        ways = {"modern": lambda: self.ours("modern"),
                "compatible": lambda: self.ours("compatible"),
                "xdelta3": self.xdelta3, "zstd": self.zstd, "casync": self.casync}
        return {name: ways[name]() for name in methods}


# -- A full payload, from a server into the slot

class Silent(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(directory):
    handler = functools.partial(Silent, directory=directory)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# The original copies the running slot, then downloads, hashes, unpacks and writes in one
# thread, and reads the slot back. The shell's pipe even overlaps the middle.
SERIAL = """set -e -o pipefail
{copy}
curl -s {url} | bunzip2 | dd of={slot} bs=1M conv=notrunc,fsync iflag=fullblock status=none
echo 1 > /proc/sys/vm/drop_caches 2>/dev/null || true
head -c {size} {slot} | sha256sum > /dev/null
"""


def best(count, run):
    return min((run() for _ in range(count)), key=lambda figures: figures.wall)


def make_payloads(image, scratch, programs):
    rows = {}
    for profile in ("compatible", "modern"):
        payload = os.path.join(scratch, f"full.{profile}")
        made = measure([programs("delta_generator"), "-new_image", image, "-out_file", payload,
                        "-profile", profile])
        rows[profile] = {"bytes": os.path.getsize(payload), "make": made.as_dict()}
    with open(os.path.join(scratch, "image.bz2"), "wb") as out:
        subprocess.run(["bzip2", "-9", "-c", image], stdout=out, check=True)
    return rows


def full_payload(image, made, slots, scratch, programs, rounds):
    """The seconds from the request to a verified slot, beside dd's for the same bytes."""
    size = os.path.getsize(image)
    rows = {profile: dict(row) for profile, row in made.items()}
    packed = os.path.join(scratch, "image.bz2")
    with serve(scratch) as url:
        for profile, row in rows.items():
            row["apply"] = best(rounds, lambda one=profile: apply_full(
                f"{url}/full.{one}", os.path.join(scratch, f"full.{one}"), slots, scratch,
                programs)).as_dict()
            check_same(slots[1], image, f"the {profile} payload")
        rows["dd oflag=direct"] = {"apply": best(rounds, lambda: measure(
            ["dd", f"if={image}", f"of={slots[1]}", "bs=4M", "oflag=direct",
             "conv=notrunc"])).as_dict()}
        copy = f"dd if={slots[0]} of={slots[1]} bs=1M conv=notrunc status=none"
        for name, before in (("serial", ":"), ("serial, with the original's copy", copy)):
            script = SERIAL.format(copy=before, url=f"{url}/image.bz2", slot=slots[1], size=size)
            rows[name] = {"bytes": os.path.getsize(packed), "apply": best(rounds, lambda: measure(
                ["bash", "-c", script])).as_dict()}
    for row in rows.values():
        row["apply"]["megabytes_per_second"] = round(size / 1e6 / row["apply"]["seconds"], 1)
    return {"image_bytes": size, "ways": rows}


def on_slow_disk(image, made, slots, scratch, programs, options):
    """The same with both slots on disks that are held back; None where there are none."""
    why = slow_disk.why_not()
    if why:
        say(f"No slow disk: {why}")
        return None
    limits = options.slow_write * 10**6, options.slow_read * 10**6
    with slow_disk.slow_disk(slots[0], *limits) as old, \
            slow_disk.slow_disk(slots[1], *limits) as new:
        report = full_payload(image, made, (old, new), scratch, programs, options.rounds)
    reached = report["ways"]["dd oflag=direct"]["apply"]["megabytes_per_second"]
    if reached > 1.1 * options.slow_write:
        sys.exit(f"bench: the disk is not held back, dd writes {reached} MB/s")
    return report


def full_payloads(image, scratch, programs, options):
    made = make_payloads(image, scratch, programs)
    slots = [os.path.join(scratch, f"slot{n}") for n in (3, 4)]
    for slot in slots:
        shutil.copyfile(image, slot)
    name = os.path.basename(image).rpartition(".")[2]
    reports = {name: full_payload(image, made, slots, scratch, programs, options.rounds)}
    say(f"The same on a disk of {options.slow_write} MB/s")
    slow = on_slow_disk(image, made, slots, scratch, programs, options)
    if slow:
        reports[f"{name} on a disk that writes {options.slow_write} and reads "
                f"{options.slow_read} MB/s"] = slow
    return reports


def apply_full(url, payload, slots, scratch, programs):
    # So that what was written before says nothing.
    with open(slots[1], "r+b") as slot:
        slot.write(b"\0" * 4096)
    state = os.path.join(scratch, "state")
    shutil.rmtree(state, ignore_errors=True)
    os.makedirs(state)
    return measure([programs("bench_updates_apply"), url, str(os.path.getsize(payload)),
                    base64.b64encode(digest(payload)).decode(), *slots, state])


# -- The tables

def mega(size):
    return f"{size:,}"


def took(figures):
    if figures is None:
        return "-"
    return (f"{figures['seconds']:.1f} s / {figures['cpu_seconds']:.1f} s / "
            f"{figures['memory_bytes'] // 1_000_000} MB")


def print_report(report):
    total = report.get("bsdiff")
    if total:
        print("\nSum of bsdiff file by file, renames known: "
              f"{mega(total['bytes'])} bytes, {total['files']} files and {total['new_files']} new "
              f"ones; {took(total['make'])} (wall / processor / memory)")
    for kind, part in report["deltas"].items():
        print(f"\n{kind}: {mega(part['image_bytes'])} bytes")
        print(f"  {'delta':<14} {'bytes':>13} {'of the sum':>10}   {'make: wall/cpu/memory':<26}"
              f"  apply")
        for name, row in part["rows"].items():
            print(f"  {name:<14} {mega(row['bytes']):>13} {row['bytes'] / total['bytes']:>10.2f}"
                  f"   {took(row['make']):<26}  {took(row.get('apply'))}")
    for kind, part in report["full"].items():
        print(f"\nA full payload of {kind} ({mega(part['image_bytes'])} bytes) into a slot")
        ways = part["ways"]
        limit = ways["dd oflag=direct"]["apply"]["seconds"]
        for name, row in ways.items():
            print(f"  {name:<34} {mega(row['bytes']) if 'bytes' in row else '':>13}  "
                  f"{row['apply']['seconds']:>7.2f} s  "
                  f"{row['apply']['megabytes_per_second']:>7.1f} MB/s  "
                  f"{limit / row['apply']['seconds']:>5.2f} of dd")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin"),
                        help="where our programs are")
    parser.add_argument("--work", default=os.path.join(ROOT, "build", "bench-updates"),
                        help="keeps packages, trees and images for the next run")
    parser.add_argument("--kinds", default="ext4,squashfs,squashfs-zstd",
                        help="images to make deltas of")
    parser.add_argument("--methods", default="modern,compatible,xdelta3,zstd,casync")
    parser.add_argument("--rounds", type=int, default=3, help="of a full payload; the best counts")
    parser.add_argument("--slow-write", type=int, default=200,
                        help="MB/s of the disk that is held back, as of a SATA SSD or eMMC")
    parser.add_argument("--slow-read", type=int, default=500, help="MB/s of the same")
    parser.add_argument("--only", choices=("deltas", "full"))
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    return parser.parse_args()


def images(work, kinds):
    say("The two trees (packages.txt)")
    old_tree, new_tree = trees.make(work, say)
    room = trees.size_for_ext4(old_tree, new_tree)
    made = {}
    for kind in kinds:
        paths = [os.path.join(work, f"{name}.{kind}") for name in ("old", "new")]
        for tree, path in zip((old_tree, new_tree), paths):
            if os.path.exists(path):
                continue
            say(f"Image {os.path.basename(path)}")
            part = path + ".part"
            if kind == "ext4":
                trees.ext4(tree, part, room)
            else:
                trees.squashfs(tree, part, kind == "squashfs-zstd")
            os.rename(part, path)
        made[kind] = paths
    return old_tree, new_tree, made


def main():
    options = parse_arguments()
    kinds = options.kinds.split(",")

    def programs(name):
        return os.path.join(options.bin, name)

    old_tree, new_tree, made = images(options.work, kinds)
    report = {"load_before": os.getloadavg()[0], "deltas": {}, "full": {}}
    with tempfile.TemporaryDirectory(dir=options.work) as scratch:
        if options.only != "full":
            say("bsdiff, file by file")
            report["bsdiff"] = bsdiff_sum(old_tree, new_tree, scratch)
        for kind, (old, new) in made.items() if options.only != "full" else ():
            say(f"Deltas of {kind}")
            report["deltas"][kind] = {
                "image_bytes": os.path.getsize(new),
                "rows": Deltas(old, new, scratch, programs).all(options.methods.split(","))}
        if "ext4" in made and options.only != "deltas":
            say("A full payload into a slot")
            report["full"] = full_payloads(made["ext4"][1], scratch, programs, options)
    report["load_after"] = os.getloadavg()[0]
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print_report(report)


if __name__ == "__main__":
    main()
