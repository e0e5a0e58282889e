#!/usr/bin/env python3
"""update_engine and update_engine_client on a private bus, against a server that keeps every
request: the bytes it gets, what D-Bus says, what the client prints and ends with."""

import os
import re
import signal
import subprocess
import unittest

import machine
from omaha_server import Server, gist
from statement import Signer

HARDWARE = os.uname().machine
# What the original sends for a check, with the values of this machine.
CHECK = """<?xml version="1.0" encoding="UTF-8"?>
<request protocol="3.0" version="update_engine-0.4.10" updaterversion="update_engine-0.4.10" \
installsource="{source}" ismachine="1">
    <os version="Chateau" platform="CoreOS" sp="1.0.0_{hardware}"></os>
    <app appid="{app}" version="1.0.0" track="beta" bootid="{{boot-1}}" oem="rackspace" \
oemversion="0.1&lt;2" alephversion="1.0.0" machineid="{machine}" {alias}lang="en-US" \
board="amd64-usr" hardware_class="" delta_okay="{delta}" >
{body}    </app>
</request>
"""
FIRST_CHECK = """        <ping active="1"></ping>
        <updatecheck></updatecheck>
        <event eventtype="3" eventresult="2" previousversion="0.0.0.0"></event>
"""


def request(body, source="ondemandupdate", delta="true", alias='machinealias="" '):
    return CHECK.format(source=source, hardware=HARDWARE, app=machine.APP_ID,
                        machine=machine.MACHINE_ID, alias=alias, delta=delta,
                        body=body).encode()


class Case(unittest.TestCase):
    family = "flatcar"

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.machine = machine.Machine(self.server.url, self.family)
        self.addCleanup(self.machine.close)

    def gists(self):
        return [gist(each) for each in self.server.requests]


