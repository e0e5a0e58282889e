#!/usr/bin/env python3
"""locksmithctl's commands, word for word, on real etcd: by the v2 API on Debian's, by v3 on
Debian's and on ours; and the FleetLock server."""

import json
import os
import re
import subprocess
import tempfile
import threading
import time
import unittest

from store import DEBIAN, OURS, OldServer, Store, fetch, free_ports

LOCKSMITHCTL = os.environ["ARGOSY_LOCKSMITHCTL"]
FLEETLOCKD = os.environ["ARGOSY_FLEETLOCKD"]
PREFIX = "coreos.com/updateengine/rebootlock"
KEY = PREFIX + "/semaphore"

# (words, stdout, stderr, exit code, what is stored afterwards)
STORY = [
    ("status", "Available: 1\nMax: 1\n", "", 0, '{"semaphore":1,"max":1,"holders":null}'),
    ("unlock a", "", "Error unlocking: holder does not exist\n", 1,
     '{"semaphore":1,"max":1,"holders":null}'),
    ("lock a", "", "", 0, '{"semaphore":0,"max":1,"holders":["a"]}'),
    ("lock a", "", "Error locking: semaphore is at 0\n", 1,
     '{"semaphore":0,"max":1,"holders":["a"]}'),
    ("lock b", "", "Error locking: semaphore is at 0\n", 1,
     '{"semaphore":0,"max":1,"holders":["a"]}'),
    ("set-max 3", "Old-Max: 1\nMax: 3\n", "", 0, '{"semaphore":2,"max":3,"holders":["a"]}'),
    ("lock a", "", "Error locking: holder exists\n", 1,
     '{"semaphore":2,"max":3,"holders":["a"]}'),
    ("lock c", "", "", 0, '{"semaphore":1,"max":3,"holders":["a","c"]}'),
    ("lock b", "", "", 0, '{"semaphore":0,"max":3,"holders":["a","b","c"]}'),
    ("status", "Available: 0\nMax: 3\n\nMACHINE ID\na\nb\nc\n", "", 0,
     '{"semaphore":0,"max":3,"holders":["a","b","c"]}'),
    ("set-max 1", "Old-Max: 3\nMax: 1\n", "", 0,
     '{"semaphore":-2,"max":1,"holders":["a","b","c"]}'),
    ("lock d", "", "Error locking: semaphore is at -2\n", 1,
     '{"semaphore":-2,"max":1,"holders":["a","b","c"]}'),
    ("unlock b", "", "", 0, '{"semaphore":-1,"max":1,"holders":["a","c"]}'),
    ("unlock a", "", "", 0, '{"semaphore":0,"max":1,"holders":["c"]}'),
    ("unlock c", "", "", 0, '{"semaphore":1,"max":1,"holders":[]}'),
    ("status", "Available: 1\nMax: 1\n", "", 0, '{"semaphore":1,"max":1,"holders":[]}'),
    ("set-max", "", "New maximum value must be set.\n", 1,
     '{"semaphore":1,"max":1,"holders":[]}'),
    ("set-max many", "", "Invalid maximum value: many\n", 1,
     '{"semaphore":1,"max":1,"holders":[]}'),
    ("lock", "", "", 0,
     '{"semaphore":0,"max":1,"holders":["69d27b356a94476da859461d3a3bc6fd"]}'),
    ("status", "Available: 0\nMax: 1\n\nMACHINE ID\n69d27b356a94476da859461d3a3bc6fd\n", "", 0,
     '{"semaphore":0,"max":1,"holders":["69d27b356a94476da859461d3a3bc6fd"]}'),
    ("unlock", "", "", 0, '{"semaphore":1,"max":1,"holders":[]}'),
    ("lock <&>", "", "", 0, '{"semaphore":0,"max":1,"holders":["\\u003c\\u0026\\u003e"]}'),
    ("unlock <&>", "", "", 0, '{"semaphore":1,"max":1,"holders":[]}'),
]


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.TemporaryDirectory(prefix="argosy-locksmith-root-")
        self.addCleanup(self.root.cleanup)
        self.write("etc/machine-id", "69d27b356a94476da859461d3a3bc6fd\n")

    def write(self, name, text):
        path = os.path.join(self.root.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def store(self, *words):
        store = Store(*words)
        self.addCleanup(store.stop)
        return store

    def run_ctl(self, *words, **environment):
        done = subprocess.run([LOCKSMITHCTL, *words], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "LOCKSMITHCTL_ROOT": self.root.name,
                                   **environment}, check=False)
        return done.stdout, done.stderr, done.returncode


