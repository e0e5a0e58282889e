#!/usr/bin/env python3
"""The story of `argosy up`: a live cluster that real etcdctl uses, that survives the loss of
members and of its supervisor, and that is found again from other terminals.

  up_test.py ARGOSY_PROGRAM [unittest options]
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ARGOSY = ""


class UpTest(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.TemporaryDirectory(prefix="argosy-up-")
        self.data = os.path.join(self.parent.name, "cluster")

    def tearDown(self):
        self.argosy("down", "--purge")
        self.parent.cleanup()

    def argosy(self, *words, environment=None):
        """Runs one command in a session of its own, as from another terminal."""
        command = [ARGOSY, words[0], "--data", self.data, *words[1:]]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                              start_new_session=True, env={**os.environ, **(environment or {})})

    def up(self, *words, **more):
        done = self.argosy("up", "--json", *words, **more)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def status(self):
        return json.loads(self.argosy("status", "--json").stdout)

    def etcdctl(self, view, *words):
        done = subprocess.run(["etcdctl", *words], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **view["environment"]}, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def eventually(self, what, seconds=30):
        end = time.monotonic() + seconds
        while not (found := what()):
            self.assertLess(time.monotonic(), end, f"not so after {seconds} s: {self.status()}")
            time.sleep(0.05)
        return found

    def healthy_with(self, member, pid):
        """The cluster's view once this member is another process and all are healthy."""
        def look():
            view = self.status()
            now = view["members"][member]["pid"]
            return view["healthy"] and now not in (0, pid) and view
        return self.eventually(look)

    def test_a_cluster_from_start_to_end(self):
        view = self.up()
        self.assertTrue(view["healthy"])
        self.assertEqual([m["name"] for m in view["members"]], ["m1", "m2", "m3"])
        self.assertEqual(sorted(m["role"] for m in view["members"]),
                         ["follower", "follower", "leader"])
        self.assertEqual(len({m["leader"] for m in view["members"]}), 1)
        self.etcdctl(view, "put", "greeting", "hello")
        self.assertEqual(self.etcdctl(view, "get", "greeting"), "greeting\nhello\n")
        listed = self.etcdctl(view, "member", "list")
        for member in view["members"]:
            self.assertIn(f"{member['id']}, started, {member['name']}, {member['peer_url']}, "
                          f"{member['client_url']}", listed)

        again = self.argosy("up")
        self.assertEqual(again.returncode, 0)
        self.assertTrue(again.stdout.startswith("It runs already"), again.stdout)
        table = self.argosy("status")
        self.assertEqual(table.returncode, 0)
        self.assertRegex(table.stdout, r"NAME +ID +ROLE +TERM +INDEX +CLIENTS +PEERS +DB SIZE")
        self.assertIn("export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://127.0.0.1:", table.stdout)
        self.assertEqual(self.status()["members"][0]["pid"], view["members"][0]["pid"])

        lines = self.argosy("logs", "m2", "-n", "2").stdout
        self.assertEqual(lines.count("\n"), 2)
        line = json.loads(self.argosy("logs", "m2", "-n", "1", "--json").stdout)
        self.assertEqual(line["member"], "m2")
        self.assertEqual(line["line"] + "\n", lines.split("\n")[1] + "\n")

        down = self.argosy("down", "--json")
        self.assertEqual(json.loads(down.stdout), {"data": self.data, "stopped": 3, "killed": 0,
                                                   "purged": False})
        for member in view["members"]:
            self.assertFalse(os.path.exists(f"/proc/{member['pid']}"))
        self.assertEqual(self.argosy("status").returncode, 1)
        self.assertEqual(self.argosy("down").stdout, f"Nothing runs in {self.data}\n")

        back = self.up()
        self.assertEqual([m["client_url"] for m in back["members"]],
                         [m["client_url"] for m in view["members"]])
        self.assertEqual(self.etcdctl(back, "get", "greeting"), "greeting\nhello\n")

    def test_a_member_that_is_killed_comes_back(self):
        view = self.up()
        for i, member in enumerate(view["members"]):
            os.kill(member["pid"], signal.SIGKILL)
            now = self.healthy_with(i, member["pid"])
            self.assertEqual(now["members"][i]["restarts"], 1)
            self.assertEqual(now["members"][i]["last_exit"], "signal 9 (Killed)")
        self.etcdctl(view, "put", "still", "here")

    def test_members_outlive_their_supervisor_and_get_a_new_one(self):
        view = self.up()
        os.kill(view["supervisor_pid"], signal.SIGKILL)
        self.eventually(lambda: self.status()["supervisor_pid"] == 0)
        orphans = self.status()
        self.assertTrue(orphans["healthy"])
        self.assertIn("No supervisor runs", self.argosy("status").stdout)
        renewed = self.up()
        self.assertEqual([m["pid"] for m in renewed["members"]],
                         [m["pid"] for m in view["members"]])
        # The new one looks after those that it did not start.
        os.kill(view["members"][0]["pid"], signal.SIGKILL)
        self.healthy_with(0, view["members"][0]["pid"])
        # And without any, they are found and stopped all the same.
        os.kill(renewed["supervisor_pid"], signal.SIGKILL)
        self.assertEqual(json.loads(self.argosy("down", "--json").stdout)["stopped"], 3)
        self.assertEqual(self.argosy("status").returncode, 1)

    def test_a_number_that_was_used_again_is_not_signalled(self):
        self.up("--members", "1")
        self.argosy("down")
        bystander = subprocess.Popen(["sleep", "1000"])
        try:
            path = os.path.join(self.data, "state.json")
            with open(path, encoding="utf-8") as file:
                state = json.load(file)
            with open("/proc/self/stat", encoding="utf-8") as file:
                ours = int(file.read().rsplit(")", 1)[1].split()[19])
            for process in (state["supervisor"], state["members"][0]):
                process.update(pid=bystander.pid, start_ticks=ours - 1)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(state, file)
            self.assertEqual(self.argosy("down").returncode, 0)
            time.sleep(0.2)
            self.assertIsNone(bystander.poll())
        finally:
            bystander.kill()
            bystander.wait()

    def test_a_port_in_use_names_its_holder(self):
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
            if port > 65000:
                self.skipTest("the kernel chose a port above 65000")
            refused = self.argosy("up", "--members", "1", "--port", str(port))
            self.assertEqual(refused.returncode, 1)
            self.assertRegex(refused.stderr,
                             rf"argosy: port {port} is in use by .+ \(pid {os.getpid()}\)\n")
            self.assertEqual(refused.stderr.count("\n"), 1)

    def test_a_remembered_port_that_was_taken_meanwhile(self):
        view = self.up("--members", "1")
        self.argosy("down")
        port = int(view["members"][0]["client_url"].rsplit(":", 1)[1])
        with socket.create_server(("127.0.0.1", port)):
            refused = self.argosy("up")
            self.assertEqual(refused.returncode, 1)
            self.assertIn(f"port {port} is in use by ", refused.stderr)
            self.assertIn("which member m1 needs", refused.stderr)
        self.up()

    def test_a_program_that_does_not_stay_up(self):
        with open(os.path.join(self.parent.name, "etcd"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho the disk has gone >&2\nexit 7\n")
        os.chmod(file.name, 0o755)
        failed = self.argosy("up", "--etcd", file.name)
        self.assertEqual(failed.returncode, 1)
        self.assertRegex(failed.stderr, r"member m\d does not stay up \(exit code 7\)")
        self.assertIn("the disk has gone", failed.stderr)
        self.assertEqual(self.argosy("status").returncode, 1)
        missing = self.argosy("up", "--etcd", "/nowhere/etcd")
        self.assertIn("there is no program /nowhere/etcd", missing.stderr)

    def test_the_members_ignore_the_variables_of_whoever_starts_them(self):
        self.up("--members", "1", environment={"ETCD_NAME": "other", "ETCD_DATA_DIR": "/nowhere"})

    def test_purging_deletes_only_what_up_made(self):
        self.up("--members", "1")
        mine = os.path.join(self.data, "mine.txt")
        with open(mine, "w", encoding="utf-8") as file:
            file.write("keep")
        self.assertEqual(self.argosy("down", "--purge").returncode, 0)
        self.assertEqual(os.listdir(self.data), ["mine.txt"])

    def test_another_number_of_members_is_refused(self):
        self.up("--members", "1")
        refused = self.argosy("up", "--members", "3")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("has 1 member, not 3; `argosy down --purge`", refused.stderr)

    def test_what_is_not_understood(self):
        for words in (["frobnicate"], ["up", "--members", "many"], ["logs"], ["down", "now"],
                      ["up", "--members", "0"], ["status", "--frob"]):
            done = subprocess.run([ARGOSY, *words], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertRegex(done.stderr, r"^argosy: .+\nTry: argosy help\n$")
        help_page = subprocess.run([ARGOSY, "help"], capture_output=True, text=True, check=False)
        self.assertEqual(help_page.returncode, 0)
        self.assertIn("Exit codes: 0 done, 1 failed, 2 not understood", help_page.stdout)


if __name__ == "__main__":
    ARGOSY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