class Checking(Case):
    def test_a_check_byte_for_byte(self):
        self.machine.start()
        done = self.machine.client("-check_for_update")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("Initiating update check and install.", done.stderr)
        self.server.wait_for(lambda all: len(all) >= 1, "check")
        self.assertEqual(self.server.requests[0], request(FIRST_CHECK))
        self.assertEqual(self.server.fields[0]["Content-Type"], "text/xml")
        self.machine.wait_for_op("IDLE")
        self.assertNotEqual(self.machine.status()["LAST_CHECKED_TIME"], "0")
        # The slot that runs was marked before, though 45 seconds had not passed.
        self.assertEqual(self.machine.good_root_runs(), 1)
        self.assertEqual(self.machine.pref("aleph-version"), "1.0.0")
        self.assertEqual(self.machine.pref("previous-version"), "")
        self.assertEqual(self.machine.pref("full-response"), self.server.check)
        # Said once; and the operator may refuse deltas, without a restart.
        self.machine.configure(DELTAS="refuse", MACHINE_ALIAS="kitchen & hall")
        self.machine.client("-check_for_update")
        self.server.wait_for(lambda all: len(all) >= 2, "second check")
        self.assertEqual(
            self.server.requests[1],
            request(FIRST_CHECK.replace("0.0.0.0", ""), delta="false",
                    alias='machinealias="kitchen &amp; hall" '))

    def test_checks_by_themselves(self):
        self.server.no_update(poll=2700)
        self.machine.start(divisor=3000)
        self.server.wait_for(lambda all: len(all) >= 3, "checks")
        self.assertEqual(self.gists()[:3], ["check 3/2/0.0.0.0", "check 3/2/", "check 3/2/"])
        self.assertIn(b'installsource="scheduler"', self.server.requests[0])
        self.assertEqual(self.machine.good_root_runs(), 1)
        self.assertEqual(self.machine.stop(), 0)

    def test_what_goes_wrong_is_reported(self):
        self.machine.start()
        stories = [
            (503, self.server.check, 2503),
            (404, self.server.check, 2404),
            (200, "", 30),
            (200, "<response", 31),
            (200, "<response><app><updatecheck status=\"error-internal\"/></app></response>", 34),
        ]
        for status, body, code in stories:
            self.server.requests.clear()
            self.server.status, self.server.check = status, body
            self.machine.client("-check_for_update")
            self.server.wait_for(lambda all: len(all) >= 2, f"report of {code}")
            # Bit 28: not the default server.
            self.assertEqual(self.gists()[1], f"event 3/0/{code | 1 << 28}")
            self.machine.wait_for_op("IDLE")
        self.assertIn(b'    <app appid=', self.server.requests[1])

    def test_nobody_answers_and_nobody_shall(self):
        self.machine.configure(SERVER="http://127.0.0.1:1/")
        self.machine.start(divisor=1000)
        self.machine.client("-check_for_update")
        self.machine.wait_until(lambda: "Error event sent." in self.machine.log(), "end")
        self.assertEqual(self.machine.log().count("the request is repeated"), 1)
        self.machine.configure(SERVER="disabled")
        self.machine.client("-check_for_update")
        self.machine.wait_until(lambda: "the server is disabled" in self.machine.log(), "word")
        self.machine.wait_for_op("IDLE")
        self.assertEqual(self.server.requests, [])

    def test_older_versions_are_refused(self):
        self.machine.start()
        self.server.offer("0.9.0", b"payload")
        self.machine.client("-check_for_update")
        self.server.wait_for(lambda all: len(all) >= 2, "report")
        self.assertEqual(self.gists()[1], f"event 3/9/{35 | 1 << 28}")
        self.assertEqual(self.server.gets, [])

    def test_with_keys_a_response_needs_a_statement(self):
        signer = Signer(self.machine.folder)
        key = self.machine.path("/usr/share/update_engine/channel-metadata-key.pub.pem")
        os.makedirs(os.path.dirname(key))
        os.rename(signer.public, key)
        self.machine.start()
        good, other = b"payload", b"another"

        def check(offer, statement):
            """What is reported of an answer; "" when all is well."""
            if offer:
                self.server.offer(*offer)
            else:
                self.server.no_update()
            self.server.check = self.server.check.replace("</app>", statement + "</app>")
            self.server.requests.clear()
            self.assertEqual(self.machine.client("-update").returncode, 0)
            return " ".join(self.gists()[1:])

        refused, ignored = f"event 3/0/{34 | 1 << 28}", f"event 3/9/{35 | 1 << 28}"
        taken = f"event 13/1 event 3/0/{21 | 1 << 28}"  # it is no payload
        self.assertEqual(check(None, ""), refused)
        self.assertIn("it has no signed metadata of the channel", self.machine.log())
        self.assertEqual(check(None, signer.statement(5, [("1.0.0", good)])), "")
        self.assertEqual(self.machine.pref("channel-metadata-sequence"), "5 amd64 beta")
        stories = [
            (("2.0.0", good), 4, [("2.0.0", good)], {}, refused),  # older
            (("2.0.0", good), 6, [("2.0.0", good)], {"lifetime_hours": -1}, refused),
            (("2.0.0", other), 6, [("2.0.0", good)], {}, ignored),
            (("2.0.1", good), 6, [("2.0.0", good)], {}, ignored),
            (("0.9.0", good), 7, [("0.9.0", good)], {}, ignored),
            (("2.0.0", good), 8, [("2.0.0", good)], {}, taken),
            (("0.9.0", good), 9, [("0.9.0", good)], {"rollback": True}, taken),
        ]
        for offer, sequence, releases, more, reported in stories:
            self.assertEqual(check(offer, signer.statement(sequence, releases, **more)),
                             reported, self.machine.log())
        stranger = Signer(self.machine.folder)
        self.assertEqual(check(None, stranger.statement(9, [("1.0.0", good)])), refused)

    def test_a_machine_that_is_not_healthy_does_not_check(self):
        self.machine.set_good_root(75)
        self.machine.start()
        self.machine.client("-check_for_update")
        self.machine.wait_until(lambda: "is not healthy" in self.machine.log(), "word of it")
        self.machine.wait_for_op("IDLE")
        self.assertEqual(self.server.requests, [])


