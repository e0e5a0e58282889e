"""Two versions of a small /usr tree, from programs of this machine.

The second has files changed in place, shifted, moved under another version's name,
copied, removed, and new; the same seed makes the same trees of the same programs.
"""

import os
import random
import shutil

PROGRAMS = ("bash", "tar", "find", "grep", "sed", "openssl", "perl", "dash", "sort", "ls")
MOST_BYTES = 1 << 20


def programs():
    for name in PROGRAMS:
        path = shutil.which(name)
        if path:
            with open(path, "rb") as file:
                yield name, file.read(MOST_BYTES)


def write(root, path, content):
    place = os.path.join(root, path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as file:
        file.write(content)
    # Times are a part of an image; equal ones make images that differ by content alone.
    os.utime(place, (1_600_000_000, 1_600_000_000))


def edited(content, chance):
    """As a rebuilt program differs: addresses here and there, and something inserted."""
    bytes_ = bytearray(content)
    for at in range(chance.randrange(50), len(bytes_), chance.randrange(150, 4000)):
        bytes_[at] = (bytes_[at] + 16) & 0xFF
    middle = chance.randrange(len(bytes_) // 2)
    new = bytes(chance.randrange(256) for _ in range(chance.randrange(300)))
    return bytes(bytes_[:middle]) + new + bytes(bytes_[middle:])


def make(old, new, seed):
    chance = random.Random(seed)
    contents = dict(programs())
    for name, content in contents.items():
        write(old, f"bin/{name}", content)
    for name, content in contents.items():
        write(new, f"bin/{name}", edited(content, chance) if chance.random() < 0.6 else content)
    for i in range(60):
        content = contents["bash"][i * 10_000:][:chance.randrange(1, 30_000)]
        write(old, f"lib/modules/6.1.0-55-cloud/m{i}.ko", content + b"vermagic=6.1.0-55")
        if i % 10 != 3:
            write(new, f"lib/modules/6.1.0-56-cloud/m{i}.ko",
                  edited(content + b"vermagic=6.1.0-56", chance) if i % 3 else
                  content + b"vermagic=6.1.0-56")
    write(old, "share/moved", contents["tar"][5000:60_000])
    write(new, "share/elsewhere/under-another-name", edited(contents["tar"][5000:60_000], chance))
    write(new, "share/copy-of-tar", contents["tar"])
    write(new, "share/new", bytes(chance.randrange(64) for _ in range(50_000)))
    write(old, "share/empty", b"")
    write(new, "share/empty", b"")
    for root in (old, new):
        write(root, "share/zeros", bytes(100_000))
        os.symlink("bash", os.path.join(root, "bin/sh"))
        os.link(os.path.join(root, "bin/bash"), os.path.join(root, "bin/rbash"))
