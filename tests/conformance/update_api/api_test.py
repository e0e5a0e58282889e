#!/usr/bin/env python3
"""The operators' API and updateservicectl, as processes; the commands of the signing page."""

import base64
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
             "-channel-keys-file", self.path("channel-keys.pem")],
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
        function = 'updateservicectl() { "$ARGOSY_UPDATESERVICECTL" "$@"; }\n'
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
        self.assertGreaterEqual(len(self.ceremony), 4)
        with open(self.service.path("update.gz"), "wb") as file:
            file.write(b"the payload")
        for script in self.ceremony:
            done = self.service.shell(script)
            self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")
        request = urllib.request.Request(self.service.url + "/v1/update/", REQUEST.encode(),
                                         {"Content-Type": "text/xml"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            app = ElementTree.fromstring(answer.read()).find("app")
        self.assertEqual(app.find("updatecheck").get("status"), "ok")
        document = base64.b64decode(app.find("channel_metadata").text)
        with open(self.service.path("both.json"), "rb") as file:
            self.assertEqual(document, file.read().strip())
        self.assertEqual(json.loads(document)["signed"]["sequence"], 3)
        self.assertEqual(len(json.loads(document)["signatures"]), 2)

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
