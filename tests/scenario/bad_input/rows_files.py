"""Damaged, missing and foreign files in the data directory; joining with a wrong one."""

import os
import shutil
import time

from surroundings import (database, flip, flip_all, keys, snap_files, start, wal_files, wal_records)

SNAPSHOTS = ("--snapshot-count", "20")


def record(cluster, number):
    path = wal_files(cluster[0])[0]
    offsets, _ = wal_records(path)
    return path, offsets[number]


def row_wal_flip(s):
    cluster = s.filled()
    path, at = record(cluster, 40)
    flip(path, at + 30)
    return start(cluster)


def row_wal_flip_length(s):
    cluster = s.filled()
    path, at = record(cluster, 40)
    flip(path, at + 1)
    return start(cluster)


def row_wal_cut(s):
    cluster = s.filled()
    path, at = record(cluster, 40)
    os.truncate(path, at + 20)
    return start(cluster)


def row_wal_zeroed(s):
    cluster = s.filled()
    path, at = record(cluster, 40)
    os.truncate(path, at)
    os.truncate(path, 64_000_000)
    return start(cluster)


def row_wal_empty(s):
    cluster = s.filled()
    os.truncate(wal_files(cluster[0])[0], 0)
    return start(cluster)


def row_wal_missing(s):
    cluster = s.filled()
    os.remove(wal_files(cluster[0])[0])
    return start(cluster)


def row_wal_torn(s):
    """A record of which only the first sector got to the disk before a crash is no
    damage: nobody was told that it is there."""
    cluster = s.cluster().start()
    cluster.ctl("put", "large", "x" * 3000)
    for i in range(20):
        cluster.ctl("put", f"k{i}", "v")
    before = keys(cluster)
    cluster[0].kill()
    path = wal_files(cluster[0])[0]
    offsets, end = wal_records(path)
    large = next(at for at, after in zip(offsets, offsets[1:]) if after - at > 3000)
    with open(path, "r+b") as wal:
        wal.seek(large)
        begin = wal.read(512 - end % 512)
        wal.seek(end)
        wal.write(begin)
    outcome = start(cluster)
    if keys(cluster) != before:
        raise AssertionError("keys were lost")
    return outcome


def row_snap_flip(s):
    cluster = s.filled(flags=SNAPSHOTS, puts=100)
    flip(snap_files(cluster[0])[-1], 100)
    return start(cluster)


def row_db_missing(s):
    cluster = s.filled(flags=SNAPSHOTS, puts=100)
    os.remove(database(cluster[0]))
    return start(cluster)


def row_db_flip_page(s):
    """Each page says who it is."""
    cluster = s.filled()
    path = database(cluster[0])
    for page in range(2, os.path.getsize(path) // 4096):
        flip(path, page * 4096)
    return start(cluster)


def row_db_flip_revision(s):
    """The key of a revision: eight bytes, "_", eight bytes."""
    cluster = s.filled()
    flip_all(database(cluster[0]), b"_" + bytes(8))
    return start(cluster)


def row_db_flip_entry(s):
    """The tag of a KeyValue's key, its length, the key."""
    cluster = s.filled()
    flip_all(database(cluster[0]), b"\x02k3\x10")
    return start(cluster)


def row_db_flip_meta(s):
    cluster = s.filled()
    for page in (0, 4096):
        flip(database(cluster[0]), page + 16 + 60)
    return start(cluster)


def row_db_cut(s):
    cluster = s.filled()
    os.truncate(database(cluster[0]), 4096 * 4)
    return start(cluster)


def row_db_foreign(s):
    cluster = s.filled()
    with open(database(cluster[0]), "wb") as file:
        file.write(b"This is no page file. " * 1000)
    return start(cluster)


def row_rejoin(s):
    """A member with a damaged log leaves, and comes back as a new one with the data of
    its peers."""
    cluster = s.cluster(3, SNAPSHOTS).start()
    for i in range(100):
        cluster.ctl("put", f"k{i}", "v")
    before = keys(cluster)
    broken = cluster[2]
    broken_id = f"{cluster.statuses()['m3']['header']['member_id']:x}"
    broken.kill()
    path = wal_files(broken)[0]
    flip(path, wal_records(path)[0][40] + 30)
    outcome, said = start(cluster, broken)
    if outcome != "exit 1":
        raise AssertionError(f"it starts on a damaged log: {outcome}\n{said}")
    others = ",".join(m.endpoint for m in cluster.members[:2])
    deadline = time.monotonic() + 30
    while cluster.ctl("member", "remove", broken_id, endpoints=others, check=False).returncode:
        if time.monotonic() > deadline:
            raise AssertionError("cannot remove the member")
        time.sleep(0.5)
    while cluster.ctl("member", "add", "m3", f"--peer-urls={broken.peer_url}", endpoints=others,
                      check=False).returncode:
        if time.monotonic() > deadline:
            raise AssertionError("cannot add the member")
        time.sleep(0.5)
    shutil.rmtree(broken.data_dir)
    broken.start(cluster.initial, state="existing").wait_ready()
    cluster.wait_equal_hashes()
    if keys(cluster) != before:
        raise AssertionError("keys were lost")
    return "runs", said


def row_removed_member(s):
    """Its data directory is of no use any more."""
    cluster = s.cluster(3).start()
    gone = cluster[2]
    member = f"{cluster.statuses()['m3']['header']['member_id']:x}"
    others = ",".join(m.endpoint for m in cluster.members[:2])
    deadline = time.monotonic() + 30
    while cluster.ctl("member", "remove", member, endpoints=others, check=False).returncode:
        if time.monotonic() > deadline:
            raise AssertionError("cannot remove the member")
        time.sleep(0.5)
    gone.wait_exit()
    outcome, said = start(cluster, gone)
    return outcome, said


def joining(s, **changes):
    """A second member joins with something wrong; what it says."""
    cluster = s.cluster(2)
    first, second = cluster.members
    first.start().wait_ready()
    if changes.get("added", True):
        cluster.ctl("member", "add", "m2", f"--peer-urls={second.peer_url}",
                    endpoints=first.endpoint)
    initial = changes.get("initial", cluster.initial)
    second.start(initial, state="existing")
    return f"exit {second.wait_exit()}", second.log()


def row_join_not_added(s):
    return joining(s, added=False)


def row_join_nobody(s):
    cluster = s.cluster(2)
    cluster[1].start(cluster.initial, state="existing")
    return f"exit {cluster[1].wait_exit()}", cluster[1].log()


def row_join_other_urls(s):
    cluster = s.cluster(2)
    first, second = cluster.members
    first.start().wait_ready()
    cluster.ctl("member", "add", "m2", "--peer-urls=http://127.0.0.1:1", endpoints=first.endpoint)
    second.start(cluster.initial, state="existing")
    return f"exit {second.wait_exit()}", second.log()


def row_other_cluster_id(s):
    """A member of a cluster with another token, at the address of one of ours."""
    cluster = s.cluster(3).start()
    cluster[2].kill()
    shutil.rmtree(cluster[2].data_dir)
    outcome, said = start(cluster, cluster[2], seconds=4, extra=("--initial-cluster-token", "x"))
    cluster.ctl("put", "still", "alive", endpoints=cluster[0].endpoint)
    return outcome, said + cluster[0].log()