class Stub(Case):
    def run_stub(self):
        return subprocess.run([machine.STUB, f"--root={self.machine.root}"], check=False,
                              env=self.machine.environment(), capture_output=True, timeout=60)

    def test_one_event_and_no_question(self):
        self.assertEqual(self.run_stub().returncode, 0)
        event = '        <event eventtype="3" eventresult="2" previousversion=""></event>\n'
        self.assertEqual(self.server.requests, [
            request(event, source="scheduler", delta="false").replace(
                b'alephversion="1.0.0"', b'alephversion=""')])
        self.machine.configure(SERVER="disabled")
        self.assertEqual(self.run_stub().returncode, 1)


class CoreOs(Case):
    family = "coreos"

    def test_a_check_byte_for_byte(self):
        self.machine.start()
        done = self.machine.client("-update")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.endswith("Update failed.\n"), done.stderr)
        self.assertEqual(self.server.requests[0], request(FIRST_CHECK, alias=""))
        self.assertIsNone(self.machine.pref("full-response"))


class Client(Case):
    def test_outputs_and_exit_codes(self):
        self.machine.start()
        status = self.machine.client("--status")
        self.assertEqual(status.returncode, 0)
        self.assertEqual(status.stdout, "LAST_CHECKED_TIME=0\nPROGRESS=0.000000\n"
                         "CURRENT_OP=UPDATE_STATUS_IDLE\nNEW_VERSION=0.0.0\nNEW_SIZE=0\n")
        self.assertIn("Querying Update Engine status...", status.stderr)
        reset = self.machine.client("-reset_status", "-status")
        self.assertEqual((reset.returncode, reset.stdout), (0, ""))
        self.assertIn("ResetStatus succeeded; to undo partition table changes run:\n"
                      "(D=$(rootdev -d) P=$(rootdev -s); cgpt p -i$(($(echo ${P#$D} "
                      "| sed 's/^[^0-9]*//')-1)) $D;)", reset.stderr)
        update = self.machine.client("-update")
        self.assertEqual(update.returncode, 0)
        self.assertTrue(update.stderr.endswith("No update available\n"), update.stderr)
        self.assertRegex(update.stdout, r"^LAST_CHECKED_TIME=\d+\nPROGRESS=0\.000000\n")
        nothing = self.machine.client()
        self.assertEqual((nothing.returncode, nothing.stdout), (0, ""))
        self.assertTrue(nothing.stderr.endswith("Done.\n"))
        helped = self.machine.client("-help")
        self.assertEqual(helped.returncode, 1)
        self.assertIn("-reset_status", helped.stdout)
        wrong = self.machine.client("-bogus")
        self.assertEqual((wrong.returncode, wrong.stderr),
                         (1, "ERROR: unknown command line flag 'bogus'\n"))

    def test_nobody_is_on_the_bus(self):
        done = self.machine.client("-status")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.count("Retrying to get dbus proxy"), 3)
        self.assertTrue(done.stderr.endswith(
            "Giving up -- unable to get dbus proxy for com.coreos.update1\n"))

    def test_the_object_and_its_signal(self):
        self.machine.start()
        out = subprocess.run(
            ["busctl", "--address", f"unix:path={self.machine.folder}/bus", "introspect",
             "com.coreos.update1", "/com/coreos/update1", "com.coreos.update1.Manager"],
            capture_output=True, text=True, check=True).stdout
        shown = [line.split()[:4] for line in out.splitlines()[1:]]
        self.assertEqual(shown, [[".AttemptUpdate", "method", "-", "-"],
                                 [".GetStatus", "method", "-", "xdssx"],
                                 [".ResetStatus", "method", "-", "-"],
                                 [".StatusUpdate", "signal", "xdssx", "-"]])
        watch = subprocess.Popen([machine.CLIENT, "-watch_for_updates"], text=True,
                                 env=self.machine.environment(), stderr=subprocess.PIPE)
        try:
            self.assertEqual(watch.stderr.readline(), "Watching for status updates.\n")
            said = ""
            while "current_operation: UPDATE_STATUS_IDLE" not in said:
                # It may not listen yet when the first check is over.
                self.machine.client("-check_for_update")
                self.machine.wait_for_op("IDLE")
                said = self.read_status(watch)
            self.assertRegex(said, r"Got status update:\n  last_checked_time: \d+\n"
                             r"  progress: 0\n  current_operation: UPDATE_STATUS_\w+\n"
                             r"  new_version: 0.0.0\n  new_size: 0\n")
        finally:
            watch.kill()
            watch.wait()
            watch.stderr.close()

    @staticmethod
    def read_status(watch):
        said = ""
        while "new_size" not in said:
            said += watch.stderr.readline()
        return said

    def test_a_second_daemon_does_not_get_the_name(self):
        self.machine.start()
        second = subprocess.run(
            [machine.ENGINE, "-foreground", f"--root={self.machine.root}"],
            env=self.machine.environment(), capture_output=True, timeout=60, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertEqual(self.machine.client("-status").returncode, 0)
        self.assertEqual(self.machine.stop(signal.SIGINT), 0)


@unittest.skipIf(machine.can_mount(), str(machine.can_mount()))
class Installing(Case):
    """Whole updates: real images are downloaded, written, mounted, and their postinst runs."""

    def setUp(self):
        super().setUp()
        root = self.machine.folder
        noise = os.urandom(1 << 20)
        self.old = machine.make_image(root, root, "old", noise + b"1")
        self.new = machine.make_image(root, root, "new", noise + b"2")
        with open(self.old, "rb") as image, open(self.machine.active, "wb") as slot:
            slot.write(image.read())
        # The last character tells the slots apart.
        self.assertTrue(self.machine.active.endswith("3"))

    def slot(self):
        with open(self.machine.other, "rb") as file:
            return file.read()

    def image(self, path):
        with open(path, "rb") as file:
            return file.read()

    def test_an_update_and_what_follows(self):
        self.server.offer("2.0.0", machine.make_payload(self.machine.folder, self.new))
        self.machine.start()
        done = self.machine.client("-update")
        self.assertEqual(done.returncode, 0, self.machine.log())
        self.assertTrue(done.stderr.endswith("Update succeeded -- reboot needed.\n"))
        self.assertEqual(self.gists(), ["check 3/2/0.0.0.0", "event 13/1", "event 14/1",
                                        "event 3/1"])
        self.assertEqual(self.server.requests[1], request(
            '        <event eventtype="13" eventresult="1"></event>\n'))
        self.assertEqual(self.slot(), self.image(self.new))
        self.assertTrue(os.path.exists(self.machine.folder + "/postinst-ran"))
        self.assertEqual(self.machine.pref("previous-version"), "1.0.0")
        self.assertTrue(self.machine.has_marker())
        self.assertEqual(self.machine.status()["NEW_VERSION"], "2.0.0")
        # Now it only pings, also after a restart, which does not mark what runs.
        self.server.requests.clear()
        self.machine.client("-check_for_update")
        self.server.wait_for(lambda all: len(all) >= 1, "ping")
        self.assertEqual(self.server.requests[0], request('        <ping active="1"></ping>\n'))
        marked = self.machine.good_root_runs()
        self.machine.stop(signal.SIGKILL)
        self.machine.start()
        self.machine.wait_until(lambda: "Already updated boot flags" in self.machine.log(), "word")
        self.assertEqual(self.machine.status()["CURRENT_OP"], "UPDATE_STATUS_UPDATED_NEED_REBOOT")
        self.assertEqual(self.machine.good_root_runs(), marked)
        # The new version says what ran before.
        self.machine.stop()
        self.machine.install("2.0.0")
        self.machine.boot("boot-2")
        self.server.requests.clear()
        self.server.no_update()
        self.machine.start()
        self.assertEqual(self.machine.client("-update").returncode, 0)
        self.assertEqual(self.gists()[0], "check 3/2/1.0.0")

    def test_a_version_that_does_not_hold(self):
        self.server.offer("3.0.0", machine.make_payload(self.machine.folder, self.new))
        self.machine.start()
        self.assertEqual(self.machine.client("-update").returncode, 0)
        # The boot selector went back.
        self.machine.stop()
        self.machine.boot("boot-2")
        self.server.requests.clear()
        self.machine.start()
        self.machine.client("-update")
        self.server.wait_for(lambda all: len(all) >= 2, "refusal")
        self.assertEqual(self.gists(), ["check 3/0/44", f"event 3/9/{35 | 1 << 28}"])
        self.assertEqual(self.machine.pref("bad-version"), "3.0.0")
        self.server.requests.clear()
        self.server.offer("3.0.1", machine.make_payload(self.machine.folder, self.new))
        self.assertEqual(self.machine.client("-update").returncode, 0)
        self.machine.wait_for_op("UPDATED_NEED_REBOOT")
        self.assertIsNone(self.machine.pref("bad-version"))

    def test_a_delta_and_then_a_full_payload(self):
        # A delta against something else than what runs.
        delta = machine.make_payload(self.machine.folder, self.old, self.new)
        self.server.offer("2.0.0", delta, delta=True)
        self.machine.start(divisor=3000)
        self.machine.client("-check_for_update")
        self.server.wait_for(lambda all: any(b"errorcode" in each for each in all), "report")
        full = machine.make_payload(self.machine.folder, self.new)
        self.server.offer("2.0.0", full)
        # Soon, by itself.
        self.machine.wait_for_op("UPDATED_NEED_REBOOT")
        checks = [each for each in self.server.requests if b"<updatecheck>" in each]
        self.assertIn(b'delta_okay="true"', checks[0])
        self.assertIn(b'delta_okay="false"', checks[1])
        self.assertEqual(self.slot(), self.image(self.new))
        self.assertIsNone(self.machine.pref("full-payload-wanted"))
        self.assertEqual(self.machine.pref("delta-update-failures"), "0")

    def test_a_delta_that_fits(self):
        delta = machine.make_payload(self.machine.folder, self.new, self.old)
        self.server.offer("2.0.0", delta, delta=True)
        self.machine.start()
        self.assertEqual(self.machine.client("-update").returncode, 0, self.machine.log())
        self.assertEqual(self.slot(), self.image(self.new))

    def test_postinst_fails(self):
        bad = machine.make_image(self.machine.folder, self.machine.folder, "bad", b"x", 1)
        self.server.offer("2.0.0", machine.make_payload(self.machine.folder, bad))
        self.machine.start()
        self.assertEqual(self.machine.client("-update").returncode, 0)
        self.assertEqual(self.gists()[1:], ["event 13/1", "event 14/1",
                                            f"event 3/0/{5 | 1 << 28}"])
        self.assertFalse(self.machine.has_marker())
        self.assertEqual(self.machine.status()["NEW_VERSION"], "0.0.0")

    def test_reset_after_an_update(self):
        self.server.offer("2.0.0", machine.make_payload(self.machine.folder, self.new))
        self.machine.start()
        self.assertEqual(self.machine.client("-update").returncode, 0)
        self.assertEqual(self.machine.client("-reset_status").returncode, 0)
        self.assertFalse(self.machine.has_marker())
        self.assertEqual(self.machine.status()["CURRENT_OP"], "UPDATE_STATUS_IDLE")


if __name__ == "__main__":
    unittest.main(verbosity=2)
