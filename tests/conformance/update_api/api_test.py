#!/usr/bin/env python3
"""The operators' API and updateservicectl, as processes; the commands of the signing page."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from update_service import TOKEN, UpdateService  # noqa: E402

APP = "e96281a6-d1af-4bde-9a0a-97b76e56dc57"
STABLE = "9a2deb70-37be-4026-853f-bfdd6b347bbe"
REQUEST = f"""<request protocol="3.0"><app appid="{{{APP}}}" version="1.0.0" track="stable"
 bootid="{{x}}" machineid="m1" board="amd64-usr"><updatecheck/></app></request>"""
DELTA_REQUEST = REQUEST.replace(' track=', ' delta_okay="true" track=')


def blocks(page):
    with open(os.path.join(ROOT, "docs", page), encoding="utf-8") as file:
        return re.findall(r"^```sh\n(.*?)^```$", file.read(), re.M | re.S)


class Service(UpdateService):
    """One for all tests; a database of its own."""

    def __init__(self):
        self.place = tempfile.TemporaryDirectory(prefix="argosy-update-api-")
        super().__init__(self.place.name, "-channel-keys-file",
                         os.path.join(self.place.name, "channel-keys.pem"),
                         "-host-flatcar-packages", "-flatcar-packages-path",
                         os.path.join(self.place.name, "packages"),
                         database=os.environ.get("ARGOSY_POSTGRES"))

    def shell(self, script):
        """As an operator types it."""
        function = ('updateservicectl() { "$ARGOSY_UPDATESERVICECTL" "$@"; }\n'
                    'delta_generator() { "$DELTA_GENERATOR" "$@"; }\n')
        return subprocess.run(["bash", "-euo", "pipefail", "-c", function + script], text=True,
                              capture_output=True, timeout=120, check=False, cwd=self.place.name,
                              env=dict(os.environ, APP=APP, UPDATECTL_SERVER=self.url,
                                       UPDATECTL_KEY=TOKEN))


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
        # A machine may have the group's id as its GROUP: the document says that it is meant.
        by_id = self.ask(REQUEST.replace('"stable"', f'"{STABLE}"').replace('"m1"', '"m-id"'))
        self.assertEqual(base64.b64decode(by_id.find("channel_metadata").text), document)
        self.assertIn(STABLE, json.loads(document)["signed"]["groups"])

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

    @unittest.skipUnless("ARGOSY_POSTGRES" in os.environ, "of SQLite backups can be taken")
    def test_backups_of_postgres_are_not_ours(self):
        copy = self.service.path("copy.db")
        refused = self.service.ctl("database", "backup", copy)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("pg_dump", refused.stderr)
        self.assertFalse(os.path.exists(copy))

    def test_roles_and_audit_over_a_restart(self):
        ctl = self.service.ctl
        made = ctl("admin-user", "create", "-role", "operator", "otto")
        self.assertEqual(made.returncode, 0, made.stderr)
        otto = made.stdout.strip()
        group = ("-app-id", APP, "-group-id", STABLE)
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
