"""A second reader of payloads, written from docs/formats/payload.md alone."""

import bz2
import hashlib
import lzma
import os
import struct
import subprocess
import tempfile

BLOCK = 4096
HOLE = 2**64 - 1
REPLACE, REPLACE_BZ, MOVE, BSDIFF, SOURCE_COPY, SOURCE_BSDIFF, ZERO = range(7)
REPLACE_XZ, REPLACE_ZSTD = 8, 14


def fields(message):
    """Pairs of a field's number and its value."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            size = varint()
            yield key >> 3, message[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {key & 7}")


def every(message, number):
    return [value for field, value in fields(message) if field == number]


def last(message, number, default=None):
    found = every(message, number)
    return found[-1] if found else default


class Operation:
    def __init__(self, message):
        self.type = last(message, 1)
        self.offset = last(message, 2, 0)
        self.length = last(message, 3, 0)
        self.src = [(last(e, 1, 0), last(e, 2, 0)) for e in every(message, 4)]
        self.src_length = last(message, 5)
        self.dst = [(last(e, 1, 0), last(e, 2, 0)) for e in every(message, 6)]
        self.dst_length = last(message, 7)
        self.sha256 = last(message, 8)
        self.src_sha256 = last(message, 9)


class Payload:
    def __init__(self, content):
        magic, self.major, size = struct.unpack(">4sQQ", content[:20])
        assert magic == b"CrAU"
        begin = 20 if self.major == 1 else 24
        self.manifest = content[begin:begin + size]
        self.metadata = content[:begin + size]
        signature = struct.unpack(">I", content[20:24])[0] if self.major == 2 else 0
        self.metadata_signature = content[begin + size:begin + size + signature]
        self.blobs = content[begin + size + signature:]
        self.signatures_offset = last(self.manifest, 4)
        self.signatures_size = last(self.manifest, 5)
        if self.major == 1:
            self.operations = [Operation(m) for m in every(self.manifest, 1)]
        else:
            self.operations = [Operation(m) for m in every(every(self.manifest, 13)[0], 8)]

    def signatures(self):
        blob = self.blobs[self.signatures_offset:]
        assert len(blob) == self.signatures_size
        return [(last(s, 1), last(s, 2)) for s in every(blob, 1)]

    def signed(self):
        return self.metadata + self.blobs[:self.signatures_offset]


def unpacked(kind, blob):
    if kind == REPLACE_BZ:
        return bz2.decompress(blob)
    if kind == REPLACE_XZ:
        return lzma.decompress(blob)
    if kind == REPLACE_ZSTD:
        return subprocess.run(["zstd", "-dc"], input=blob, capture_output=True,
                              check=True).stdout
    return blob


def bspatch(old, patch):
    """By Debian's bspatch."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, name) for name in ("old", "new", "patch")]
        for path, content in ((paths[0], old), (paths[2], patch)):
            with open(path, "wb") as file:
                file.write(content)
        subprocess.run(["bspatch", *paths], check=True, capture_output=True)
        with open(paths[1], "rb") as file:
            return file.read()


def gather(image, extents):
    return b"".join(bytes(n * BLOCK) if s == HOLE else bytes(image[s * BLOCK:(s + n) * BLOCK])
                    for s, n in extents)


def apply(payload, old, size):
    """The new image. Major version 1 works in place, on a copy of the old one."""
    image = bytearray(old[:size].ljust(size, b"\0")) if payload.major == 1 else bytearray(size)
    source = image if payload.major == 1 else old
    for operation in payload.operations:
        blob = payload.blobs[operation.offset:operation.offset + operation.length]
        if blob:
            assert hashlib.sha256(blob).digest() == operation.sha256
        was = gather(source, operation.src)
        if operation.src_sha256:
            assert hashlib.sha256(was).digest() == operation.src_sha256
        if operation.type in (MOVE, SOURCE_COPY):
            made = was
        elif operation.type in (BSDIFF, SOURCE_BSDIFF):
            made = bspatch(was[:operation.src_length], blob)
            assert operation.dst_length in (None, len(made))
        elif operation.type == ZERO:
            made = b""
        else:
            made = unpacked(operation.type, blob)
        room = sum(n for _, n in operation.dst) * BLOCK
        assert len(made) <= room
        made = made.ljust(room, b"\0")
        at = 0
        for start, count in operation.dst:
            image[start * BLOCK:(start + count) * BLOCK] = made[at:at + count * BLOCK]
            at += count * BLOCK
    return bytes(image)
