"""Images that umoci and skopeo make are read by us, and ours by them; trees are compared."""

import json
import os
import shutil
import stat
import subprocess
import tempfile
import unittest

OURS = os.environ["ARGOSY_IMAGE_LAYOUT"]
TOOLS = ("umoci", "skopeo")


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stderr}{done.stdout}")
    return done.stdout


def describe(path, relative):
    """All that a layer keeps of a file."""
    info = os.lstat(path)
    line = {"mode": oct(info.st_mode), "owner": (info.st_uid, info.st_gid)}
    if not stat.S_ISLNK(info.st_mode):
        line["xattrs"] = {name: os.getxattr(path, name, follow_symlinks=False)
                          for name in os.listxattr(path, follow_symlinks=False)
                          if name.startswith(("user.", "security.capability"))}
    if stat.S_ISLNK(info.st_mode):
        line["target"] = os.readlink(path)
    elif stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            line["content"] = file.read()
        line["links"] = info.st_nlink
        line["mtime"] = int(info.st_mtime)
    elif stat.S_ISDIR(info.st_mode) and relative != ".":
        line["mtime"] = int(info.st_mtime)
    elif not stat.S_ISFIFO(info.st_mode):
        line["device"] = info.st_rdev
    return line


def tree(root):
    found = {}
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = describe(path, os.path.relpath(path, root))
    return found


