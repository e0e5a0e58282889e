"""Data directories travel between Debian's etcd and ours, and members mix.

A directory is filled by one program, its server ended in one of several ways, and the
other program starts on it: the content, its history, leases, members and HashKV must
be equal, and it must go on from there.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from cluster import THEIRS, Cluster  # noqa: E402
from shards import pick  # noqa: E402

OURS = os.environ["ARGOSY_ETCD"]
# Snapshots of raft after so few entries, so that starts begin from one.
SMALL_SNAPSHOTS = ("--snapshot-count", "50")


class Picture:
    """Everything of a cluster that a client can see and that must survive."""

    def __init__(self, cluster):
        ctl = cluster.ctl
        first = cluster[0].endpoint
        everything = json.loads(ctl("get", "", "--prefix", "-w", "json", endpoints=first).stdout)
        self.revision = everything["header"]["revision"]
        self.pairs = everything.get("kvs", [])
        self.history = []
        for revision in range(max(1, self.revision - 20), self.revision + 1):
            got = ctl("get", "", "--prefix", f"--rev={revision}", "-w", "json",
                      endpoints=first, check=False)
            self.history.append(json.loads(got.stdout).get("kvs", []) if got.returncode == 0
                                else "compacted")
        self.leases = {}
        for line in sorted(ctl("lease", "list", endpoints=first).stdout.splitlines()[1:]):
            told = json.loads(ctl("lease", "timetolive", line, "--keys", "-w", "json",
                                  endpoints=first).stdout)
            self.leases[line] = (told["granted-ttl"], sorted(told.get("keys") or []))
        self.members = sorted(ctl("member", "list", endpoints=first).stdout.splitlines())
        self.hash = cluster.hashes()["m1"]
        self.alarms = ctl("alarm", "list", endpoints=first).stdout

    def check_equal(self, test, other):
        for name in vars(self):
            test.assertEqual(getattr(self, name), getattr(other, name), name)


def fill(cluster, rounds):
    """Puts, deletes, transactions, leases and a compaction: enough entries for several
    snapshots when they are small."""
    for i in range(rounds):
        cluster.ctl("put", f"key{i % 17}", f"value {i}")
        if i % 9 == 8:
            cluster.ctl("del", f"key{i % 5}", "--prefix")
        if i % 13 == 12:
            cluster.ctl("txn", stdin=f'mod("key{i % 17}") > "0"\n\nput a {i}\nput b {i}\n\n'
                                     f"put c {i}\n\n")
        if i % 40 == 39:
            revision = json.loads(cluster.ctl("get", "a", "-w", "json").stdout)
            cluster.ctl("compaction", str(revision["header"]["revision"] - 15), "--physical")
    for i in range(3):
        lease = cluster.ctl("lease", "grant", str(500 + i)).stdout.split()[1]
        cluster.ctl("put", f"leased/{i}", "v", f"--lease={lease}")
        cluster.ctl("put", f"leased/{i}/more", "v", f"--lease={lease}")
    lease = cluster.ctl("lease", "grant", "600").stdout.split()[1]
    cluster.ctl("put", "gone", "v", f"--lease={lease}")
    cluster.ctl("lease", "revoke", lease)


class Files(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="etcd-files-")
        self.addCleanup(shutil.rmtree, self.root, True)

    def cluster(self, *programs, flags=()):
        made = Cluster(programs, tempfile.mkdtemp(dir=self.root), flags)
        self.addCleanup(made.kill_all)
        return made

    def restart_as(self, cluster, program, number):
        for member in cluster.members:
            member.end(number)
        for member in cluster.members:
            member.program = program
            member.start(cluster.initial)
        for member in cluster.members:
            member.wait_ready()
        cluster.wait_equal_hashes()

    def travel(self, programs, members=1, flags=(), rounds=70, number=signal.SIGTERM):
        """Starts as the first program, then as each of the others, on one directory."""
        cluster = self.cluster(*[programs[0]] * members, flags=flags).start()
        fill(cluster, rounds)
        for program in programs[1:]:
            before = Picture(cluster)
            self.restart_as(cluster, program, number)
            Picture(cluster).check_equal(self, before)
            fill(cluster, 20)
        return cluster


class Travel(Files):
    def test_theirs_opens_in_ours_and_back(self):
        self.travel([THEIRS, OURS, THEIRS, OURS])

    def test_ours_opens_in_theirs_and_back(self):
        self.travel([OURS, THEIRS, OURS, THEIRS])

    def test_after_kill(self):
        self.travel([THEIRS, OURS, THEIRS, OURS, THEIRS], number=signal.SIGKILL)
        self.travel([OURS, THEIRS], number=signal.SIGKILL)

    def test_with_snapshots(self):
        cluster = self.travel([THEIRS, OURS, THEIRS], flags=SMALL_SNAPSHOTS, rounds=130)
        self.check_has_snapshot(cluster[0])
        cluster = self.travel([OURS, THEIRS, OURS], flags=SMALL_SNAPSHOTS, rounds=130)
        self.check_has_snapshot(cluster[0])

    def test_with_snapshots_after_kill(self):
        for first, second in ((THEIRS, OURS), (OURS, THEIRS)):
            self.travel([first, second, first], flags=SMALL_SNAPSHOTS, rounds=130,
                        number=signal.SIGKILL)

    def test_three_members(self):
        for first, second in ((THEIRS, OURS), (OURS, THEIRS)):
            self.travel([first, second, first], members=3, flags=SMALL_SNAPSHOTS, rounds=80)

    def test_members_that_came_and_went(self):
        for first, second in ((THEIRS, OURS), (OURS, THEIRS)):
            with self.subTest(first=first):
                cluster = self.cluster(*[first] * 3, flags=SMALL_SNAPSHOTS).start()
                fill(cluster, 20)
                gone = cluster.statuses()["m3"]["header"]["member_id"]
                self.remove(cluster, f"{gone:x}")
                cluster[2].wait_exit()
                del cluster.members[2]
                cluster.leader()  # it may have been the one that went
                fill(cluster, 70)
                before = Picture(cluster)
                self.restart_as(cluster, second, signal.SIGTERM)
                Picture(cluster).check_equal(self, before)
                again = cluster.ctl("member", "remove", f"{gone:x}", check=False,
                                    endpoints=cluster[0].endpoint)
                self.assertIn("member not found", again.stderr)

    def remove(self, cluster, gone):
        """Servers refuse while they have not been connected for five seconds."""
        deadline = time.monotonic() + 20
        while cluster.ctl("member", "remove", gone, check=False,
                          endpoints=cluster[0].endpoint).returncode != 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)

    def test_an_alarm_stays(self):
        cluster = self.cluster(THEIRS, flags=("--quota-backend-bytes", "2097152")).start()
        for _ in range(12):
            cluster.ctl("put", "big", "x" * 120000, check=False)
        for _ in range(12):
            cluster.ctl("put", "big", "y" * 120000, check=False)
        before = Picture(cluster)
        self.assertIn("alarm:NOSPACE", before.alarms)
        self.restart_as(cluster, OURS, signal.SIGTERM)
        Picture(cluster).check_equal(self, before)
        refused = cluster.ctl("put", "a", "1", check=False)
        self.assertIn("mvcc: database space exceeded", refused.stderr)

    def check_has_snapshot(self, member):
        names = os.listdir(os.path.join(member.data_dir, "member", "snap"))
        self.assertTrue([name for name in names if name.endswith(".snap")], names)


class Mixed(Files):
    """A smoke test: each kind leads, each kind dies and comes back."""

    def mix(self, *programs):
        cluster = self.cluster(*programs, flags=SMALL_SNAPSHOTS).start()
        for leader in cluster.members:
            cluster.make_leader(leader)
            for member in cluster.members:
                for i in range(4):
                    cluster.ctl("put", f"{leader.name}/{member.name}/{i}", "v",
                                endpoints=member.endpoint)
            lease = cluster.ctl("lease", "grant", "300",
                                endpoints=cluster[2].endpoint).stdout.split()[1]
            cluster.ctl("put", "leased", leader.name, f"--lease={lease}",
                        endpoints=cluster[1].endpoint)
            kept = cluster.ctl("lease", "keep-alive", "--once", lease,
                               endpoints=cluster[0].endpoint)
            self.assertIn("keepalived with TTL(300)", kept.stdout)
            cluster.wait_equal_hashes()
        for victim in cluster.members:
            victim.kill()
            others = [m for m in cluster.members if m is not victim]
            cluster.leader()
            # Far enough that the log alone no longer helps it.
            for i in range(30):
                cluster.ctl("put", f"without/{victim.name}/{i}", "v",
                            endpoints=others[i % 2].endpoint)
            victim.start(cluster.initial).wait_ready()
            got = cluster.ctl("get", f"without/{victim.name}", "--prefix", "--keys-only",
                              endpoints=victim.endpoint)
            self.assertEqual(got.stdout.count("without/"), 30)
            cluster.wait_equal_hashes()
        return cluster

    def test_two_of_theirs_and_one_of_ours(self):
        self.mix(THEIRS, THEIRS, OURS)

    def test_one_of_theirs_and_two_of_ours(self):
        self.mix(THEIRS, OURS, OURS)

    def join(self, first, second):
        """A member of the other kind joins an old cluster, by a snapshot over the wire."""
        cluster = self.cluster(first, second, flags=SMALL_SNAPSHOTS)
        leader, joining = cluster.members
        del cluster.members[1]
        cluster.start()
        fill(cluster, 120)
        cluster.ctl("member", "add", "m2", f"--peer-urls={joining.peer_url}")
        cluster.members.append(joining)
        joining.start(cluster.initial, state="existing").wait_ready()
        cluster.wait_equal_hashes()
        cluster.ctl("put", "joined", "1", endpoints=joining.endpoint)
        cluster.make_leader(joining)
        cluster.ctl("put", "led", "1", endpoints=leader.endpoint)
        cluster.wait_equal_hashes()
        Picture(cluster)

    def test_ours_joins_theirs(self):
        self.join(THEIRS, OURS)

    def test_theirs_joins_ours(self):
        self.join(OURS, THEIRS)


def load_tests(loader, standard, pattern):
    del loader, pattern
    return pick(standard)


if __name__ == "__main__":
    unittest.main()