class Commands(Case):
    def sides(self):
        yield "v2", Store(DEBIAN, "--enable-v2=true")
        yield "v3", Store(DEBIAN)
        if OURS != DEBIAN:
            yield "v3", Store(OURS)

    def for_each_side(self, check):
        for api, store in self.sides():
            with self.subTest(api=api):
                try:
                    check(api, store)
                finally:
                    store.stop()

    def read(self, api, store, key=KEY):
        return store.v2(key) if api == "v2" else store.v3(key)

    def test_the_story(self):
        def check(api, store):
            for words, out, err, code, stored in STORY:
                with self.subTest(words=words):
                    got = self.run_ctl("-endpoint", store.url, *words.split(),
                                       LOCKSMITHCTL_ETCD_API=api)
                    self.assertEqual(got, (out, err, code))
                    self.assertEqual(self.read(api, store), stored)
        self.for_each_side(check)

    def test_values_that_others_wrote(self):
        def check(api, store):
            def ctl(*words):
                return self.run_ctl(*words, LOCKSMITHCTL_ENDPOINT=store.url,
                                    LOCKSMITHCTL_ETCD_API=api)
            store.put(api, KEY, '{"semaphore": 2, "max": 2, "holders": []}')
            self.assertEqual(ctl("lock", "m"), ("", "", 0))
            self.assertEqual(self.read(api, store), '{"semaphore":1,"max":2,"holders":["m"]}')
            store.put(api, KEY, "nonsense")
            for command in (["status"], ["lock", "x"], ["set-max", "2"]):
                out, err, code = ctl(*command)
                self.assertEqual((out, code), ("", 1))
                self.assertRegex(err, r"^Error (setting value|locking): the semaphore: not JSON")
            self.assertEqual(self.read(api, store), "nonsense")
        self.for_each_side(check)

    def test_groups_and_the_environment(self):
        def check(api, store):
            variables = {"LOCKSMITHCTL_ENDPOINT": store.url, "LOCKSMITHCTL_GROUP": "a b/ü",
                         "LOCKSMITHCTL_ETCD_API": api}
            self.assertEqual(self.run_ctl("lock", "m", **variables), ("", "", 0))
            self.assertEqual(self.read(api, store, PREFIX + "/groups/a+b%2F%C3%BC/semaphore"),
                             '{"semaphore":0,"max":1,"holders":["m"]}')
            # A flag counts more than its variable.
            out, _, _ = self.run_ctl("--group", "other", "status", **variables)
            self.assertEqual(out, "Available: 1\nMax: 1\n")
            self.assertIsNone(self.read(api, store))
        self.for_each_side(check)

    def test_many_at_once_and_each_place_once(self):
        def check(api, store):
            variables = {"LOCKSMITHCTL_ENDPOINT": store.url, "LOCKSMITHCTL_ETCD_API": api}
            self.run_ctl("set-max", "4", **variables)
            outcomes = {}

            def lock(i):
                for _ in range(40):
                    _, err, code = self.run_ctl("lock", f"m{i:02}", **variables)
                    outcomes[i] = (code, err)
                    if code == 0 or "semaphore is at" in err:
                        return
                    # Somebody was faster; anything else would be wrong.
                    assert "Compare failed" in err or "updated in the meantime" in err, err
            threads = [threading.Thread(target=lock, args=(i,)) for i in range(10)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            winners = [f"m{i:02}" for i in sorted(outcomes) if outcomes[i][0] == 0]
            self.assertEqual(len(winners), 4, outcomes)
            self.assertEqual(json.loads(self.read(api, store)),
                             {"semaphore": 0, "max": 4, "holders": winners})
        self.for_each_side(check)

    def test_no_machine_id(self):
        store = self.store(DEBIAN)
        os.remove(os.path.join(self.root.name, "etc/machine-id"))
        for word in ("lock", "unlock"):
            self.assertEqual(self.run_ctl("-endpoint", store.url, word),
                             ("", "Cannot read machine-id\n", 1))

    def test_notes_say_who_holds_it_and_since_when(self):
        store = self.store(DEBIAN)
        now = time.time()
        self.run_ctl("-endpoint", store.url, "lock", "m")
        note = json.loads(store.v3(PREFIX + "/holders/m"))
        self.assertEqual(note["machineID"], "m")
        self.assertLess(abs(note["startTime"] - now), 30)
        out, _, code = self.run_ctl("-endpoint", store.url, "holders")
        self.assertEqual(code, 0)
        self.assertTrue(re.fullmatch(r"MACHINE ID +SINCE\nm +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n",
                                     out), out)
        # Who took it with the original has no note; a note without a holder is passed over.
        store.put("v3", KEY, '{"semaphore":0,"max":1,"holders":["other"]}')
        out, _, _ = self.run_ctl("-endpoint", store.url, "holders")
        self.assertEqual(out.split("\n")[1].split(), ["other", "-"])
        self.run_ctl("-endpoint", store.url, "unlock", "other")
        self.run_ctl("-endpoint", store.url, "lock", "m")
        self.run_ctl("-endpoint", store.url, "unlock", "m")
        self.assertIsNone(store.v3(PREFIX + "/holders/m"))


class Surroundings(Case):
    def test_an_old_cluster_is_found_out(self):
        store = self.store(DEBIAN, "--enable-v2=true")
        old = OldServer(store)
        self.addCleanup(old.stop)
        self.assertEqual(self.run_ctl("-endpoint", old.url, "lock", "m"), ("", "", 0))
        self.assertEqual(store.v2(KEY), '{"semaphore":0,"max":1,"holders":["m"]}')
        self.assertIsNone(store.v3(KEY))
        # Told to use v3, it does not fall back.
        _, err, code = self.run_ctl("-endpoint", old.url, "status", LOCKSMITHCTL_ETCD_API="v3")
        self.assertEqual(code, 1)
        self.assertTrue(err.startswith("Error initializing etcd client: "), err)

    def test_by_default_a_cluster_with_both_is_used_by_v3(self):
        store = self.store(DEBIAN, "--enable-v2=true")
        self.assertEqual(self.run_ctl("-endpoint", store.url, "lock", "m"), ("", "", 0))
        self.assertIsNone(store.v2(KEY))
        self.assertEqual(store.v3(KEY), '{"semaphore":0,"max":1,"holders":["m"]}')

    def test_endpoints_that_are_down(self):
        store = self.store(DEBIAN, "--enable-v2=true")
        dead = f"http://127.0.0.1:{free_ports(1)[0]}"
        for api in ("v2", "v3"):
            with self.subTest(api=api):
                got = self.run_ctl("-endpoint", f"{dead}, {store.url}", "status",
                                   LOCKSMITHCTL_ETCD_API=api)
                self.assertEqual(got, ("Available: 1\nMax: 1\n", "", 0))
                out, err, code = self.run_ctl("-endpoint", dead, "status",
                                              LOCKSMITHCTL_ETCD_API=api)
                self.assertEqual((out, code), ("", 1))
                self.assertIn("connection refused", err)

    def openssl(self, command):
        subprocess.run(f"openssl {command}", shell=True, check=True, cwd=self.root.name,
                       capture_output=True)

    def test_tls_with_the_authority_alone(self):
        key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        self.openssl(f"req -x509 {key} -keyout ca.key -out ca.crt -subj /CN=ca -days 3")
        self.openssl(f"req -new {key} -keyout s.key -out s.csr -subj /CN=s")
        self.write("s.ext", "subjectAltName=IP:127.0.0.1")
        self.openssl("x509 -req -in s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3 "
                     "-extfile s.ext -out s.crt")
        at = lambda name: os.path.join(self.root.name, name)
        store = self.store(DEBIAN, "--cert-file", at("s.crt"), "--key-file", at("s.key"),
                           "--enable-v2=true")
        for api in ("v2", "v3"):
            end = time.monotonic() + 20
            while True:
                got = self.run_ctl("-endpoint", store.url, "-etcd-cafile", at("ca.crt"), "status",
                                   LOCKSMITHCTL_ETCD_API=api)
                if got[2] == 0 or time.monotonic() > end:
                    break
            self.assertEqual(got, ("Available: 1\nMax: 1\n", "", 0))
            _, err, code = self.run_ctl("-endpoint", store.url, "status",
                                        LOCKSMITHCTL_ETCD_API=api)
            self.assertEqual(code, 1)
            self.assertIn("certificate", err)

    def test_users(self):
        store = self.store(DEBIAN)
        for words in ("user add root:pw", "user grant-role root root", "auth enable"):
            self.assertEqual(store.ctl(*words.split()).returncode, 0)
        user = ["-endpoint", store.url, "-etcd-username", "root"]
        self.assertEqual(self.run_ctl(*user, "-etcd-password", "pw", "status")[2], 0)
        _, err, code = self.run_ctl(*user, "-etcd-password", "no", "status")
        self.assertEqual(code, 1)
        self.assertEqual(err, "Error initializing etcd client: etcdserver: authentication "
                              "failed, invalid user ID or password\n")

    def test_version_by_name(self):
        self.assertEqual(self.run_ctl("-version"), ("locksmithctl version 0.6.2+git\n", "", 0))
        daemon = os.path.join(os.path.dirname(LOCKSMITHCTL), "locksmithd")
        done = subprocess.run([daemon, "--version"], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "locksmithd version 0.6.2+git\n")

    def daemon(self, **environment):
        program = os.path.join(os.path.dirname(LOCKSMITHCTL), "locksmithd")
        return subprocess.run([program], capture_output=True, text=True, timeout=30, check=False,
                              env={**os.environ, "LOCKSMITHD_ROOT": self.root.name,
                                   "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere",
                                   **environment})

    def test_a_daemon_that_cannot_start(self):
        off = self.daemon(REBOOT_STRATEGY="off")
        self.assertEqual(off.returncode, 0)
        self.assertIn('Reboot strategy is "off" - locksmithd is exiting.', off.stderr)
        half = self.daemon(REBOOT_WINDOW_START="4:00")
        self.assertEqual(half.returncode, 1)
        self.assertIn("Either both or neither $REBOOT_WINDOW_START and $REBOOT_WINDOW_LENGTH "
                      "must be set", half.stderr)
        bad = self.daemon(LOCKSMITHD_REBOOT_WINDOW_START="Someday 4:00",
                          LOCKSMITHD_REBOOT_WINDOW_LENGTH="1h")
        self.assertEqual(bad.returncode, 1)
        self.assertIn('Error parsing reboot window: unable to parse start: invalid day of week '
                      '"Someday"', bad.stderr)
        no_bus = self.daemon()
        self.assertEqual(no_bus.returncode, 1)
        self.assertIn("Error initializing update1 client: ", no_bus.stderr)


class FleetLock(Case):
    def serve(self, store, *flags):
        port = free_ports(1)[0]
        process = subprocess.Popen([FLEETLOCKD, "--listen", f"127.0.0.1:{port}", "--endpoint",
                                    store.url, *flags], stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        end = time.monotonic() + 20
        while True:
            try:
                fetch(f"http://127.0.0.1:{port}/metrics")
                return f"http://127.0.0.1:{port}"
            except OSError:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)

    def ask(self, base, verb, group, node, header="true"):
        body = json.dumps({"client_params": {"group": group, "id": node}}).encode()
        headers = {"fleet-lock-protocol": header} if header else {}
        status, answer = fetch(f"{base}/v1/{verb}", "POST", body, headers)
        return status, json.loads(answer)["kind"] if answer else ""

    def test_slots(self):
        store = self.store(OURS)
        base = self.serve(store, "--group", "default=1,db=2")
        other = self.serve(store, "--group", "default=1,db=2")
        self.assertEqual(self.ask(base, "pre-reboot", "default", "a"), (200, ""))
        self.assertEqual(self.ask(other, "pre-reboot", "default", "a"), (200, ""))
        self.assertEqual(self.ask(other, "pre-reboot", "default", "b"), (500, "failed_lock"))
        self.assertEqual(self.ask(other, "pre-reboot", "db", "b"), (200, ""))
        self.assertEqual(store.v3("com.coreos.airlock/groups/default/v1/semaphore"),
                         '{"total_slots":1,"holders":["a"]}')
        self.assertEqual(self.ask(other, "steady-state", "default", "a"), (200, ""))
        self.assertEqual(self.ask(base, "steady-state", "default", "a"), (200, ""))
        self.assertEqual(self.ask(base, "pre-reboot", "default", "b"), (200, ""))
        self.assertEqual(self.ask(base, "pre-reboot", "none", "b"), (400, "unknown_group"))
        refused = (400, "invalid_client_identity")
        self.assertEqual(self.ask(base, "pre-reboot", "default", "b", header=None), refused)
        self.assertEqual(self.ask(base, "pre-reboot", "default", ""), refused)
        self.assertEqual(fetch(f"{base}/v1/pre-reboot")[0], 405)
        self.assertEqual(fetch(f"{base}/other")[0], 404)
        page = fetch(f"{base}/metrics")[1].decode()
        self.assertIn('airlock_config_semaphore_slots{group="db"} 2', page)
        self.assertIn('airlock_v1_pre_reboot_requests_total{result="granted"}', page)

    def test_many_at_once(self):
        store = self.store(DEBIAN)
        bases = [self.serve(store, "--group", "g=3") for _ in range(2)]
        outcomes = []

        def take(i):
            for _ in range(60):
                status, _ = self.ask(bases[i % 2], "pre-reboot", "g", f"n{i}")
                stored = store.v3("com.coreos.airlock/groups/g/v1/semaphore")
                if status == 200:
                    outcomes.append(i)
                    return
                if stored and len(json.loads(stored)["holders"]) == 3:
                    return
        threads = [threading.Thread(target=take, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stored = json.loads(store.v3("com.coreos.airlock/groups/g/v1/semaphore"))
        self.assertEqual(sorted(stored["holders"]), sorted(f"n{i}" for i in outcomes))
        self.assertEqual(len(outcomes), 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
