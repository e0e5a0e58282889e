#!/usr/bin/env python3
"""Image files: what cgpt writes, sgdisk and sfdisk accept and list equally, and the other way
round; damage that cgpt has repaired is none to them.

  images_test.py CGPT E2SIZE
"""

import os
import subprocess
import sys

import tools

SECTORS = 65536


def ours_is_read_by_theirs(cgpt, path):
    for seed in tools.seeds(6):
        chance = tools.chance_of(seed)
        layout = tools.random_layout(chance)
        tools.make_image(path, SECTORS)
        tools.write_by_cgpt(cgpt, path, layout)
        tools.verify(path)
        expected = tools.expected(layout)
        for found in (tools.by_cgpt(cgpt, path), tools.by_sfdisk(path),
                      tools.by_sgdisk(path, layout)):
            tools.check(found == expected, found, "instead of", expected)


def theirs_is_read_by_us(cgpt, path):
    for seed in tools.seeds(6):
        chance = tools.chance_of(1000 + seed)
        layout = tools.random_layout(chance)
        for write in (tools.write_by_sgdisk, tools.write_by_sfdisk):
            tools.make_image(path, SECTORS)
            write(path, layout)
            found = tools.by_cgpt(cgpt, path)
            tools.check(found == tools.expected(layout), write.__name__, found)
            with open(path, "rb") as image:
                before = image.read()
            said = tools.run(cgpt, "repair", path)
            with open(path, "rb") as image:
                tools.check(image.read()[512:] == before[512:], write.__name__, "repair wrote",
                            said)


def unusual_tables(cgpt, path):
    """A primary table elsewhere, other numbers of entries, a disk that has grown."""
    layout = tools.random_layout(tools.chance_of(1))
    tools.make_image(path, SECTORS)
    tools.write_by_sgdisk(path, layout)
    tools.run("sgdisk", "-j", 40, path)
    tools.check(tools.by_cgpt(cgpt, path) == tools.expected(layout), "a table at 40")
    tools.run(cgpt, "prioritize", path)
    tools.verify(path)
    for length in (24, 56, 256):
        tools.make_image(path, SECTORS)
        tools.write_by_sfdisk(path, layout, f"table-length: {length}")
        tools.check(tools.by_cgpt(cgpt, path) == tools.expected(layout), length, "entries")
        number = max(layout) + 1
        tools.run(cgpt, "add", "-i", number, "-b", 61000, "-s", 10, "-t", "efi", path)
        tools.verify(path)
        tools.check(number in tools.by_sfdisk(path), "a new partition of", length)
    os.truncate(path, (SECTORS + 5000) * 512)
    tools.run(cgpt, "repair", path)
    tools.verify(path)
    tools.check(f"last usable sector is {SECTORS + 5000 - 2 - 64}"
                in tools.run("sgdisk", "-p", path), "the space of a larger disk")


def damage(cgpt, path):
    """Any one header and any one table, in all combinations, are repaired."""
    last = SECTORS - 1
    headers = {"primary header": 512 + 24, "backup header": last * 512 + 24, "no header": None}
    parts = {"primary table": 2 * 512 + 3, "backup table": (last - 32) * 512 + 3, "no table": None}
    layout = tools.random_layout(tools.chance_of(2))
    for header, header_at in headers.items():
        for part, part_at in parts.items():
            for size in (1, 300):
                tools.make_image(path, SECTORS)
                tools.write_by_cgpt(cgpt, path, layout)
                with open(path, "r+b") as image:
                    for at in filter(None, (header_at, part_at)):
                        image.seek(at)
                        was = image.read(size)
                        image.seek(at)
                        image.write(bytes(b ^ 0xff for b in was))
                tools.run(cgpt, "repair", path)
                tools.verify(path)
                found = tools.by_sfdisk(path)
                tools.check(found == tools.expected(layout), header, part, found)


def boot_sector(cgpt, path):
    """A hybrid table comes and goes with the legacy-boot bit; a lost one is made again."""
    layout = {1: (2048, 100, "efi", tools.random_guid(tools.chance_of(3)), "ESP", 0)}
    tools.make_image(path, SECTORS)
    tools.write_by_cgpt(cgpt, path, layout)
    for bit, text in ((1, "MBR: hybrid"), (0, "MBR: protective")):
        tools.run(cgpt, "add", "-i", 1, "-B", bit, path)
        said = tools.run("sgdisk", "-p", "-v", path)
        tools.check("No problems found" in said, text, said)
        said = tools.run("gdisk", "-l", path)
        tools.check(text in said, said)
    with open(path, "r+b") as image:
        image.write(bytes(512))
    tools.run(cgpt, "repair", path)
    tools.verify(path)


def edits_at_once(cgpt, path):
    """Many processes add a partition each to one image; none is lost."""
    tools.make_image(path, SECTORS)
    tools.run(cgpt, "create", path)
    count = 24
    running = [subprocess.Popen([cgpt, "add", "-i", str(number), "-b", str(2048 * number),
                                 "-s", "10", "-t", "data", path])
               for number in range(1, count + 1)]
    tools.check([process.wait() for process in running] == [0] * count, "adding at once")
    tools.verify(path)
    tools.check(set(tools.by_sfdisk(path)) == set(range(1, count + 1)), "an edit was lost")


def sizes_of_filesystems(e2size, path):
    for kind, block, blocks in (("ext2", 4096, 260), ("ext4", 1024, 9000), ("ext3", 2048, 4000)):
        tools.make_image(path, SECTORS)
        tools.run("mke2fs", "-q", "-F", "-t", kind, "-b", block, path, blocks)
        said = tools.run(e2size, path)
        tools.check(said == f"{block * blocks}\n", kind, said)
    tools.make_image(path, SECTORS)
    tools.run(e2size, path, code=1)
    tools.run(e2size, path + "-missing", code=1)
    tools.run(e2size, code=1)


def main():
    cgpt, e2size = sys.argv[1:3]
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    tools.need("sgdisk", "gdisk", "sfdisk", "mke2fs")
    with tools.scratch() as directory:
        path = os.path.join(directory, "disk")
        ours_is_read_by_theirs(cgpt, path)
        theirs_is_read_by_us(cgpt, path)
        unusual_tables(cgpt, path)
        damage(cgpt, path)
        boot_sector(cgpt, path)
        edits_at_once(cgpt, path)
        sizes_of_filesystems(e2size, path)
    print("images: all equal")


if __name__ == "__main__":
    main()
