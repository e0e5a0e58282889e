"""What the tests of this folder share: running programs, and listings by three tools."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
# The attribute bits that all three tools can set and show.
USR = "5DFBF5F4-2848-4BAC-AA5E-0D9A20B745A6"
TYPES = {
    "efi": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    "linux-data": "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    "coreos-usr": USR,
    "coreos-resize": "3884DD41-8582-4404-B9A8-E9B84F2DF50E",
}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            skip(f"no {program}")


def run(*command, code=0, **options):
    """Standard output; the exit code must be as expected (None: any)."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False,
                          **options)
    if code is not None and done.returncode != code:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(claim, *what):
    if not claim:
        raise AssertionError(" ".join(str(w) for w in what))


def seeds(usual):
    if "ARGOSY_SEED" in os.environ:
        return [int(os.environ["ARGOSY_SEED"])]
    return range(usual * 20 if "ARGOSY_LONG" in os.environ else usual)


def make_image(path, sectors):
    if os.path.exists(path):
        os.remove(path)
    with open(path, "wb") as image:
        image.truncate(sectors * 512)


def random_guid(chance):
    digits = f"{chance.getrandbits(128) | 1:032X}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def random_layout(chance, first=2048, last=60000):
    """number -> (first sector, sectors, type name, GUID, label, attribute bits)"""
    layout = {}
    at = first
    for number in sorted(chance.sample(range(1, 20), chance.randrange(1, 8))):
        at += chance.randrange(0, 3) * 2048
        sectors = chance.randrange(1, 5000)
        if at + sectors > last:
            break
        bits = chance.choice((0, 4, 1 << 48, 2 << 48 | 1 << 52, 1 << 48 | 1 << 56, 1 << 60))
        label = chance.choice(("", "USR-A", "two words", "\u00e9t\u00e9", "x" * 35))
        layout[number] = (at, sectors, chance.choice(list(TYPES)), random_guid(chance), label, bits)
        at += sectors
    return layout


def by_cgpt(cgpt, path):
    found = {}
    for line in run(cgpt, "show", "-q", "-n", path).splitlines():
        first, sectors, number, kind = line.split()
        label = run(cgpt, "show", "-i", number, "-l", path)[:-1]
        guid = run(cgpt, "show", "-i", number, "-u", path).strip()
        bits = int(run(cgpt, "show", "-i", number, "-A", path), 16)
        found[int(number)] = (int(first), int(sectors), kind, guid, label, bits)
    return found


def sfdisk_bits(text):
    bits = 0
    for word in text.replace("GUID:", " ").replace(",", " ").split():
        named = {"RequiredPartition": 0, "NoBlockIOProtocol": 1, "LegacyBIOSBootable": 2}
        bits |= 1 << (named[word] if word in named else int(word))
    return bits


def by_sfdisk(path):
    found = {}
    table = json.loads(run("sfdisk", "--json", path))["partitiontable"]
    for partition in table.get("partitions", []):
        number = int(partition["node"][len(str(path)):].lstrip("p"))
        found[number] = (partition["start"], partition["size"], partition["type"],
                         partition["uuid"], partition.get("name", ""),
                         sfdisk_bits(partition.get("attrs", "")))
    return found


def by_sgdisk(path, numbers):
    found = {}
    for number in numbers:
        values = {}
        for line in run("sgdisk", "-i", number, path).splitlines():
            name, _, value = line.partition(": ")
            values[name] = value
        found[number] = (int(values["First sector"].split()[0]),
                         int(values["Partition size"].split()[0]),
                         values["Partition GUID code"].split()[0],
                         values["Partition unique GUID"], values["Partition name"][1:-1],
                         int(values["Attribute flags"], 16))
    return found


def expected(layout):
    return {number: (first, sectors, TYPES[kind], guid, label, bits)
            for number, (first, sectors, kind, guid, label, bits) in layout.items()}


def write_by_cgpt(cgpt, path, layout, *create):
    run(cgpt, "create", *create, path)
    for number, (first, sectors, kind, guid, label, bits) in layout.items():
        run(cgpt, "add", "-i", number, "-b", first, "-s", sectors, "-t", kind, "-u", guid,
            "-l", label, "-A", hex(bits), path)


def write_by_sgdisk(path, layout):
    """In one go, since it sleeps a second after each."""
    options = ["-o", "-a", 1]
    for number, (first, sectors, kind, guid, label, bits) in layout.items():
        options += [f"-n{number}:{first}:{first + sectors - 1}", f"-t{number}:{TYPES[kind]}",
                    f"-u{number}:{guid}", f"-c{number}:{label}"]
        options += [f"--attributes={number}:set:{bit}" for bit in range(64) if bits >> bit & 1]
    run("sgdisk", *options, path)


def write_by_sfdisk(path, layout, *headers):
    lines = ["label: gpt", *headers]
    for number, (first, sectors, kind, guid, label, bits) in layout.items():
        names = {2: "LegacyBIOSBootable"}
        flags = [names.get(bit, f"GUID:{bit}") for bit in range(64) if bits >> bit & 1]
        line = f"{number} : start={first}, size={sectors}, type={TYPES[kind]}, uuid={guid}"
        line += f', name="{label}"' + (f', attrs="{" ".join(flags)}"' if flags else "")
        lines.append(line)
    run("sfdisk", "-q", path, input="\n".join(lines) + "\n")


def verify(path):
    said = run("sgdisk", "-v", path)
    check("No problems found" in said, path, said)
    said = run("sfdisk", "-V", path)
    check("No errors detected" in said, path, said)


def scratch():
    """A directory in memory if there is one: sgdisk syncs often."""
    return tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def chance_of(seed):
    print(f"seed {seed}", flush=True)
    return random.Random(seed)
