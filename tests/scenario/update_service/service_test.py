#!/usr/bin/env python3
"""update-service and serve-package as processes: answers, payloads, kills, restarts."""

import base64
import hashlib
import http.client
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "conformance", "cluster"))

from cluster import die_with_parent, free_ports  # noqa: E402
from update_service import READY_SECONDS, UpdateService  # noqa: E402

APP = "e96281a6-d1af-4bde-9a0a-97b76e56dc57"

REQUEST = """<?xml version="1.0" encoding="UTF-8"?>
<request protocol="3.0" version="update_engine-0.4.10" updaterversion="update_engine-0.4.10" \
installsource="scheduler" ismachine="1">
    <os version="Chateau" platform="CoreOS" sp="{version}_x86_64"></os>
    <app appid="{{{app}}}" version="{version}" track="stable" bootid="{{x}}" oem="" oemversion="" \
alephversion="1.0.0" machineid="{machine}" lang="en-US" board="amd64-usr" hardware_class="" \
delta_okay="false" >
        {body}
    </app>
</request>
"""


def ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
    finally:
        connection.close()


def check(port, machine, version, body="<updatecheck></updatecheck>", path="/v1/update/",
          address=None):
    """The app's and the update check's status, and the response."""
    request = REQUEST.format(app=APP, machine=machine, version=version, body=body)
    headers = {"Content-Type": "text/xml"}
    if address:
        headers["X-Forwarded-For"] = address
    status, _, text = ask(port, "POST", path, request, headers)
    assert status == 200, (status, text)
    app = ElementTree.fromstring(text).find("app")
    update = app.find("updatecheck")
    return app.get("status"), None if update is None else update.get("status"), app


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="argosy-update-service-")
        self.database = os.path.join(self.place.name, "db")
        self.port = free_ports(1)[0]

    def tearDown(self):
        self.place.cleanup()

    def start(self, *flags):
        service = UpdateService(self.place.name, port=self.port, database=self.database)
        self.addCleanup(service.end, signal.SIGKILL)
        return service.start(*flags)

    def offer(self, version, url, payload=b"payload", max_updates=1):
        """As an operator would, past the API."""
        digest = base64.b64encode(hashlib.sha256(payload).digest()).decode()
        with sqlite3.connect(self.database, timeout=30) as db:
            db.execute("INSERT INTO package (id, application_id, type, arch, version, "
                       "source_version, description, url, filename, size, sha1, sha256, "
                       "is_for_update_engine, created) "
                       "VALUES (?, ?, 1, 1, ?, '', '', ?, 'update.gz', ?, '', ?, 1, 1)",
                       (version, APP, version, url, len(payload), digest))
            db.execute("UPDATE channel SET package_id = ? WHERE name = 'stable' AND arch = 1",
                       (version,))
            db.execute("UPDATE fleet_group SET max_updates = ? WHERE track = 'stable'",
                       (max_updates,))
            db.execute("UPDATE catalog SET generation = generation + 1")
        db.close()

    def test_a_grant_outlives_a_kill(self):
        service = self.start()
        self.offer("2.0.0", "http://files.example/")
        self.assertEqual(check(self.port, "m1", "1.0.0")[:2], ("ok", "ok"))
        service.end(signal.SIGKILL)
        service = self.start()
        self.assertEqual(check(self.port, "m1", "1.0.0")[:2], ("ok", "ok"))
        self.assertEqual(check(self.port, "m2", "1.0.0")[:2],
                         ("error-maxUpdatesPerPeriodLimitReached", "error-internal"))
        self.assertEqual(service.end(), 0)
        service = self.start()
        body = '<event eventtype="3" eventresult="1"></event>'
        self.assertEqual(check(self.port, "m1", "1.0.0", body)[:2], ("ok", None))
        body = ('<updatecheck></updatecheck>'
                '<event eventtype="3" eventresult="2" previousversion="1.0.0"></event>')
        self.assertEqual(check(self.port, "m1", "2.0.0", body)[:2], ("ok", "noupdate"))
        _, _, metrics = ask(self.port, "GET", "/metrics")
        self.assertIn(b"update_service_answers_total", metrics)
        self.assertIn(b"nebraska_failed_updates", metrics)

    def test_hosted_payloads(self):
        packages = os.path.join(self.place.name, "packages")
        self.start("-host-flatcar-packages", "-flatcar-packages-path", packages)
        payload = os.urandom(1_000_000)
        with open(os.path.join(packages, "update.gz"), "wb") as file:
            file.write(payload)
        self.offer("2.0.0", "/flatcar/", payload)
        _, status, app = check(self.port, "m1", "1.0.0")
        self.assertEqual(status, "ok")
        url = app.find("updatecheck/urls/url").get("codebase")
        self.assertEqual(url, f"http://127.0.0.1:{self.port}/flatcar/")
        status, headers, body = ask(self.port, "GET", "/flatcar/update.gz")
        self.assertEqual((status, body == payload), (200, True))
        status, _, body = ask(self.port, "GET", "/flatcar/update.gz", headers={
            "Range": "bytes=999990-", "If-Range": headers["etag"]})
        self.assertEqual((status, body), (206, payload[999990:]))
        self.assertEqual(ask(self.port, "GET", "/flatcar/..%2fdb")[0], 404)

    def test_the_endpoint_may_be_secret(self):
        self.start("-api-endpoint-suffix", "secret")
        request = REQUEST.format(app=APP, machine="m1", version="1.0.0", body="")
        headers = {"Content-Type": "text/xml"}
        self.assertEqual(ask(self.port, "POST", "/v1/update/", request, headers)[0], 501)
        self.assertEqual(ask(self.port, "POST", "/v1/update/wrong", request, headers)[0], 501)
        self.assertEqual(check(self.port, "m1", "1.0.0", path="/v1/update/secret")[0],
                         "error-noPackageFound")

    def test_a_stranger_cannot_make_up_machines_for_ever(self):
        self.start("-trust-forwarded-for", "-new-machines-per-hour", "3")
        self.offer("2.0.0", "http://files.example/", max_updates=1000)
        refused = ("error-instanceRegistrationFailed", "error-internal")
        for number in range(5):
            said = check(self.port, f"m{number}", "1.0.0", address="192.0.2.1")[:2]
            self.assertEqual(said, ("ok", "ok") if number < 3 else refused)
        # Others are not held back, nor machines that are known, nor is their number forgotten.
        self.assertEqual(check(self.port, "m3", "1.0.0", address="192.0.2.2")[:2], ("ok", "ok"))
        self.assertEqual(check(self.port, "m0", "1.0.0", address="192.0.2.1")[:2], ("ok", "ok"))
        self.assertEqual(check(self.port, "m4", "1.0.0", address="192.0.2.1")[:2], refused)
        with sqlite3.connect(self.database, timeout=30) as db:
            self.assertEqual(db.execute("SELECT COUNT(*) FROM instance").fetchone(), (4,))
        db.close()

    def test_old_history_goes_at_start(self):
        """The first chores are done at once."""
        service = self.start()
        self.offer("2.0.0", "http://files.example/")
        check(self.port, "m1", "1.0.0")
        service.end()
        with sqlite3.connect(self.database, timeout=30) as db:
            for table in ("status_history", "event", "activity"):
                db.execute(f"UPDATE {table} SET at = 1")
            self.assertGreater(db.execute("SELECT COUNT(*) FROM status_history").fetchone(), (0,))
        service = self.start("-keep-history", "0")
        service.end()
        self.assertGreater(self.rows("status_history"), 0)
        self.start("-keep-history", "744h")
        end = time.monotonic() + READY_SECONDS
        while self.rows("status_history") + self.rows("activity") > 0:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        self.assertEqual(self.rows("instance"), 1)
        done = subprocess.run([os.environ["ARGOSY_UPDATE_SERVICE"], "-database", ":memory:",
                               "-keep-history", "1h"], capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"at least 744h", done.stderr)

    def rows(self, table):
        with sqlite3.connect(self.database, timeout=30) as db:
            count = db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
        db.close()
        return count

    def test_what_is_no_request(self):
        self.start()
        for body, headers in ((b"", {}), (b"<request", {}), (b"x" * (2 << 20), {}),
                              (b"<request protocol='2.0'/>", {}),
                              (b"<request protocol='3.0'/>", {"Content-Type": "text/html"})):
            with self.subTest(body=body[:30], headers=headers):
                status, _, text = ask(self.port, "POST", "/v1/update/", body, headers)
                self.assertEqual((status, text), (400, b"Bad Omaha Request\n"))
        self.assertEqual(ask(self.port, "GET", "/v1/update/")[0], 400)
        self.assertEqual(ask(self.port, "GET", "/nothing")[0], 404)

    def test_flags(self):
        program = os.environ["ARGOSY_UPDATE_SERVICE"]
        done = subprocess.run([program, "-no-such-flag"], capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        done = subprocess.run([program, "-database", "/nonexistent/db"], capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        done = subprocess.run([program, "--help"], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"flatcar-packages-path", done.stdout)


class ServePackageTest(unittest.TestCase):
    def test_one_package_for_all(self):
        port = free_ports(1)[0]
        payload = os.urandom(5000)
        with tempfile.NamedTemporaryFile(prefix="argosy-package-") as file:
            file.write(payload)
            file.flush()
            server = subprocess.Popen(
                [os.environ["ARGOSY_SERVE_PACKAGE"], "-listen-address", f"127.0.0.1:{port}",
                 "-package-file", file.name, "-package-version=2.0.0"],
                stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
            try:
                self.wait_for(server, port)
                self.assertEqual(check(port, "m1", "2.0.0")[1], "noupdate")
                _, status, app = check(port, "m1", "1.0.0")
                self.assertEqual(status, "ok")
                package = app.find("updatecheck/manifest/packages/package")
                self.assertEqual((package.get("name"), package.get("size")), ("update.gz", "5000"))
                action = app.find("updatecheck/manifest/actions/action")
                self.assertEqual(action.get("sha256"),
                                 base64.b64encode(hashlib.sha256(payload).digest()).decode())
                self.assertEqual(action.get("DisablePayloadBackoff"), "true")
                self.assertEqual(app.find("updatecheck/urls/url").get("codebase"),
                                 f"http://127.0.0.1:{port}/packages/")
                self.assertEqual(ask(port, "GET", "/packages/update.gz")[2], payload)
            finally:
                server.terminate()
                self.assertEqual(server.wait(READY_SECONDS), 0)

    def wait_for(self, server, port):
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                return ask(port, "GET", "/")
            except OSError:
                self.assertIsNone(server.poll())
                self.assertLess(time.monotonic(), end)
                time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
