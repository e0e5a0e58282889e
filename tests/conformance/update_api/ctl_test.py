#!/usr/bin/env python3
"""updateservicectl's commands that run on, move files or ask the service about itself, each
against the real service: instance fake, watch, package ... bulk, database, upstream."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from cluster import die_with_parent  # noqa: E402
from update_service import TOKEN, UpdateService  # noqa: E402

APP = "e96281a6-d1af-4bde-9a0a-97b76e56dc57"
STABLE = "9a2deb70-37be-4026-853f-bfdd6b347bbe"
PATIENCE = 60


class CtlTest(unittest.TestCase):
    def make(self, *flags, database=None):
        place = tempfile.TemporaryDirectory(prefix="argosy-updateservicectl-")
        self.addCleanup(place.cleanup)
        service = UpdateService(place.name, *flags, database=database)
        self.addCleanup(service.stop)
        return service.start("-host-flatcar-packages", "-flatcar-packages-path",
                             service.path("packages"))

    def setUp(self):
        self.service = self.make()

    def good(self, *words, service=None):
        done = (service or self.service).ctl(*words)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def offer(self, version, content=b"a payload", service=None, upload=True):
        service = service or self.service
        path = service.path(f"{version}.gz")
        with open(path, "wb") as file:
            file.write(content)
        where = () if upload else ("-url", "http://127.0.0.1:1/x.gz")
        self.good("package", "create", "-app-id", APP, "-version", version, "-file", path, *where,
                  service=service)
        self.good("channel", "update", "-app-id", APP, "-channel", "stable", "-version", version,
                  service=service)

    def counts(self):
        path = f"apps/{APP}/groups/{STABLE}/instances_stats"
        return self.service.api("GET", path)

    def test_fake_instances_update_and_are_counted(self):
        self.service.api("PUT", f"apps/{APP}/groups/{STABLE}", {"policy_timezone": "UTC"})
        self.offer("2.0.0", upload=False)
        said = self.good("instance", "fake", "-app-id", APP, "-group-id", STABLE,
                         "-clients-per-app", "3", "-min-sleep", "0", "-max-sleep", "0",
                         "-errorrate", "0", "-checks", "2", "-ping-only", "1")
        lines = said.splitlines()
        self.assertEqual(len([l for l in lines if l.endswith("updated from 0.0.0 to 2.0.0")]), 3)
        self.assertEqual(len([l for l in lines if l.endswith(": noupdate")]), 3)
        self.assertTrue(all(l.startswith("deadbeef") for l in lines[:-1]), said)
        self.assertEqual(lines[-1], "3 machines: 3 updates, 0 failures, 3 at the newest version")
        counts = self.counts()
        self.assertEqual((counts["total"], counts["complete"]), (3, 3))
        listed = self.good("instance", "list-updates", "-app-id", APP, "-group-id", STABLE)
        self.assertEqual(listed.count("deadbeef"), 3)
        self.assertEqual(listed.count("fakeclient"), 3)

    def test_fake_instances_fail_when_they_are_told_to(self):
        self.offer("2.0.0", upload=False)
        said = json.loads(self.good("-json", "instance", "fake", "-app-id", APP, "-group-id",
                                    STABLE, "-clients-per-app", "2", "-min-sleep", "0",
                                    "-max-sleep", "0", "-errorrate", "100", "-checks", "1"))
        self.assertEqual(said, {"machines": 2, "updates": 0, "failures": 2, "unheard": 0,
                                "at_newest": 0})
        self.assertEqual(self.counts()["error"], 2)

    def test_fake_instances_without_a_service(self):
        done = self.service.ctl("-server", "http://127.0.0.1:1", "instance", "fake", "-app-id", APP,
                                "-group-id", STABLE, "-clients-per-app", "1", "-min-sleep", "0",
                                "-max-sleep", "0", "-checks", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 requests were not answered", done.stderr)
        self.assertEqual(self.service.ctl("instance", "fake").returncode, 2)

    def lines_of(self, path, count):
        """The lines of a file, once there are so many."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    lines = file.read().splitlines()
                if len(lines) >= count:
                    return lines
            time.sleep(0.02)
        raise AssertionError(f"{path} has not {count} lines")

    def test_watch_runs_the_command_for_each_new_version(self):
        self.offer("2.0.0", upload=False)
        notes, script = self.service.path("notes"), self.service.path("script")
        with open(script, "w", encoding="utf-8") as file:
            file.write('echo "$1 $UPDATE_SERVICE_VERSION $UPDATE_SERVICE_OLD_VERSION '
                       f'$UPDATE_SERVICE_APP_ID $UPDATE_SERVICE_URL" >>{notes}\n'
                       '[ "$UPDATE_SERVICE_VERSION" != 3.0.0 ]\n')
        environment = dict(os.environ, UPDATECTL_SERVER=self.service.url, UPDATECTL_KEY=TOKEN)
        with open(self.service.path("watch.log"), "wb") as log:
            watch = subprocess.Popen(
                [os.environ["ARGOSY_UPDATESERVICECTL"], "watch", "-app-id", APP, "-group-id",
                 STABLE, "-version", "1.0.0", "-client-id", "watcher", "sh", script, "word"],
                env=environment, stderr=log, preexec_fn=die_with_parent)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        tail = f"{APP} http://127.0.0.1:1/x.gz"
        self.assertEqual(self.lines_of(notes, 1), [f"word 2.0.0 1.0.0 {tail}"])
        self.wait_for_version("2.0.0", "complete")
        self.offer("3.0.0", upload=False)
        self.assertEqual(self.lines_of(notes, 2)[1], f"word 3.0.0 2.0.0 {tail}")
        self.offer("4.0.0", upload=False)
        # 3.0.0 had failed and was not tried again.
        self.assertEqual(self.lines_of(notes, 3)[2:], [f"word 4.0.0 2.0.0 {tail}"])
        self.wait_for_version("4.0.0", "complete")
        with open(self.service.path("watch.log"), encoding="utf-8") as log:
            self.assertIn("sh for 3.0.0: exit code 1", log.read())
        statuses = [entry["status"] for entry in self.service.api(
            "GET", f"apps/{APP}/groups/{STABLE}/instances/watcher/status_history")]
        self.assertIn(3, statuses)

    def wait_for_version(self, version, status):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            listed = self.good("instance", "list-updates", "-app-id", APP, "-group-id", STABLE)
            if any(version in line and status in line for line in listed.splitlines()):
                return
            time.sleep(0.05)
        raise AssertionError(f"no machine has {version}, {status}:\n{listed}")

    def test_watch_that_cannot_begin(self):
        watch = ("watch", "-app-id", APP, "-group-id", STABLE, "-checks", "1")
        self.assertEqual(self.service.ctl(*watch).returncode, 2)
        self.assertEqual(
            self.service.ctl("-server", "http://127.0.0.1:1", *watch, "true").returncode, 1)
        self.offer("2.0.0", upload=False)
        missing = self.service.ctl(*watch, "/no/such/program")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("/no/such/program", missing.stderr)
        self.assertEqual(self.good(*watch, "true"), "")

    def test_packages_move_by_a_directory(self):
        full, other = os.urandom(300_000), os.urandom(1000)
        self.offer("2.0.0", full)
        self.offer("1.0.0", other)
        place = self.service.path("bulk")
        said = self.good("package", "download", "bulk", "-app-id", APP, "-dir", place)
        self.assertTrue(said.endswith("Total=2 Errors=0\n"), said)
        self.assertEqual(len(os.listdir(place)), 4)
        # Again: what is there stays.
        self.assertEqual(self.good("package", "download", "bulk", "-app-id", APP, "-dir", place),
                         "Total=2 Errors=0\n")
        second = self.make()
        self.good("package", "create", "bulk", "-dir", place, service=second)
        said = self.good("package", "upload", "bulk", "-dir", place, service=second)
        self.assertEqual(said.count("uploaded "), 2)
        for version, content in (("2.0.0", full), ("1.0.0", other)):
            back = second.path("back-" + version)
            self.good("package", "download", "-app-id", APP, "-version", version, "-output", back,
                      service=second)
            with open(back, "rb") as file:
                self.assertEqual(file.read(), content)
        # A damaged payload is refused, the others are taken.
        third = self.make()
        self.good("package", "create", "bulk", "-dir", place, service=third)
        damaged = next(n for n in os.listdir(place) if "_1.0.0_" in n and not n.endswith("json"))
        with open(os.path.join(place, damaged), "r+b") as file:
            file.write(b"other")
        refused = third.ctl("package", "upload", "bulk", "-dir", place)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("Total=2 Errors=1", refused.stderr)
        self.assertEqual(refused.stdout.count("uploaded "), 1)
        newest = self.service.path("newest")
        self.good("package", "download", "bulk", "-app-id", APP, "-dir", newest, "-min-version",
                  "1.5.0")
        self.assertEqual(len(os.listdir(newest)), 2)

    def test_a_backup_is_a_whole_database(self):
        self.assertEqual(self.good("database", "init"), "ok\n")
        otto = self.good("admin-user", "create", "-role", "operator", "otto").strip()
        copy = self.service.path("copy.db")
        done = self.service.ctl("database", "backup", copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        connection = sqlite3.connect(copy)
        self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        self.assertGreaterEqual(connection.execute("SELECT COUNT(*) FROM fleet_group").fetchone(),
                                (4,))
        connection.close()
        self.assertFalse(os.path.exists(self.service.path("db.backup")))
        self.assertEqual(self.service.ctl("database", "backup", copy).returncode, 1)
        refused = self.service.ctl("database", "backup", self.service.path("no"), key=otto)
        self.assertIn("this needs the role admin", refused.stderr)
        self.assertFalse(os.path.exists(self.service.path("no")))
        # A service that is started on the copy is the same service.
        again = self.make(database=copy)
        self.assertIn("otto", self.good("admin-user", "list", service=again))
        actions = [e["action"] for e in self.service.api("GET", "audit?perpage=100")["entries"]]
        self.assertIn("database.backup", actions)

    def test_upstream_is_shown_and_asked_at_once(self):
        self.assertIn("-enable-syncer", self.service.ctl("upstream", "list").stderr)
        self.assertIn("-sync-update-url", self.service.ctl("upstream", "create").stderr)
        mirror = self.make("-enable-syncer", "-sync-interval", "1h", "-sync-update-url",
                           self.service.url + "/v1/update/")
        self.wait_for_rounds(mirror, 1)
        self.offer("2.0.0", os.urandom(5000))
        self.assertEqual(self.good("upstream", "sync", service=mirror), "Status: started\n")
        self.wait_for_rounds(mirror, 2)
        self.assertIn("2.0.0", self.good("package", "list", "-app-id", APP, service=mirror))
        table = self.good("upstream", "list", service=mirror)
        self.assertTrue(table.startswith("Url"), table)
        self.assertIn(self.service.url, table)

    def wait_for_rounds(self, mirror, count):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            seen = json.loads(self.good("-json", "upstream", "list", service=mirror))
            if seen["rounds"] >= count and seen["last_round"]:
                if count == 1 or seen["packages"] > 0:
                    return
            time.sleep(0.05)
        raise AssertionError(json.dumps(seen))


if __name__ == "__main__":
    unittest.main()
