#!/usr/bin/env python3
"""The operators' API and updateservicectl, as processes; the commands of the signing page."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from cluster import die_with_parent, free_ports  # noqa: E402

APP = "e96281a6-d1af-4bde-9a0a-97b76e56dc57"
TOKEN = "a token for the first administrator"
READY_SECONDS = 30
REQUEST = f"""<request protocol="3.0"><app appid="{{{APP}}}" version="1.0.0" track="stable"
 bootid="{{x}}" machineid="m1" board="amd64-usr"><updatecheck/></app></request>"""
DELTA_REQUEST = REQUEST.replace(' track=', ' delta_okay="true" track=')


def blocks(page):
    with open(os.path.join(ROOT, "docs", page), encoding="utf-8") as file:
        return re.findall(r"^```sh\n(.*?)^```$", file.read(), re.M | re.S)


class Service:
    """One for all tests; a database of its own."""

    def __init__(self):
        self.place = tempfile.TemporaryDirectory(prefix="argosy-update-api-")
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def path(self, name):
        return os.path.join(self.place.name, name)

    def start(self):
        with open(self.path("token"), "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        database = os.environ.get("ARGOSY_POSTGRES") or self.path("db")
        self.log = open(self.path("log"), "ab")
        self.process = subprocess.Popen(
            [os.environ["ARGOSY_UPDATE_SERVICE"], "-host", "127.0.0.1", "-port", str(self.port),
             "-database", database, "-root-token-file", self.path("token"),
             "-channel-keys-file", self.path("channel-keys.pem"),
             "-host-flatcar-packages", "-flatcar-packages-path", self.path("packages")],
            stderr=self.log, preexec_fn=die_with_parent)
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=30):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    with open(self.path("log"), encoding="utf-8") as log:
                        raise AssertionError(log.read()) from None
                time.sleep(0.02)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(READY_SECONDS)
        if self.process is not None:
            self.log.close()

    def environment(self):
        return dict(os.environ, APP=APP, UPDATECTL_SERVER=self.url, UPDATECTL_KEY=TOKEN)

    def ctl(self, *words, key=TOKEN):
        return subprocess.run([os.environ["ARGOSY_UPDATESERVICECTL"], *words], text=True,
                              capture_output=True, timeout=60, check=False,
                              env=dict(self.environment(), UPDATECTL_KEY=key))

    def shell(self, script):
        """As an operator types it."""
        function = ('updateservicectl() { "$ARGOSY_UPDATESERVICECTL" "$@"; }\n'
                    'delta_generator() { "$DELTA_GENERATOR" "$@"; }\n')
        return subprocess.run(["bash", "-euo", "pipefail", "-c", function + script], text=True,
                              capture_output=True, timeout=120, check=False,
                              cwd=self.place.name, env=self.environment())


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service()
        cls.addClassCleanup(cls.service.place.cleanup)
        cls.addClassCleanup(cls.service.stop)
        cls.keys, *cls.ceremony = blocks("update-signing.md")
        made = cls.service.shell(cls.keys)
        assert made.returncode == 0, made.stderr
        cls.service.start()

    def test_the_signing_page(self):
        """Every command of the page, in its order; then a machine gets what was signed last."""
        self.assertGreaterEqual(len(self.ceremony), 5)
        self.write("new.img", b"an image of some kind\n" * 32768)
        for script in self.ceremony:
            done = self.service.shell(script)
            self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")
        self.check_payload_signatures()
        app = self.ask(REQUEST)
        self.assertEqual(app.find("updatecheck").get("status"), "ok")
        document = base64.b64decode(app.find("channel_metadata").text)
        with open(self.service.path("both.json"), "rb") as file:
            self.assertEqual(document, file.read().strip())
        self.assertEqual(json.loads(document)["signed"]["sequence"], 3)
        self.assertEqual(len(json.loads(document)["signatures"]), 2)

    def check_payload_signatures(self):
        """Each key fits the signature of its version only, and none fits without them."""
        for file, key, version, code in (("update.gz", 1, 1, 0), ("update.gz", 2, 2, 0),
                                         ("update.gz", 1, 2, 1), ("update.gz", 2, 1, 1),
                                         ("unsigned.gz", 1, 1, 1), ("unsigned.gz", 2, 2, 1)):
            done = self.service.shell(f"delta_generator -in_file {file} -public_key "
                                      f"payload-{key}.pub -public_key_version {version}")
            self.assertEqual(done.returncode, code, f"{file} {key} {version} {done.stderr}")

    def ask(self, request):
        """The application in the answer that a machine gets."""
        request = urllib.request.Request(self.service.url + "/v1/update/", request.encode(),
                                         {"Content-Type": "text/xml"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return ElementTree.fromstring(answer.read()).find("app")

    def check_offer(self, request, content):
        """The offer's URL leads to these bytes, and its digests are theirs."""
        check = self.ask(request).find("updatecheck")
        self.assertEqual(check.get("status"), "ok")
        package = check.find("manifest/packages/package")
        url = check.find("urls/url").get("codebase") + package.get("name")
        with urllib.request.urlopen(url, timeout=30) as answer:
            self.assertEqual(answer.read(), content)
        self.assertEqual(package.get("size"), str(len(content)))
        sha1 = base64.b64encode(hashlib.sha1(content).digest()).decode()
        self.assertEqual(package.get("hash"), sha1)
        sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self.assertEqual(check.find("manifest/actions/action").get("sha256"), sha256)

    def write(self, name, content):
        path = self.service.path(name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_uploaded_payloads_reach_a_machine(self):
        """A full payload and a delta: create, upload, offer, and what Omaha's client gets."""
        ctl = self.service.ctl
        full, delta = os.urandom(3 << 20), os.urandom(1 << 20)
        full_file, delta_file = self.write("full.gz", full), self.write("delta.gz", delta)
        which = ("-app-id", APP, "-version", "3.0.0")
        made = ctl("package", "create", *which, "-file", full_file)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("/flatcar/", made.stdout)
        made = ctl("package", "create", *which, "-file", delta_file, "-from", "1.0.0")
        self.assertEqual(made.returncode, 0, made.stderr)
        again = ctl("package", "upload", *which, "-file", full_file)
        self.assertEqual(again.returncode, 0, again.stderr)
        other = ctl("package", "upload", *which, "-file", delta_file)
        self.assertEqual(other.returncode, 1)
        self.assertIn("announces", other.stderr)
        offered = ctl("channel", "update", *which, "-channel", "alpha")
        self.assertEqual(offered.returncode, 0, offered.stderr)
        self.check_offer(REQUEST.replace('"stable"', '"alpha"'), full)
        request = DELTA_REQUEST.replace('"stable"', '"alpha"').replace('"m1"', '"m2"')
        self.check_offer(request, delta)
        back = self.service.path("back.gz")
        got = ctl("package", "download", *which, "-from", "1.0.0", "-output", back)
        self.assertEqual(got.returncode, 0, got.stderr)
        with open(back, "rb") as file:
            self.assertEqual(file.read(), delta)
        self.assertEqual(ctl("package", "download", *which, "-output", back).returncode, 1)
        self.assertEqual(len(os.listdir(self.service.path("packages"))), 2)
        with urllib.request.urlopen(self.service.url + "/metrics", timeout=30) as page:
            figures = dict(line.rsplit(" ", 1) for line in page.read().decode().splitlines()
                           if not line.startswith("#"))
        sent = float(figures["update_service_hosted_bytes_total"])
        self.assertEqual(sent, len(full) + 2 * len(delta))
        gone = ctl("package", "delete", *which, "-from", "1.0.0")
        self.assertEqual(gone.returncode, 0, gone.stderr)
        self.assertEqual(len(os.listdir(self.service.path("packages"))), 1)

    def test_exit_codes(self):
        ctl = self.service.ctl
        self.assertEqual(ctl("app", "list").returncode, 0)
        refused = ctl("app", "list", key="a wrong token, quite long")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("this token is not known", refused.stderr)
        self.assertEqual(refused.stdout, "")
        self.assertEqual(ctl("group", "pause").returncode, 2)
        self.assertEqual(ctl("group").returncode, 2)
        unknown = ctl("frobnicate")
        self.assertEqual(unknown.returncode, 3)
        self.assertEqual(unknown.stdout, 'updateservicectl: unknown subcommand: "frobnicate"\n'
                                         "Run 'updateservicectl --help' for usage.\n")
        self.assertEqual(ctl("--help").returncode, 0)
        self.assertEqual(ctl("-server", "http://127.0.0.1:1", "app", "list").returncode, 1)

    def test_roles_and_audit_over_a_restart(self):
        ctl = self.service.ctl
        made = ctl("admin-user", "create", "-role", "operator", "otto")
        self.assertEqual(made.returncode, 0, made.stderr)
        otto = made.stdout.strip()
        group = ("-app-id", APP, "-group-id", "9a2deb70-37be-4026-853f-bfdd6b347bbe")
        self.assertEqual(ctl("group", "pause", *group, key=otto).returncode, 0)
        self.assertIn("PAUSED", ctl("status", key=otto).stdout)
        self.assertEqual(ctl("admin-user", "list", key=otto).returncode, 1)
        self.service.stop()
        self.service.start()
        self.assertEqual(ctl("group", "unpause", *group, key=otto).returncode, 0)
        request = urllib.request.Request(self.service.url + "/api/audit?perpage=100",
                                         headers={"Authorization": f"Bearer {otto}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            entries = json.load(answer)["entries"]
        ours = [entry["action"] for entry in entries if entry["who"] == "otto"]
        self.assertEqual(ours, ["group.resume", "group.pause"])
        self.assertEqual(ctl("admin-user", "delete", "otto").returncode, 0)
        self.assertEqual(ctl("app", "list", key=otto).returncode, 1)

    def test_nobody_gets_in_without_a_token(self):
        for path in ("/api/apps", "/api/stream", "/api/overview", "/api/users"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(self.service.url + path, timeout=30)
            self.assertEqual(refused.exception.code, 401)
            self.assertEqual(json.load(refused.exception)["error"], "unauthenticated")
            refused.exception.close()


if __name__ == "__main__":
    unittest.main()
