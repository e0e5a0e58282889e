"""rkt's images and pods: archives by GNU tar, pods and locks made here as rkt makes them."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import uuid

RKT = os.environ["ARGOSY_RKT"]
BUSYBOX = shutil.which("busybox")


def key_of(tar):
    return "sha512-" + hashlib.sha512(tar).hexdigest()[:64]


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="argosy-rkt-")
        self.data = f"{self.root}/data"
        self.addCleanup(shutil.rmtree, self.root)

    def rkt(self, *words, code=0):
        done = subprocess.run([RKT, f"--dir={self.data}", f"--local-config={self.root}/etc",
                               "--system-config=/nowhere", *words],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done

    def aci(self, name, files, pack="", **more):
        """Path and key of an archive made by GNU tar."""
        work = tempfile.mkdtemp(dir=self.root)
        os.makedirs(f"{work}/rootfs")
        for path, content in files.items():
            whole = f"{work}/rootfs/{path}"
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            if content is None:
                shutil.copy(BUSYBOX, whole)
            elif content.startswith("-> "):
                os.symlink(content[3:], whole)
            else:
                with open(whole, "w", encoding="utf-8") as file:
                    file.write(content)
        manifest = {"acKind": "ImageManifest", "acVersion": "0.8.11", "name": name, **more}
        with open(f"{work}/manifest", "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        plain = f"{work}/plain.tar"
        subprocess.run(["tar", "-C", work, "-cf", plain, "manifest", "rootfs"], check=True)
        with open(plain, "rb") as file:
            key = key_of(file.read())
        if pack:
            subprocess.run([pack, plain], check=True)
            plain += {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz"}[pack]
        path = f"{work}/image.aci"
        os.rename(plain, path)
        return path, key

    def fetch(self, path):
        return self.rkt("--insecure-options=image", "fetch", "--full", path).stdout.strip()


class Images(Case):
    def test_what_tar_made_is_kept_and_given_back(self):
        labels = [{"name": "version", "value": "1.2"}]
        for pack in ("", "gzip", "bzip2", "xz"):
            path, key = self.aci(f"example.com/{pack or 'plain'}", {"bin/busybox": None}, pack,
                                 labels=labels)
            self.assertEqual(self.fetch(path), key)
            out = f"{self.root}/out-{pack}.aci"
            self.rkt("image", "export", key[:30], out)
            with open(out, "rb") as file:
                self.assertEqual(key_of(file.read()), key)
            self.rkt("image", "export", key, out, code=254)
            self.rkt("image", "export", "--overwrite", key, out)
        listed = self.rkt("image", "list", "--no-legend", "--fields=name", "--sort=name").stdout
        self.assertEqual(listed.split(), [f"example.com/{name}:1.2"
                                          for name in ("bzip2", "gzip", "plain", "xz")])
        images = json.loads(self.rkt("image", "list", "--format=json", "--full").stdout)
        self.assertEqual({image["name"] for image in images}, set(listed.split()))
        for image in images:
            blob = f"{self.data}/cas/blob/sha512/{image['id'][7:9]}/{image['id']}"
            self.assertEqual(os.path.getsize(blob), image["size"])
            with open(blob, "rb") as file:
                self.assertEqual(key_of(file.read()), image["id"])

    def test_columns(self):
        _, key = self.aci("a.com/x", {"f": "1"})
        self.fetch(_)
        table = self.rkt("image", "list").stdout.splitlines()
        self.assertEqual(table[0], "ID\t\t\tNAME\tSIZE\tIMPORT TIME\tLAST USED")
        self.assertTrue(table[1].startswith(f"{key[:19]}\ta.com/x\t10KiB\t"), table[1])

    def test_dependencies_extracting_and_rendering(self):
        self.fetch(self.aci("below", {"who": "below", "low": "1", "hidden": "1"})[0])
        path, key = self.aci("top", {"who": "top", "link": "-> /etc"},
                             dependencies=[{"imageName": "below"}],
                             pathWhitelist=["/who", "/low", "/link"])
        self.fetch(path)
        self.rkt("image", "extract", "top", f"{self.root}/alone")
        self.assertEqual(sorted(os.listdir(f"{self.root}/alone")), ["manifest", "rootfs"])
        self.assertEqual(sorted(os.listdir(f"{self.root}/alone/rootfs")), ["link", "who"])
        self.rkt("image", "render", "--rootfs-only", key, f"{self.root}/whole")
        self.assertEqual(sorted(os.listdir(f"{self.root}/whole")), ["link", "low", "who"])
        self.rkt("image", "render", key, f"{self.root}/whole", code=254)
        # Overwriting removes the link, not what it leads to.
        self.rkt("image", "render", "--overwrite", key, f"{self.root}/whole")
        self.assertTrue(os.path.exists("/etc/passwd"))
        with open(f"{self.root}/whole/rootfs/who", encoding="utf-8") as file:
            self.assertEqual(file.read(), "top")

    def test_removing(self):
        keys = [self.fetch(self.aci("a.com/x", {"f": str(i)})[0]) for i in range(3)]
        done = self.rkt("image", "rm", keys[0], "a.com/none", code=254)
        self.assertEqual(done.stdout, f'successfully removed aci for image: "{keys[0]}"\n')
        self.assertIn("1 image(s) successfully removed", done.stderr)
        self.assertIn("1 image(s) cannot be removed", done.stderr)
        self.rkt("image", "rm", "a.com/x")
        self.assertEqual(self.rkt("image", "list", "--no-legend").stdout, "")

    def test_many_at_once(self):
        paths = [self.aci("a.com/x", {"f": str(i), "bin/busybox": None}) for i in range(3)]
        words = [RKT, f"--dir={self.data}", "--insecure-options=image", "fetch", "--full"]
        running = [(subprocess.Popen([*words, path], stdout=subprocess.PIPE, text=True), key)
                   for path, key in paths * 3]
        for process, key in running:
            self.assertEqual(process.communicate(timeout=120)[0].strip(), key)
        self.assertEqual(len(self.rkt("image", "list", "--no-legend").stdout.splitlines()), 3)
        self.assertEqual(os.listdir(f"{self.data}/cas/tmp"), [])

    def test_killed_while_fetching(self):
        path, key = self.aci("a.com/x", {"bin/busybox": None})
        os.mkfifo(f"{self.root}/slow.aci")
        fetching = subprocess.Popen([RKT, f"--dir={self.data}", "--insecure-options=image",
                                     "fetch", f"{self.root}/slow.aci"])
        with open(path, "rb") as file, open(f"{self.root}/slow.aci", "wb") as slow:
            slow.write(file.read(1 << 20))
            slow.flush()
            self.rkt("image", "gc")
            self.assertEqual(len(os.listdir(f"{self.data}/cas/tmp")), 1)
            fetching.kill()
            fetching.wait()
        self.rkt("image", "gc")
        self.assertEqual(os.listdir(f"{self.data}/cas/tmp"), [])
        self.assertEqual(self.rkt("image", "list", "--no-legend").stdout, "")
        self.assertEqual(self.fetch(path), key)

    def test_what_is_no_image(self):
        path = f"{self.root}/bad.aci"
        with open(path, "wb") as file:
            file.write(os.urandom(5000))
        self.rkt("--insecure-options=image", "fetch", path, code=254)
        self.rkt("fetch", path, code=254)
        self.assertEqual(os.listdir(f"{self.data}/cas/tmp"), [])


class Pods(Case):
    def pod(self, place, image=None, apps=("web",)):
        """The path of a pod as rkt lays it down."""
        path = f"{self.data}/pods/{place}/{uuid.uuid4()}"
        os.makedirs(path)
        image = image or "sha512-" + "ab" * 64
        manifest = {"acVersion": "0.8.11", "acKind": "PodManifest", "apps": [
            {"name": name, "image": {"name": "a.com/x", "id": image,
                                     "labels": [{"name": "version", "value": "7"}]}}
            for name in apps]}
        for name, text in (("pod", json.dumps(manifest)), ("pod-created", "")):
            with open(f"{path}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def lock(self, path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(lambda: os.close(fd))
        fcntl.flock(fd, fcntl.LOCK_EX)

    def put(self, path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def states(self):
        pods = json.loads(self.rkt("list", "--format=json").stdout)
        return {pod["name"]: pod["state"] for pod in pods}

    def test_states(self):
        expected = {}
        for place, locked, free in (("prepare", "preparing", "aborted prepare"),
                                    ("prepared", "prepared", "prepared"),
                                    ("run", "running", "exited"),
                                    ("exited-garbage", "exited deleting", "exited garbage")):
            held = self.pod(place)
            self.lock(held)
            expected[os.path.basename(held)] = locked
            expected[os.path.basename(self.pod(place))] = free
        for place in ("embryo", "garbage"):
            self.pod(place)
        self.assertEqual(self.states(), expected)

    def test_list_and_status(self):
        path = self.pod("run", apps=("web", "side"))
        name = os.path.basename(path)
        self.put(f"{path}/pid", "4242")
        self.put(f"{path}/net-info.json", '[{"netName":"default","ip":"172.16.28.2"}]')
        self.put(f"{path}/stage1TreeStoreID", "deps-x")
        self.put(f"{path}/overlay/deps-x/upper/rkt/status/web", "3")
        lines = self.rkt("list").stdout.splitlines()
        self.assertEqual(lines[0].split("\t")[0], "UUID")
        first = [cell for cell in lines[1].split("\t") if cell]
        self.assertEqual(first[:4], [name[:8], "web", "a.com/x:7", "exited"])
        self.assertEqual(first[-1], "default:ip4=172.16.28.2")
        self.assertEqual([cell for cell in lines[2].split("\t") if cell], ["side", "a.com/x:7"])
        full = self.rkt("list", "--full", "--no-legend").stdout
        self.assertIn(name, full)
        self.assertIn("sha512-" + "ab" * 6 + "\t", full)
        lines = self.rkt("status", name[:12]).stdout.splitlines()
        self.assertEqual(lines[0], "state=exited")
        self.assertTrue(lines[1].startswith("created="))
        self.assertTrue(lines[2].startswith("started="))
        self.assertEqual(lines[3:], ["networks=default:ip4=172.16.28.2", "pid=4242",
                                     "exited=true", "app-web=3"])
        self.put(f"{self.root}/uuid", name + "\n")
        self.assertEqual(self.rkt("status", f"--uuid-file={self.root}/uuid").stdout.splitlines(),
                         lines)
        self.rkt("status", "--uuid-file=/nowhere", code=1)
        self.rkt("status", "0" * 8, code=254)
        manifest = json.loads(self.rkt("cat-manifest", name).stdout)
        self.assertEqual([app["name"] for app in manifest["apps"]], ["web", "side"])

    def test_status_waits(self):
        path = self.pod("run")
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            self.rkt("status", "--wait=50ms", os.path.basename(path), code=254)
            waiting = subprocess.Popen([RKT, f"--dir={self.data}", "status", "--wait",
                                        os.path.basename(path)], stdout=subprocess.PIPE, text=True)
        finally:
            os.close(fd)
        out, _ = waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, 0)
        self.assertEqual(out.splitlines()[0], "state=exited")

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_collecting(self):
        running = self.pod("run")
        self.lock(running)
        exited = os.path.basename(self.pod("run"))
        aborted = os.path.basename(self.pod("prepare"))
        done = self.rkt("gc", "--mark-only")
        self.assertEqual(done.stderr, f'gc: moving pod "{exited}" to garbage\n'
                                      f'gc: moving failed prepare "{aborted}" to garbage\n')
        done = self.rkt("gc")
        self.assertEqual(done.stdout, f'Garbage collecting pod "{aborted}"\n')
        self.assertIn(f'pod "{exited}" not removed: still within grace period (30m0s)', done.stderr)
        self.rkt("gc", "--grace-period=0s")
        self.assertEqual(self.states(), {os.path.basename(running): "running"})

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_removing(self):
        running = self.pod("run")
        self.lock(running)
        exited = self.pod("run")
        os.makedirs(f"{exited}/stage1/rootfs/etc")
        os.symlink("/etc", f"{exited}/stage1/rootfs/link")
        names = [os.path.basename(path) for path in (running, exited)]
        done = self.rkt("rm", *names, code=254)
        self.assertEqual(done.stdout, f'"{names[1]}"\n')
        self.assertIn(f'rm: pod "{names[0]}" is currently running', done.stderr)
        self.assertIn("rm: failed to remove one or more pods", done.stderr)
        self.assertTrue(os.path.exists("/etc/passwd"))
        self.assertEqual(self.states(), {names[0]: "running"})

    def test_images_that_pods_use_stay(self):
        used, lonely = (self.fetch(self.aci("a.com/x", {"f": str(i)})[0]) for i in range(2))
        self.pod("run", image=used + "00" * 32)
        self.rkt("image", "gc")
        self.assertEqual(len(self.rkt("image", "list", "--no-legend").stdout.splitlines()), 2)
        self.rkt("image", "gc", "--grace-period=0s")
        self.assertTrue(self.rkt("image", "list", "--no-legend").stdout.startswith(used[:19]))
        self.rkt("image", "cat-manifest", lonely, code=254)
        # With a pod that can't be read nobody knows what is used.
        broken = self.pod("prepared")
        self.put(f"{broken}/pod", "{")
        self.rkt("image", "gc", "--grace-period=0s", code=254)


class Trust(Case):
    def gpg(self, *words):
        home = f"{self.root}/gpg"
        os.makedirs(home, mode=0o700, exist_ok=True)
        return subprocess.run(["gpg", "--homedir", home, "--batch", "--yes", "--quiet",
                               "--pinentry-mode", "loopback", "--passphrase", "", *words],
                              check=True, capture_output=True, text=True, timeout=60).stdout

    def tearDown(self):
        subprocess.run(["gpgconf", "--homedir", f"{self.root}/gpg", "--kill", "all"], check=False,
                       capture_output=True, timeout=60)

    def test_only_what_a_trusted_key_signed(self):
        self.gpg("--quick-generate-key", "Alice <alice@example.com>", "ed25519", "default", "never")
        key = f"{self.root}/alice.asc"
        self.gpg("--armor", "--output", key, "--export", "alice@example.com")
        listed = self.gpg("--with-colons", "--fingerprint", "alice@example.com").splitlines()
        fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
        path, name = self.aci("example.com/a/x", {"f": "1"}, "gzip")
        self.gpg("--armor", "--detach-sign", path)
        self.assertTrue(os.path.exists(f"{path}.asc"))
        # Nobody trusts the key, or for other names only.
        self.rkt("fetch", path, code=254)
        self.rkt("trust", key, code=254)
        self.rkt("trust", "--prefix=example.com/b", "--skip-fingerprint-review", key)
        done = self.rkt("fetch", path, code=254)
        self.assertIn("signature made by unknown entity", done.stderr)
        self.assertIn("TTY", self.rkt("trust", "--prefix=example.com/a", key, code=254).stderr)
        done = self.rkt("trust", "--prefix=example.com/a", "--skip-fingerprint-review", key)
        groups = " ".join(fingerprint[at:at + 4] for at in range(0, 40, 4))
        self.assertIn(f"gpg key fingerprint is: {groups}\n", done.stdout)
        kept = f"{self.root}/etc/trustedkeys/prefix.d/example.com/a/{fingerprint.lower()}"
        self.assertIn(f'Added key for prefix "example.com/a" at "{kept}"', done.stderr)
        done = self.rkt("fetch", "--full", path)
        self.assertEqual(done.stdout.strip(), name)
        self.assertEqual(done.stderr, "fetch: signature verified:\n"
                                      "fetch:   Alice <alice@example.com>\n")
        # Another file under the same signature.
        other, _ = self.aci("example.com/a/y", {"f": "2"})
        shutil.copy(f"{path}.asc", f"{other}.asc")
        self.rkt("fetch", other, code=254)
        self.assertEqual(len(self.rkt("image", "list", "--no-legend").stdout.splitlines()), 1)


class CommandLine(Case):
    def test_codes(self):
        done = self.rkt(code=2)
        self.assertIn("COMMANDS:", done.stdout)
        for words in (("nope",), ("list", "--nope"), ("image", "nope"), ("cat-manifest",),
                      ("image", "export", "x"), ("run", "x"), ("image", "rm"), ("r",),
                      ("--insecure-options=everything", "list"), ("list", "word")):
            self.rkt(*words, code=254)
        self.assertNotIn("run-prepared", done.stdout)
        self.assertIn("not implemented yet", self.rkt("run", "x", code=254).stderr)

    def test_prefixes_and_flags_anywhere(self):
        whole = self.rkt("image", "list", "--no-legend=false").stdout
        self.assertEqual(self.rkt("im", "li").stdout, whole)
        self.assertEqual(self.rkt("image", "--debug", "list").stdout, whole)
        self.assertEqual(self.rkt("image", "list", "--debug").stdout, whole)
        self.assertIn("rkt image list", self.rkt("help", "image", "list").stdout)
        self.assertIn("rkt list", self.rkt("list", "--help").stdout)

    def test_configuration(self):
        os.makedirs(f"{self.root}/etc/paths.d")
        text = json.dumps({"rktKind": "paths", "rktVersion": "v1", "data": self.data})
        with open(f"{self.root}/etc/paths.d/a.json", "w", encoding="utf-8") as file:
            file.write(text)
        stage0 = json.loads(self.rkt("config").stdout)["stage0"]
        self.assertEqual(stage0[0]["data"], self.data)
        done = subprocess.run([RKT, f"--local-config={self.root}/etc", "image", "list"],
                              capture_output=True, check=True, timeout=60)
        self.assertTrue(done.stdout)
        self.assertTrue(os.path.isdir(f"{self.data}/cas/blob"))

    def test_version(self):
        lines = self.rkt("version").stdout.splitlines()
        self.assertEqual([line.split(":")[0] for line in lines],
                         ["rkt Version", "appc Version", "Go Version", "Go OS/Arch", "Features"])


if __name__ == "__main__":
    unittest.main()
