#!/usr/bin/env python3
"""Server CPU of a unary gRPC echo, side by side in one run.

usage: echo.py BIN_DIR [--seconds 3] [--rounds 3] [--only NAME,...]

Starts each server of BIN_DIR (bench_echo_*), loads it with h2load at several
shapes of connections x streams and reads what the server used from
/proc/<pid>/stat. The servers take turns in every round, so that what else the
machine does hits all of them; the table has the median of the rounds.
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = [(1, 1), (1, 100), (10, 10), (64, 1)]
SERVERS = {
    "bare": ["bench_echo_bare"],
    "argosy": ["bench_echo_argosy"],
    "grpc++ callback": ["bench_echo_grpcpp", "callback"],
    "grpc++ queue": ["bench_echo_grpcpp", "queue"],
}
REQUEST = b"\0" + (7).to_bytes(4, "big") + b"key-007"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port, shape, body, seconds):
    """Requests that were answered with success."""
    clients, streams = shape
    out = subprocess.run(
        ["h2load", "-D", str(seconds), "-c", str(clients), "-m", str(streams), "-d", body,
         "-H", "content-type: application/grpc", "-H", "te: trailers",
         f"http://127.0.0.1:{port}/bench.Echo/Echo"],
        capture_output=True, text=True, check=True).stdout
    done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", out)
    if int(done[2]) or int(done[3]) or not int(done[1]):
        sys.exit(f"h2load: {done[0]}")
    return int(done[1])


def measure(command, body, seconds):
    """Microseconds of CPU a call, for each shape."""
    port = free_port()
    arguments = [command[0], str(port), *command[1:]]
    server = subprocess.Popen(arguments)
    try:
        wait_for(port)
        load(port, (1, 10), body, 1)
        costs = []
        for shape in SHAPES:
            before = cpu_seconds(server.pid)
            count = load(port, shape, body, seconds)
            costs.append((cpu_seconds(server.pid) - before) / count * 1e6)
        return costs
    finally:
        server.kill()
        server.wait()


def print_table(results):
    print(f"{'us of CPU a call':<18}" + "".join(f"{c}x{s}".rjust(16) for c, s in SHAPES))
    base = results.get("bare")
    for name, rounds in results.items():
        cells = []
        for place in range(len(SHAPES)):
            cost = statistics.median(costs[place] for costs in rounds)
            text = f"{cost:.2f}"
            if base and name != "bare":
                ratio = statistics.median(
                    costs[place] / bare[place] for costs, bare in zip(rounds, base))
                text += f" ({ratio:.2f})"
            cells.append(text.rjust(16))
        print(f"{name:<18}" + "".join(cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin_dir")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name] or list(SERVERS)
    results = {}
    with tempfile.NamedTemporaryFile() as body:
        body.write(REQUEST)
        body.flush()
        for _ in range(options.rounds):
            for name in wanted:
                program, *rest = SERVERS[name]
                path = os.path.join(options.bin_dir, program)
                if os.path.exists(path):
                    costs = measure([path, *rest], body.name, options.seconds)
                    results.setdefault(name, []).append(costs)
    print_table(results)


if __name__ == "__main__":
    main()
