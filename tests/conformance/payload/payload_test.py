"""delta_generator against Debian's tools; see README.md."""

import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import reader
import trees

OURS = os.environ["DELTA_GENERATOR"]
HERE = os.path.dirname(os.path.abspath(__file__))
PROTO = os.path.join(HERE, "..", "..", "..", "proto", "update")
TOOLS = ("bsdiff", "bspatch", "mke2fs", "mksquashfs", "openssl", "zstd", "protoc")
PROFILES = ("compatible", "modern")
# By delta_generator of Flatcar's update_engine 0.4.10, with libbz2 1.0.8.
UNSIGNED = "c9adc91e9052788bb8dcd74f1d77eeba99ae433317a244e58ead7b22025d411a"
SIGNED = "99c58a88ed03faf62e497572de578c6aa7955e5c10f70020cdfdac295f3c9e51"


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, **options)


def ours(*flags):
    return subprocess.run([OURS, *flags], capture_output=True, text=True, check=False)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)
    return path


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="argosy_payload_")
        cls.addClassCleanup(shutil.rmtree, cls.directory)

    def at(self, name):
        return os.path.join(self.directory, name)

    def make(self, *flags):
        made = ours("-out_file", self.at("payload"), *flags)
        self.assertEqual(made.returncode, 0, made.stderr)
        return reader.Payload(read(self.at("payload")))

    def check_payload(self, payload, old, new):
        """By the second reader, and by ours on a copy of the old image."""
        self.assertEqual(reader.apply(payload, old, len(new)), new)
        target = write(self.at("target"), old)
        done = ours("-in_file", self.at("payload"), "-old_image", target)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(read(target), new)