def fill(root):
    """The first layer: every kind of file."""
    os.makedirs(f"{root}/usr/lib")
    os.makedirs(f"{root}/etc/deep/er")
    os.makedirs(f"{root}/dev")
    with open(f"{root}/usr/lib/big", "wb") as file:
        file.write(os.urandom(3 << 20))
    with open(f"{root}/usr/lib/sparse", "wb") as file:
        file.seek(5 << 20)
        file.write(b"end")
    os.link(f"{root}/usr/lib/big", f"{root}/usr/lib/same")
    os.symlink("usr/lib", f"{root}/lib")
    os.symlink("/nowhere/\u00fc", f"{root}/dangling")
    for index in range(300):
        with open(f"{root}/etc/deep/er/file{index}", "w", encoding="utf-8") as file:
            file.write("x" * index)
    with open(f"{root}/etc/\u00fcml\u00e4ut " + "n" * 150, "w", encoding="utf-8") as file:
        file.write("long name")
    with open(f"{root}/tool", "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n")
    os.chown(f"{root}/tool", 1000, 5)
    os.chmod(f"{root}/tool", 0o6755)
    os.setxattr(f"{root}/tool", "user.note", b"kept\0and more")
    os.mkfifo(f"{root}/fifo", 0o600)
    os.mknod(f"{root}/dev/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))


def change(root):
    """The second layer: whiteouts, a directory for a file, a file for a directory."""
    os.unlink(f"{root}/etc/deep/er/file7")
    os.unlink(f"{root}/tool")
    os.makedirs(f"{root}/tool/below")
    with open(f"{root}/tool/below/file", "w", encoding="utf-8") as file:
        file.write("now a directory")
    shutil.rmtree(f"{root}/dev")
    with open(f"{root}/dev", "w", encoding="utf-8") as file:
        file.write("now a file")
    os.chmod(f"{root}/usr/lib/sparse", 0o400)


@unittest.skipUnless(os.geteuid() == 0, "umoci keeps owners only as root")
@unittest.skipUnless(all(map(shutil.which, TOOLS)), "needs umoci and skopeo")
class Images(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="argosy-images-")
        self.addCleanup(shutil.rmtree, self.work)
        self.layout = f"{self.work}/layout"
        self.build()

    def path(self, name):
        return f"{self.work}/{name}"

    def build(self):
        """An image of two layers, made by umoci."""
        run("umoci", "init", "--layout", self.layout)
        run("umoci", "new", "--image", f"{self.layout}:one")
        for tag, following, work in (("one", "two", fill), ("two", "three", change)):
            bundle = self.path(f"bundle-{tag}")
            run("umoci", "unpack", "--image", f"{self.layout}:{tag}", bundle)
            work(f"{bundle}/rootfs")
            run("umoci", "repack", "--image", f"{self.layout}:{following}", bundle)
        run("umoci", "config", "--image", f"{self.layout}:three", "--config.cmd", "/tool",
            "--config.env", "A=b")

    def unpack_ours(self, layout, tag, name):
        os.mkdir(self.path(name))
        run(OURS, "unpack", layout, tag, self.path(name))
        return tree(self.path(name))

    def unpack_theirs(self, layout, tag, name):
        run("umoci", "unpack", "--image", f"{layout}:{tag}", self.path(name))
        return tree(self.path(f"{name}/rootfs"))

    def test_umoci_and_we_unpack_the_same(self):
        for tag in ("two", "three"):
            theirs = self.unpack_theirs(self.layout, tag, f"theirs-{tag}")
            ours = self.unpack_ours(self.layout, tag, f"ours-{tag}")
            self.assertGreater(len(theirs), 300)
            self.assertEqual(sorted(theirs), sorted(ours))
            for path, line in theirs.items():
                self.assertEqual(line, ours[path], path)

    def test_skopeo_and_umoci_read_what_we_write(self):
        mine = self.path("mine")
        run(OURS, "copy", self.layout, "three", mine, "copied")
        inspected = json.loads(run("skopeo", "inspect", "--config", f"oci:{mine}:copied"))
        self.assertEqual(inspected["config"]["Cmd"], ["/tool"])
        self.assertEqual(inspected["config"]["Env"], ["A=b"])
        run("skopeo", "copy", f"oci:{mine}:copied", f"docker-archive:{self.path('archive.tar')}:x:1")
        self.assertEqual(self.unpack_theirs(mine, "copied", "theirs"),
                         self.unpack_theirs(self.layout, "three", "original"))

    def test_we_read_what_skopeo_writes_in_each_compression(self):
        expected = self.unpack_ours(self.layout, "three", "expected")
        for form in ("zstd", "gzip"):
            copy = self.path(f"copy-{form}")
            run("skopeo", "copy", "--dest-compress-format", form, "--dest-compress",
                f"oci:{self.layout}:three", f"oci:{copy}:x")
            self.assertEqual(self.unpack_ours(copy, "x", f"tree-{form}"), expected)
        run("skopeo", "copy", "--format", "v2s2", f"oci:{self.layout}:three",
            f"dir:{self.path('dir')}")
        run("skopeo", "copy", f"dir:{self.path('dir')}", f"oci:{self.path('again')}:x")
        self.assertEqual(self.unpack_ours(self.path("again"), "x", "tree-again"), expected)

    def test_collecting_agrees_with_umoci(self):
        run("umoci", "remove", "--image", f"{self.layout}:three")
        other = self.path("other")
        shutil.copytree(self.layout, other)
        run("umoci", "gc", "--layout", other)
        self.assertGreater(int(run(OURS, "collect", self.layout)), 1)
        self.assertEqual(sorted(os.listdir(f"{self.layout}/blobs/sha256")),
                         sorted(os.listdir(f"{other}/blobs/sha256")))
        self.unpack_ours(self.layout, "two", "still-there")

    def test_damage_is_refused(self):
        index = json.loads(run("skopeo", "inspect", "--raw", f"oci:{self.layout}:three"))
        blob = f"{self.layout}/blobs/{index['layers'][0]['digest'].replace(':', '/')}"
        with open(blob, "r+b") as file:
            file.seek(os.path.getsize(blob) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        os.mkdir(self.path("tree"))
        done = subprocess.run([OURS, "unpack", self.layout, "three", self.path("tree")],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "damaged gzip data|digest|tar:")


if __name__ == "__main__":
    unittest.main()
