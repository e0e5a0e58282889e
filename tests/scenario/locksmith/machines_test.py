#!/usr/bin/env python3
"""Machines that all want to reboot at once, and a lock for a few of them: real locksmithd,
real etcd; a leader that is killed, and a daemon that is killed while it holds the lock."""

import os
import signal
import time
import unittest
import urllib.request

from machines import Laboratory, eventually, free_ports

MACHINES = 20
MAX = 3
ROUNDS = 5 if os.environ.get("ARGOSY_LONG") else 1
QUICK = {"LOCKSMITHD_RETRY_FIRST": "250ms", "LOCKSMITHD_RETRY_LAST": "1s"}


class MachinesTest(unittest.TestCase):
    def setUp(self):
        self.lab = None

    def tearDown(self):
        if self.lab:
            self.lab.close()
            self.lab = None

    def start(self, count, environment=None):
        self.tearDown()
        self.lab = Laboratory(count, {**QUICK, **(environment or {})})
        self.fleet, self.etcd = self.lab.fleet, self.lab.etcd
        self.etcd.leader()

    def explain(self):
        return (f"reboots {self.fleet.reboots}, down {self.fleet.down}, "
                f"lock {self.etcd.semaphore()}\n{self.fleet.log(0)[-2000:]}")

    def set_max(self, number):
        def try_it():
            return self.lab.locksmithctl("set-max", str(number)).returncode == 0
        eventually(try_it, 20, self.explain)

    def wait_until_rebooted(self, times, seconds):
        def done():
            with self.fleet.lock:
                self.assertLessEqual(self.fleet.most_down, MAX)
                return min(self.fleet.reboots) >= times and not self.fleet.down
        eventually(done, seconds, self.explain)

    def wait_until_free(self, max_number):
        wanted = {"semaphore": max_number, "max": max_number, "holders": []}
        eventually(lambda: self.etcd.semaphore() == wanted, 30, self.explain)

    def test_never_more_down_than_allowed(self):
        self.start(MACHINES)
        self.set_max(MAX)
        victim = MACHINES - 1
        # The first time it waits, with the lock held, to be killed.
        self.add_hook(victim, "before-reboot",
                      "cd $LOCKSMITHD_ROOT; test -e ran && exit; touch ran; sleep 100")
        for i in range(MACHINES):
            self.fleet.start_daemon(i)
        for i in range(MACHINES):
            self.fleet.call(i, "AttemptUpdate")
        self.kill_leader_while_some_reboot()
        self.kill_while_it_holds_the_lock(victim)
        self.wait_until_rebooted(1, 60)
        for round_number in range(2, ROUNDS + 1):
            for i in range(MACHINES):
                self.fleet.call(i, "AttemptUpdate")
            self.kill_leader_while_some_reboot()
            self.wait_until_rebooted(round_number, 120)
        self.wait_until_free(MAX)
        self.assertGreater(self.fleet.most_down, 1)
        notes = self.etcd.ctl("get", "--prefix", "--keys-only",
                              "coreos.com/updateengine/rebootlock/holders/")
        self.assertEqual(notes.stdout.strip(), "")

    def kill_leader_while_some_reboot(self):
        before = sum(self.fleet.reboots)
        eventually(lambda: sum(self.fleet.reboots) > before + 1, 40, self.explain)
        leader = self.etcd.leader()
        leader.kill()
        time.sleep(1)
        leader.start(self.etcd.initial)

    def kill_while_it_holds_the_lock(self, victim):
        ran = os.path.join(self.fleet.root(victim), "ran")
        eventually(lambda: os.path.exists(ran), 60, self.explain)
        with self.fleet.lock:
            daemon = self.fleet.daemons[victim]
            self.assertEqual(self.fleet.reboots[victim], 0)
        self.assertIn(self.fleet.machine_id(victim), self.etcd.semaphore()["holders"])
        daemon.kill()
        eventually(lambda: self.fleet.starts[victim] > 1, 20, self.explain)

    def add_hook(self, i, kind, body):
        folder = os.path.join(self.fleet.root(i), f"etc/locksmith/{kind}.d")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "10-test")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)

    def test_hooks_metrics_and_signals(self):
        port = free_ports(1)[0]
        self.start(1, {"LOCKSMITHD_METRICS_LISTEN": f"127.0.0.1:{port}"})
        trace = os.path.join(self.lab.parent.name, "trace")
        self.add_hook(0, "before-reboot", f"echo before $LOCKSMITH_PHASE >> {trace}; echo draining")
        self.add_hook(0, "after-reboot", f"echo after >> {trace}")
        self.fleet.start_daemon(0)
        self.fleet.call(0, "AttemptUpdate")
        self.wait_until_rebooted(1, 30)
        self.wait_until_free(1)
        with open(trace, encoding="ascii") as file:
            self.assertEqual(file.read(), "before before-reboot\nafter\n")
        log = self.fleet.log(0)
        self.assertIn("10-test: draining", log)
        self.assertIn("Unlocked existing lock for this machine", log)
        coordinator = os.path.join(self.fleet.root(0), "run/update-engine/coordinator.conf")
        with open(coordinator, encoding="ascii") as file:
            self.assertEqual(file.read(), "NAME=locksmithd\nSTRATEGY=etcd-lock\nSTATE=running")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            metrics = page.read().decode()
        self.assertIn('locksmith_state{state="running"} 1', metrics)
        self.assertIn('locksmith_lock_operations_total{operation="release",outcome="done"} 1',
                      metrics)
        daemon = self.fleet.daemons[0]
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(10), 0)
        self.assertIn("Received interrupt/termination signal - locksmithd is exiting.",
                      self.fleet.log(0))

    def test_locksmithctl_on_a_machine(self):
        self.start(1, {"REBOOT_STRATEGY": "reboot"})
        self.fleet.start_daemon(0)
        eventually(lambda: "locksmithd starting" in self.fleet.log(0), 20, self.explain)
        # A signal is enough, whatever update_engine thinks.
        self.assertEqual(self.lab.locksmithctl("send-need-reboot").returncode, 0)
        self.wait_until_rebooted(1, 20)
        done = self.lab.locksmithctl("reboot")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.wait_until_rebooted(2, 20)
        self.assertEqual(self.etcd.semaphore()["holders"], [self.fleet.machine_id(0)])
        again = self.lab.locksmithctl("reboot")
        self.assertEqual((again.returncode, again.stderr),
                         (1, "Error locking: semaphore is at 0\n"))
        self.assertEqual(self.lab.locksmithctl("unlock").returncode, 0)

    def test_a_daemon_killed_while_the_machine_goes_down_keeps_the_lock(self):
        self.start(1)
        self.fleet.shutdown_seconds = 3
        self.fleet.start_daemon(0)
        self.fleet.call(0, "AttemptUpdate")
        eventually(lambda: "Reboot sent" in self.fleet.log(0), 20, self.explain)
        with self.fleet.lock:
            self.fleet.daemons[0].kill()
        eventually(lambda: self.fleet.log(0).count("Reboot sent") == 2, 10, self.explain)
        while not self.fleet.down:
            held = self.etcd.semaphore()
            self.assertEqual(held["holders"], [self.fleet.machine_id(0)])
        self.fleet.shutdown_seconds = 0
        self.wait_until_rebooted(1, 20)
        self.wait_until_free(1)

    def test_best_effort_asks_whether_etcd_runs(self):
        for state, is_locked in (("active", True), ("inactive", False)):
            with self.subTest(state=state):
                self.start(1, {"REBOOT_STRATEGY": "best-effort", "FAKE_ETCD_STATE": state})
                self.fleet.start_daemon(0)
                self.fleet.call(0, "AttemptUpdate")
                self.wait_until_rebooted(1, 30)
                self.assertEqual(f"etcd is {state}" in self.fleet.log(0), True)
                released = "Unlocked existing lock for this machine"
                if is_locked:
                    eventually(lambda: released in self.fleet.log(0), 20, self.explain)

    def test_a_fleet_lock_server_instead_of_etcd(self):
        port = free_ports(1)[0]
        self.start(2, {"REBOOT_STRATEGY": "fleet-lock",
                       "LOCKSMITHD_FLEET_LOCK_URL": f"http://127.0.0.1:{port}"})
        self.lab.serve_fleet_lock(port)
        for i in range(2):
            self.fleet.start_daemon(i)
            self.fleet.call(i, "AttemptUpdate")
        self.wait_until_rebooted(1, 40)
        self.assertEqual(self.fleet.most_down, 1)
        free = '{"total_slots":1,"holders":[]}'
        key = "com.coreos.airlock/groups/default/v1/semaphore"
        eventually(lambda: self.etcd.ctl("get", "--print-value-only", key,
                                         check=False).stdout.strip() == free, 20, self.explain)

    def test_a_failing_hook_gives_the_lock_back(self):
        self.start(1)
        self.add_hook(0, "before-reboot", "test -e $LOCKSMITHD_ROOT/may")
        self.fleet.start_daemon(0)
        self.fleet.call(0, "AttemptUpdate")
        eventually(lambda: "Gave the lock back" in self.fleet.log(0), 20, self.explain)
        self.assertEqual(self.fleet.reboots, [0])
        with open(os.path.join(self.fleet.root(0), "may"), "w", encoding="ascii"):
            pass
        self.wait_until_rebooted(1, 20)
        self.wait_until_free(1)

    def test_a_stale_lock_is_released_where_that_is_asked_for(self):
        self.start(1, {"LOCKSMITHD_STALE_LOCK": "release", "LOCKSMITHD_STALE_AFTER": "1s"})
        eventually(lambda: self.lab.locksmithctl("lock", "gone").returncode == 0, 20,
                   self.explain)
        listed = self.lab.locksmithctl("holders").stdout
        self.assertRegex(listed, r"^MACHINE ID +SINCE\ngone +2\d\d\d-")
        time.sleep(2)
        self.fleet.start_daemon(0)
        self.fleet.call(0, "AttemptUpdate")
        self.wait_until_rebooted(1, 20)
        self.assertIn("released a stale lock", self.fleet.log(0))
        self.wait_until_free(1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