class Images(Case):
    """Deltas and full payloads of file systems."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old_tree = os.path.join(cls.directory, "old_tree")
        cls.new_tree = os.path.join(cls.directory, "new_tree")
        trees.make(cls.old_tree, cls.new_tree, 1)

    def ext(self, kind, *options):
        paths = []
        for name, tree in (("old", self.old_tree), ("new", self.new_tree)):
            path = self.at(f"{name}.{kind}")
            if os.path.exists(path):
                os.remove(path)
            run("mke2fs", "-q", "-t", kind, "-U", "01234567-0123-0123-0123-0123456789ab",
                "-E", "hash_seed=01234567-0123-0123-0123-0123456789ab", *options, "-d", tree,
                path, "24M")
            paths.append(path)
        return paths

    def squashfs(self, *options):
        paths = []
        for name, tree in (("old", self.old_tree), ("new", self.new_tree)):
            path = self.at(f"{name}.squashfs")
            run("mksquashfs", tree, path, "-noappend", "-all-time", "1600000000",
                "-mkfs-time", "1600000000", *options)
            paths.append(path)
        return paths

    def check_delta(self, paths):
        """Sizes of the payloads, by profile."""
        old, new = (read(path) for path in paths)
        sizes = {}
        for profile in PROFILES:
            with self.subTest(profile=profile):
                payload = self.make("-old_image", paths[0], "-new_image", paths[1],
                                    "-profile", profile)
                self.check_payload(payload, old, new)
                sizes[profile] = os.path.getsize(self.at("payload"))
        return sizes

    def sum_of_bsdiff(self):
        """File by file, with renames known, and what is new packed alone."""
        total = 0
        for directory, _, names in os.walk(self.new_tree):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.islink(path) or name == "rbash":
                    continue
                known = os.path.relpath(path, self.new_tree)
                known = known.replace("6.1.0-56", "6.1.0-55")
                known = known.replace("elsewhere/under-another-name", "moved")
                known = known.replace("share/copy-of-tar", "bin/tar")
                old = os.path.join(self.old_tree, known)
                if not os.path.exists(old):
                    total += len(run("bzip2", "-c9", path).stdout)
                elif read(old) != read(path):
                    run("bsdiff", old, path, self.at("one.patch"))
                    total += os.path.getsize(self.at("one.patch"))
        return total

    def test_ext4(self):
        sizes = self.check_delta(self.ext("ext4"))
        self.assertLess(sizes["modern"], 1.05 * self.sum_of_bsdiff())

    def test_ext2_as_the_original_formats_it(self):
        self.check_delta(self.ext("ext2", "-b", "4096", "-I", "128"))

    def test_ext4_with_small_blocks(self):
        self.check_delta(self.ext("ext4", "-b", "1024"))

    def test_squashfs_that_is_not_packed(self):
        sizes = self.check_delta(self.squashfs("-noI", "-noD", "-noF", "-noX"))
        self.assertLess(sizes["modern"], 1.05 * self.sum_of_bsdiff())

    def test_packed_squashfs(self):
        for packer in ("gzip", "xz", "zstd"):
            with self.subTest(packer=packer):
                self.check_delta(self.squashfs("-comp", packer))

    def test_a_squashfs_whose_tables_cannot_be_read_is_refused(self):
        paths = self.squashfs("-comp", "lz4")
        made = ours("-old_image", paths[0], "-new_image", paths[1], "-out_file", self.at("payload"))
        self.assertEqual(made.returncode, 1)
        self.assertIn("compressor 5 can't be read", made.stderr)

    def test_full_payloads(self):
        path = self.ext("ext4")[1]
        new = read(path)
        for profile in PROFILES:
            with self.subTest(profile=profile):
                payload = self.make("-new_image", path, "-profile", profile)
                self.check_payload(payload, b"", new)

    def test_images_of_no_known_kind(self):
        old = os.urandom(3 << 20)
        new = old[:1 << 20] + os.urandom(5000) + old[1 << 20:][:(2 << 20) - 904]
        self.check_delta([write(self.at("old.raw"), old), write(self.at("new.raw"), new)])

    def test_another_base_is_refused(self):
        paths = self.ext("ext4")
        self.make("-old_image", paths[0], "-new_image", paths[1])
        target = write(self.at("target"), read(paths[1]))
        done = ours("-in_file", self.at("payload"), "-old_image", target)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not the version that this delta was made against", done.stderr)
        self.assertEqual(read(target), read(paths[1]))


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


class TheirPatches(Case):
    """A payload by hand, of operations in place, with patches by Debian's bsdiff."""

    def test_bsdiff(self):
        old = b"".join(content for _, content in trees.programs())[:2 << 20]
        old = old[:len(old) // 4096 * 4096]
        blocks = len(old) // 4096
        half = blocks // 2
        part = old[:half * 4096]
        new_part = part[:5000] + b"inserted" + part[5000:-8][::-1][::-1]
        moved = old[half * 4096:]
        write(self.at("a"), part)
        write(self.at("b"), new_part)
        run("bsdiff", self.at("a"), self.at("b"), self.at("patch"))
        patch = read(self.at("patch"))
        # The second half moves to the front: both operations read what the other writes
        # but for the order.
        rest = blocks - half

        def extent(start, count):
            return number(1, start) + number(2, count)

        new = new_part + moved
        operation = (number(1, reader.BSDIFF) + number(2, 0) + number(3, len(patch)) +
                     message(4, extent(0, half)) + number(5, len(part)) +
                     message(6, extent(0, half)) + number(7, len(new_part)) +
                     message(8, hashlib.sha256(patch).digest()))
        move = (number(1, reader.MOVE) + message(4, extent(half, rest)) +
                message(6, extent(half, rest)))
        manifest = message(1, operation) + message(1, move) + number(3, 4096)
        for field, image in ((8, old), (9, new)):
            manifest += message(field, number(1, len(image)) +
                                message(2, hashlib.sha256(image).digest()))
        content = b"CrAU" + struct.pack(">QQ", 1, len(manifest)) + manifest + patch
        write(self.at("payload"), content)
        self.check_payload(reader.Payload(content), old, new)


class Signing(Case):
    """Keys and signatures by openssl."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("first", "second"):
            key = os.path.join(cls.directory, f"{name}.pem")
            run("openssl", "genrsa", "-out", key, "2048")
            run("openssl", "rsa", "-in", key, "-pubout", "-out", key + ".pub")
        cls.image = write(os.path.join(cls.directory, "image"), os.urandom(1 << 20))

    def sign_by_openssl(self, digest, key):
        return run("openssl", "pkeyutl", "-sign", "-inkey", key, "-pkeyopt", "digest:sha256",
                   "-in", write(self.at("digest"), digest)).stdout

    def check_by_openssl(self, key, signature, content):
        run("openssl", "dgst", "-sha256", "-verify", key + ".pub", "-signature",
            write(self.at("signature"), signature), write(self.at("content"), content))

    def verify(self, path, key, version="2"):
        return ours("-in_file", path, "-public_key", key + ".pub",
                    "-public_key_version", version).returncode

    def test_ours_for_openssl(self):
        for profile in PROFILES:
            keys = [self.at("first.pem"), self.at("second.pem")]
            payload = self.make("-new_image", self.image, "-private_key", ":".join(keys),
                                "-profile", profile)
            signatures = payload.signatures()
            self.assertEqual([version for version, _ in signatures], [1, 2])
            for key, (_, signature) in zip(keys, signatures):
                self.check_by_openssl(key, signature, payload.signed())
            if profile == "modern":
                of_metadata = reader.every(payload.metadata_signature, 1)
                for key, signature in zip(keys, of_metadata):
                    self.check_by_openssl(key, reader.last(signature, 2), payload.metadata)
            self.assertEqual(self.verify(self.at("payload"), keys[1]), 0)
            self.assertEqual(self.verify(self.at("payload"), keys[0], "1"), 0)
            self.assertEqual(self.verify(self.at("payload"), keys[0]), 1)

    def test_openssl_for_ours(self):
        """As a release is signed: hash out, sign elsewhere, embed, verify."""
        self.make("-new_image", self.image)
        done = ours("-in_file", self.at("payload"), "-signature_size", "256",
                    "-out_hash_file", self.at("hash"), "-out_metadata_hash_file", self.at("meta"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(read(self.at("meta"))), 32)
        key = self.at("first.pem")
        write(self.at("sig"), self.sign_by_openssl(read(self.at("hash")), key))
        done = ours("-in_file", self.at("payload"), "-signature_file", self.at("sig"),
                    "-out_file", self.at("signed"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.verify(self.at("signed"), key), 0)
        self.assertEqual(self.verify(self.at("signed"), self.at("second.pem")), 1)
        damaged = bytearray(read(self.at("signed")))
        damaged[len(damaged) // 2] ^= 1
        self.assertEqual(self.verify(write(self.at("damaged"), damaged), key), 1)
        target = write(self.at("target"), b"")
        done = ours("-in_file", self.at("signed"), "-old_image", target)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(read(target), read(self.image))


class Manifests(Case):
    """protoc, a second codec, finds no field that it does not know."""

    def test_protoc(self):
        image = write(self.at("image"), os.urandom(2 << 20) + bytes(1 << 20))
        kernel = write(self.at("kernel"), os.urandom(100_001))
        for profile in PROFILES:
            payload = self.make("-new_image", image, "-new_kernel", kernel, "-profile", profile)
            decoded = run("protoc", f"--proto_path={PROTO}",
                          "--decode=chromeos_update_engine.DeltaArchiveManifest",
                          "update_metadata.proto", input=payload.manifest)
            text = decoded.stdout.decode()
            self.assertNotRegex(text, r"(?m)^\s*\d+[:{ ]")
            self.assertIn("size: 100001", text)
            again = run("protoc", f"--proto_path={PROTO}",
                        "--encode=chromeos_update_engine.DeltaArchiveManifest",
                        "update_metadata.proto", input=decoded.stdout)
            self.assertEqual(again.stdout, payload.manifest)


class TheOriginal(Case):
    """Bytes that the original's generator wrote for these images."""

    KEYS = os.path.join(HERE, "..", "..", "..", "src", "lib", "payload", "signature", "testdata")

    def images(self):
        """2.5 MiB and 100,001 bytes that are the same everywhere."""
        numbers = b"".join(b"%d\n" % (i * i % 10_007) for i in range(700_000))
        return (write(self.at("image"), numbers[:5 << 19]),
                write(self.at("kernel"), numbers[12_345:112_346]))

    def sha256_of(self, *flags):
        image, kernel = self.images()
        self.make("-new_image", image, "-new_kernel", kernel, *flags)
        return hashlib.sha256(read(self.at("payload"))).hexdigest()

    def test_full_payload(self):
        self.assertEqual(self.sha256_of(), UNSIGNED)

    def test_signed_full_payload(self):
        self.assertEqual(self.sha256_of("-private_key", os.path.join(self.KEYS, "key1.pem")),
                         SIGNED)


class Program(Case):
    def test_flags(self):
        self.assertEqual(ours("-nonsense").returncode, 1)
        self.assertIn("unknown command line flag 'nonsense'", ours("--nonsense").stderr)
        self.assertEqual(ours().returncode, 1)
        self.assertIn("-signature_file", ours("--help").stdout)


if __name__ == "__main__":
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print(f"missing: {' '.join(missing)} (./argosy test installs them)", file=sys.stderr)
        sys.exit(1)
    unittest.main()
