#!/usr/bin/env python3
"""Measures our etcd against Debian's, in turn, on one disk, with one load generator.

Server CPU per operation counts most: the generator shares the processors with the
servers, so operations a second depend on both. A row's ratio is Debian's figure
divided by ours (for operations a second the other way round): above 1 we are ahead.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Cluster:
    """One or several members of one program in a directory of their own."""

    def __init__(self, program, members, directory, extra=()):
        self.program, self.directory, self.extra = program, directory, list(extra)
        ports = free_ports(2 * members)
        self.names = [f"m{i + 1}" for i in range(members)]
        self.clients = ports[:members]
        self.peers = ports[members:]
        self.processes = [None] * members

    def start(self):
        cluster = ",".join(f"{n}=http://127.0.0.1:{p}" for n, p in zip(self.names, self.peers))
        for i, name in enumerate(self.names):
            client = f"http://127.0.0.1:{self.clients[i]}"
            peer = f"http://127.0.0.1:{self.peers[i]}"
            log = open(os.path.join(self.directory, name + ".log"), "ab")
            self.processes[i] = subprocess.Popen(
                [self.program, "--name", name, "--data-dir", os.path.join(self.directory, name),
                 "--listen-client-urls", client, "--advertise-client-urls", client,
                 "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--initial-cluster", cluster, *self.extra],
                stdout=log, stderr=log)
        self.wait_healthy()

    def wait_healthy(self, limit=60):
        end = time.monotonic() + limit
        for port in self.clients:
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as r:
                        if json.load(r).get("health") == "true":
                            break
                except (OSError, ValueError):
                    pass
                if time.monotonic() > end:
                    sys.exit(f"bench: {self.program} is not healthy; logs in {self.directory}")
                time.sleep(0.005)

    def stop(self):
        for process in self.processes:
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            if process:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def cpu(self):
        total = 0
        for process in self.processes:
            with open(f"/proc/{process.pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def resident(self):
        with open(f"/proc/{self.processes[0].pid}/status") as f:
            for line in f:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) / 1024
        return 0

    def endpoints(self):
        return ",".join(f"127.0.0.1:{p}" for p in self.clients)

    def leader(self):
        for port in self.clients:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as r:
                if "\netcd_server_is_leader 1\n" in r.read().decode():
                    return f"127.0.0.1:{port}"
        return f"127.0.0.1:{self.clients[0]}"


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


class Bench:
    def __init__(self, options):
        self.options = options
        self.rows = []  # (what, unit, higher is better, [ours, debian], note)
        self.root = tempfile.mkdtemp(prefix="etcd-bench-", dir=options.directory)
        self.programs = [("ours", os.path.join(options.bin, "etcd"))]
        if os.path.exists(options.peer):
            self.programs.append(("debian", options.peer))
        else:
            print(f"bench: {options.peer} is not installed: no ratios", file=sys.stderr)

    def tool(self, name):
        return os.path.join(self.options.bin, name)

    def load(self, cluster, *arguments, endpoints=None):
        before = cluster.cpu()
        out = run([self.tool("etcd-load"), "--endpoints", endpoints or cluster.leader(),
                   "--duration", self.options.duration, *arguments])
        out["server_us"] = (cluster.cpu() - before) * 1e6 / max(1, out["operations"])
        out["client_us"] = out["client_cpu_seconds"] * 1e6 / max(1, out["operations"])
        if out["errors"]:
            sys.exit(f"bench: {out['errors']} operations failed: {arguments}")
        return out

    def table_rows(self, what, results):
        def note(key):
            return ", ".join(f"{r[key]:.1f}" for r in results)
        self.rows.append((what, "op/s", True, [r["per_second"] for r in results],
                          f"client {note('client_us')} us/op"))
        self.rows.append((what, "server us/op", False, [r["server_us"] for r in results], ""))
        if "p99_us" in results[0]:
            self.rows.append((what, "p50 us", False, [r["p50_us"] for r in results], ""))
            self.rows.append((what, "p99 us", False, [r["p99_us"] for r in results], ""))

    def each(self, members, measure, extra=()):
        """measure(cluster) of each program, with a fresh cluster."""
        results = []
        for name, program in self.programs:
            directory = os.path.join(self.root, name)
            os.makedirs(directory)
            cluster = Cluster(program, members, directory, extra)
            cluster.start()
            try:
                results.append(measure(cluster))
            finally:
                cluster.stop()
                shutil.rmtree(directory)
        return results

    def puts_and_reads(self, members):
        clients = [1, 16, 256, 1000] if not self.options.smoke else [16]
        def measure(cluster):
            out = {}
            for count in clients:
                out["put", count] = self.load(cluster, "--mode", "put", "--clients", str(count))
            for mode in ("range", "range-serializable"):
                for count in clients:
                    if count in (1, 16, 256):
                        out[mode, count] = self.load(cluster, "--mode", mode, "--clients",
                                                     str(count))
            return out
        results = self.each(members, measure)
        kind = "1 member" if members == 1 else f"{members} members"
        for key in results[0]:
            label = f"{kind}: {key[0]}, {key[1]} clients"
            self.table_rows(label, [r[key] for r in results])

    def watches(self):
        shapes = [(10, 100, 200), (100, 100, 50)] if not self.options.smoke else [(2, 10, 20)]
        for streams, watchers, puts in shapes:
            def measure(cluster):
                before = cluster.cpu()
                out = run([self.tool("etcd-watch-load"), "--endpoint", cluster.leader(),
                           "--streams", str(streams), "--watchers", str(watchers),
                           "--puts", str(puts)])
                out["server_us"] = (cluster.cpu() - before) * 1e6 / max(1, out["operations"])
                out["client_us"] = out["client_cpu_seconds"] * 1e6 / max(1, out["operations"])
                return out
            self.table_rows(f"watch: {streams} streams x {watchers} watchers of one key",
                            self.each(1, measure))

    def million(self):
        keys = 1_000_000 if not self.options.smoke else 5_000
        def measure(cluster):
            run([self.tool("etcd-load"), "--endpoints", cluster.leader(), "--mode", "put",
                 "--sequential", "--clients", "256", "--operations", str(keys)])
            out = {"rss": cluster.resident()}
            page = self.load(cluster, "--mode", "range", "--clients", "1", "--limit", "1000",
                             "--key-space", str(keys // 2))
            out["page_ms"] = page["p50_us"] / 1000
            out["page_cpu_us"] = page["server_us"]
            cluster.stop()
            began = time.monotonic()
            cluster.start()
            out["restart"] = time.monotonic() - began
            out["restart_rss"] = cluster.resident()
            return out
        results = self.each(1, measure)
        for key, unit in (("rss", "RSS MB"), ("page_ms", "p50 ms, page of 1000"),
                          ("page_cpu_us", "server us, page of 1000"), ("restart", "restart s"),
                          ("restart_rss", "RSS MB after restart")):
            self.rows.append((f"{keys} keys", unit, False, [r[key] for r in results], ""))

    def cross_check(self):
        tool = self.tool("etcd-load-grpcpp")
        if not os.path.exists(tool):
            return
        operations = "100000" if not self.options.smoke else "2000"
        def measure(cluster):
            before = cluster.cpu()
            out = run([tool, cluster.leader(), "256", operations])
            out["server_us"] = (cluster.cpu() - before) * 1e6 / out["operations"]
            out["client_us"] = out["client_cpu_seconds"] * 1e6 / out["operations"]
            return out
        self.table_rows("cross-check: put by grpc++, 256 clients", self.each(1, measure))

    def print_table(self):
        width = max(len(r[0]) for r in self.rows)
        print(f"{'':{width}}  {'':24} {'ours':>12} {'debian':>12} {'ratio':>7}")
        for what, unit, higher, values, note in self.rows:
            ours = values[0]
            theirs = values[1] if len(values) > 1 else None
            if theirs is None or not ours or not theirs:
                ratio = ""
            else:
                ratio = f"{(ours / theirs if higher else theirs / ours):.2f}"
            theirs = f"{theirs:12.1f}" if theirs is not None else f"{'':12}"
            print(f"{what:{width}}  {unit:24} {ours:12.1f} {theirs} {ratio:>7}  {note}")

    def go(self):
        chosen = self.options.only
        try:
            if not chosen or "one" in chosen:
                self.puts_and_reads(1)
            if not self.options.smoke and (not chosen or "three" in chosen):
                self.puts_and_reads(3)
            if not chosen or "watch" in chosen:
                self.watches()
            if not chosen or "million" in chosen:
                self.million()
            if not chosen or "grpcpp" in chosen:
                self.cross_check()
        finally:
            shutil.rmtree(self.root, ignore_errors=True)
        self.print_table()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="folder of our programs")
    parser.add_argument("--peer", default="/usr/bin/etcd", help="the program to compare with")
    parser.add_argument("--directory", default=None, help="where the data goes; one disk for both")
    parser.add_argument("--duration", default="5s", help="of each load")
    parser.add_argument("--only", nargs="*", help="one three watch million grpcpp")
    parser.add_argument("--smoke", action="store_true", help="a few seconds: that it works at all")
    options = parser.parse_args()
    if options.smoke:
        options.duration = "500ms"
    Bench(options).go()


if __name__ == "__main__":
    main()
