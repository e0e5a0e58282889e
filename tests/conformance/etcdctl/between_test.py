"""What etcdctl carries from one server to another: mirrors and restored snapshots."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from cluster import THEIRS, Cluster, clean_environment, ctl, die_with_parent  # noqa: E402

OURS = os.environ["ARGOSY_ETCD"]
BOTH = [(OURS, THEIRS), (THEIRS, OURS)]


def content(cluster, *more):
    out = cluster.ctl("get", "", "--prefix", "-w", "json", *more).stdout
    return json.loads(out).get("kvs", [])


def pairs(cluster, prefix):
    out = cluster.ctl("get", prefix, "--prefix").stdout.splitlines()
    return dict(zip(out[::2], out[1::2]))


class Between(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="etcdctl-between-")
        self.addCleanup(shutil.rmtree, self.root, True)

    def cluster(self, *programs):
        root = tempfile.mkdtemp(dir=self.root)
        made = Cluster(programs, root)
        self.addCleanup(made.kill_all)
        return made

    def fill(self, cluster):
        for i in range(30):
            cluster.ctl("put", f"k{i % 7}", f"v{i}")
        cluster.ctl("del", "k3")
        cluster.ctl("compaction", "12")
        lease = cluster.ctl("lease", "grant", "500").stdout.split()[1]
        cluster.ctl("put", "leased", "v", f"--lease={lease}")
        return lease


class Mirror(Between):
    def mirror(self, source_program, target_program):
        source = self.cluster(source_program).start()
        target = self.cluster(target_program).start()
        self.fill(source)
        mirror = subprocess.Popen(
            ["etcdctl", f"--endpoints={source.endpoints}", "make-mirror", target[0].endpoint,
             "--prefix", "k", "--dest-prefix", "copy/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environment(),
            preexec_fn=die_with_parent)
        self.addCleanup(mirror.stderr.close)
        self.addCleanup(mirror.wait)
        self.addCleanup(mirror.kill)
        time.sleep(1)
        source.ctl("put", "k9", "later")
        source.ctl("del", "k1")
        source.ctl("txn", stdin="\n\nput k10 a\nput k11 b\ndel k2\n\n\n")
        # The prefix is not cut off: "copy/" stands in its place.
        wanted = {"copy/" + key[1:]: value for key, value in pairs(source, "k").items()}
        deadline = time.monotonic() + 15
        while pairs(target, "copy/") != wanted:
            self.assertLess(time.monotonic(), deadline, (pairs(target, "copy/"), wanted))
            time.sleep(0.2)

    def test_a_mirror_follows(self):
        for source, target in BOTH:
            with self.subTest(source=source, target=target):
                self.mirror(source, target)


class Restore(Between):
    def restore(self, source_program, target_program, members):
        source = self.cluster(source_program).start()
        lease = self.fill(source)
        before, hashed = content(source), source.hashes()["m1"]
        saved = os.path.join(self.root, "saved.db")
        if os.path.exists(saved):
            os.remove(saved)
        source.ctl("snapshot", "save", saved)
        target = self.cluster(*[target_program] * members)
        for member in target.members:
            ctl("snapshot", "restore", saved, "--name", member.name, "--data-dir",
                member.data_dir, "--initial-cluster", target.initial,
                "--initial-advertise-peer-urls", member.peer_url, endpoints="")
        target.start()
        self.assertEqual(content(target), before)
        self.assertEqual(target.wait_equal_hashes(), hashed)
        self.assertIn("attached keys([leased])",
                      target.ctl("lease", "timetolive", lease, "--keys").stdout)
        target.ctl("put", "after", "1")
        target.ctl("lease", "revoke", lease)
        self.assertEqual(pairs(target, "leased"), {})
        self.assertEqual(len(target.ctl("member", "list").stdout.splitlines()), members)
        for member in target.members:
            member.end(signal.SIGTERM)
        for member in target.members:
            member.start(target.initial)
        for member in target.members:
            member.wait_ready()
        self.assertEqual(pairs(target, "after"), {"after": "1"})
        target.wait_equal_hashes()

    def test_a_snapshot_of_one_starts_the_other(self):
        for source, target in BOTH:
            for members in (1, 3):
                with self.subTest(source=source, target=target, members=members):
                    self.restore(source, target, members)


    def test_a_bare_database_starts_a_new_cluster(self):
        """When no member answers any more (docs/etcd.md, "A quorum is lost")."""
        source = self.cluster(OURS).start()
        self.fill(source)
        before = content(source)
        time.sleep(0.5)
        source[0].kill()
        bare = os.path.join(self.root, "bare.db")
        shutil.copy(os.path.join(source[0].data_dir, "member", "snap", "db"), bare)
        target = self.cluster(OURS)
        ctl("snapshot", "restore", bare, "--skip-hash-check", "--name", "m1", "--data-dir",
            target[0].data_dir, "--initial-cluster", target.initial,
            "--initial-advertise-peer-urls", target[0].peer_url, endpoints="")
        target.start()
        self.assertEqual(content(target), before)


if __name__ == "__main__":
    unittest.main()
