"""Disks that are full or read-only, locks, ports, clocks."""

import os
import re
import socket
import time

from surroundings import keys, start

CLOCK_SHIM = os.environ.get("ARGOSY_CLOCK_SHIM", "")
SYNC_SHIM = os.environ.get("ARGOSY_SYNC_SHIM", "")


def fill_up(cluster):
    """Puts until one fails; what was acknowledged, and the server's end."""
    acknowledged = {}
    for i in range(2000):
        key, value = f"k{i}", "x" * 60_000
        put = cluster.ctl("put", key, value, check=False, seconds=30)
        if put.returncode != 0:
            break
        acknowledged[key] = value
    else:
        raise AssertionError("the disk does not fill up")
    return acknowledged


def row_disk_full(s):
    """It stops; with room again it starts, and has all that it acknowledged."""
    cluster = s.cluster()
    os.mkdir(cluster[0].data_dir)
    s.mount("-t", "tmpfs", "-o", "size=180m", "tmpfs", cluster[0].data_dir)
    cluster.start()
    acknowledged = fill_up(cluster)
    outcome = f"exit {cluster[0].wait_exit()}"
    said = cluster[0].log()
    s.mount("-o", "remount,size=400m", cluster[0].data_dir)
    again, log = start(cluster)
    if again != "runs":
        raise AssertionError(log)
    if len(keys(cluster)) < len(acknowledged):
        raise AssertionError("acknowledged keys were lost")
    return outcome, said


def row_disk_full_at_start(s):
    cluster = s.cluster()
    os.mkdir(cluster[0].data_dir)
    s.mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", cluster[0].data_dir)
    return start(cluster)


def row_quota(s):
    cluster = s.cluster(flags=("--quota-backend-bytes", "16777216")).start()
    said = ""
    for i in range(400):
        put = cluster.ctl("put", f"k{i}", "x" * 60_000, check=False)
        if put.returncode != 0:
            said = put.stderr
            break
    cluster.ctl("get", "k1")
    cluster.ctl("del", "k1")
    return "runs" if cluster[0].is_running() else "gone", said


def row_sync_error(s):
    """It stops without acknowledging; what it had acknowledged is there afterwards."""
    cluster = s.cluster()
    switch = os.path.join(s.root, "syncs-fail")
    cluster[0].start(cluster.initial,
                     environment={"LD_PRELOAD": SYNC_SHIM, "ARGOSY_SYNC_FAILS": switch})
    cluster[0].wait_ready()
    cluster.ctl("put", "before", "v")
    with open(switch, "w", encoding="ascii"):
        pass
    if cluster.ctl("put", "after", "v", check=False, seconds=30).returncode == 0:
        raise AssertionError("a put was acknowledged that is not on the disk")
    outcome = f"exit {cluster[0].wait_exit()}"
    said = cluster[0].log()
    again, log = start(cluster)
    if again != "runs" or not cluster.ctl("get", "before").stdout:
        raise AssertionError(log)
    return outcome, said


def row_read_only(s):
    cluster = s.filled()
    directory = cluster[0].data_dir
    s.mount("--bind", directory, directory)
    s.mount("-o", "remount,bind,ro", directory)
    return start(cluster)


def row_not_a_directory(s):
    cluster = s.cluster()
    with open(cluster[0].data_dir, "w", encoding="utf-8"):
        pass
    return start(cluster)


def row_used_twice(s):
    first = s.cluster().start()
    second = s.cluster()
    second[0].data_dir = first[0].data_dir
    outcome = start(second)
    first.ctl("put", "still", "alive")
    return outcome


def start_with_port_used(s, choose):
    cluster = s.cluster()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", choose(cluster[0])))
        holder.listen()
        outcome = start(cluster)
    if os.path.exists(cluster[0].data_dir):
        raise AssertionError("a server that never served left a data directory")
    return outcome


def row_client_port_used(s):
    return start_with_port_used(s, lambda member: member.client_port)


def row_peer_port_used(s):
    return start_with_port_used(s, lambda member: member.peer_port)


def row_clock_jump(s):
    """A day forward and two days back change no lease; a short one ends in its time."""
    cluster = s.cluster()
    jump = os.path.join(s.root, "jump")

    def set_jump(seconds):
        with open(jump + ".new", "w", encoding="ascii") as file:
            file.write(str(seconds))
        os.replace(jump + ".new", jump)

    set_jump(0)
    cluster[0].start(cluster.initial,
                     environment={"LD_PRELOAD": CLOCK_SHIM, "ARGOSY_CLOCK_FILE": jump}).wait_ready()
    long = cluster.ctl("lease", "grant", "100").stdout.split()[1]
    short = cluster.ctl("lease", "grant", "4").stdout.split()[1]
    cluster.ctl("put", "long", "v", f"--lease={long}")
    cluster.ctl("put", "short", "v", f"--lease={short}")
    set_jump(86400)
    cluster.ctl("put", "forward", "v")
    time.sleep(1)
    if "short" not in cluster.ctl("get", "short").stdout:
        raise AssertionError("the short lease ended early")
    set_jump(-86400)
    time.sleep(5)
    if "short" in cluster.ctl("get", "short").stdout:
        raise AssertionError("the short lease did not end")
    said = cluster.ctl("lease", "timetolive", long).stdout
    # The jump was seen: the log is of another day.
    cluster.ctl("put", "back", "v")
    cluster[0].end()
    days = set(re.findall(r'"ts":"(\d+-\d+-\d+)T', cluster[0].log()))
    if len(days) < 2:
        raise AssertionError(f"the clock did not jump: {days}")
    return "runs", said

