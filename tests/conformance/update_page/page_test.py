#!/usr/bin/env python3
"""The operators' page in Chromium, against the real service and machines that ask it."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from chromium import Chromium
from cluster import die_with_parent, free_ports

HERE = os.path.dirname(os.path.abspath(__file__))
WEB = os.path.join(HERE, "..", "..", "..", "web", "update_service")
APP = "e96281a6-d1af-4bde-9a0a-97b76e56dc57"
GROUP = "9a2deb70-37be-4026-853f-bfdd6b347bbe"
TOKEN = "a token for the first administrator"
READY_SECONDS = 30
MACHINES = 6
PAYLOAD = b"the payload"


def built_page(place):
    """The page's directory, built below `place` when it is not in its own."""
    if os.path.exists(os.path.join(WEB, "dist", "index.html")):
        return os.path.join(WEB, "dist")
    if shutil.which("npm") is None:
        print("skipped: the page is not built (./argosy web) and npm is missing")
        sys.exit(77)
    work = os.path.join(place, "web")
    shutil.copytree(WEB, work, ignore=shutil.ignore_patterns("node_modules", "dist"))
    for command in (["npm", "install", "--no-save", "--ignore-scripts"], ["npm", "run", "build"]):
        done = subprocess.run(command, cwd=work, text=True, capture_output=True, timeout=100,
                              check=False)
        if done.returncode != 0 and command[1] == "install":
            print("skipped: npm cannot install the page's libraries:", done.stderr)
            sys.exit(77)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
    return os.path.join(work, "dist")


class Service:
    """With a database of its own, and what machines and other operators do to it."""

    def __init__(self, place):
        self.place = place
        self.url = f"http://127.0.0.1:{free_ports(1)[0]}"
        with open(self.path("token"), "w", encoding="utf-8") as file:
            file.write(TOKEN)
        self.log = open(self.path("log"), "wb")
        self.process = subprocess.Popen(
            [os.environ["ARGOSY_UPDATE_SERVICE"], "-host", "127.0.0.1", "-port",
             self.url.rsplit(":", 1)[1], "-database", self.path("db"), "-root-token-file",
             self.path("token"), "-http-static-dir", built_page(place)],
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

    def path(self, name):
        return os.path.join(self.place, name)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(READY_SECONDS)
        self.log.close()

    def api(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/api/{path}", None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
            method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            raise AssertionError(refused.read().decode()) from None

    def ask(self, machine, version, inside="<updatecheck/>"):
        body = f"""<request protocol="3.0"><app appid="{{{APP}}}" version="{version}"
            track="stable" bootid="{{x}}" machineid="machine-{machine}" board="amd64-usr">
            {inside}</app></request>"""
        request = urllib.request.Request(self.url + "/v1/update/", body.encode(),
                                         {"Content-Type": "text/xml"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def offer(self, version):
        """A package, on the group's channel; the policy lets all machines update at once."""
        group = self.api("GET", f"apps/{APP}/groups/{GROUP}")
        package = self.api("POST", f"apps/{APP}/packages", {
            "type": 1, "version": version, "url": "http://127.0.0.1/", "filename": "update.gz",
            "size": "11", "hash": base64.b64encode(hashlib.sha1(PAYLOAD).digest()).decode(),
            "arch": group["channel"]["arch"], "flatcar_action": {
                "sha256": base64.b64encode(hashlib.sha256(PAYLOAD).digest()).decode()}})
        channel = group["channel"]
        self.api("PUT", f"apps/{APP}/channels/{channel['id']}",
                 {"name": channel["name"], "package_id": package["id"]})
        self.api("PUT", f"apps/{APP}/groups/{GROUP}", {
            "policy_updates_enabled": True, "policy_safe_mode": False,
            "policy_max_updates_per_period": 1000})


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="argosy-update-page-")
        cls.addClassCleanup(place.cleanup)
        cls.service = Service(place.name)
        cls.addClassCleanup(cls.service.stop)
        cls.service.offer("2.0.0")
        cls.service.api("POST", "users", {"name": "vera", "role": "viewer"})
        cls.viewer = cls.service.api("POST", "users/vera/tokens", {"note": "test"})["token"]

    def setUp(self):
        self.browser = Chromium()
        self.addCleanup(self.browser.close)
        self.addCleanup(self.keep_screenshot)

    def keep_screenshot(self):
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            path = os.path.join(tempfile.gettempdir(), f"update_page-{self.id()}.png")
            self.browser.screenshot(path)
            print(f"what the page shows: {path}; it complained: {self.browser.complaints}")

    def log_in(self, token):
        self.browser.open(self.service.url + "/")
        self.browser.click("#token")
        self.browser.type(token)
        self.browser.press_enter()

    def check_no_complaints(self):
        # Asking who is logged in, before anybody is, says 401; Chromium notes that.
        others = [each for each in self.browser.complaints if "status of 401" not in each]
        self.assertEqual(others, [])

    def test_a_rollout_is_seen_live(self):
        browser, service = self.browser, self.service
        service.api("POST", f"apps/{APP}/groups/{GROUP}/resume")
        for machine in range(MACHINES):
            service.ask(machine, "1.0.0")
        self.log_in(TOKEN)
        browser.wait_text("#live", "live")
        browser.wait_text("#instances", str(MACHINES))
        browser.wait_text("#target", "2.0.0")
        browser.wait_text("#at-target", "0")
        self.assertIn("1.0.0", browser.text("share-bar") or
                      browser.run("return find('share-bar').shadowRoot.textContent;"))
        browser.run("window.notLoadedAnew = true;")
        for machine in range(MACHINES):
            service.ask(machine, "1.0.0", '<event eventtype="3" eventresult="2"/>')
            service.ask(machine, "2.0.0")
            browser.wait_text("#at-target", str(machine + 1))
        self.assertTrue(browser.run("return window.notLoadedAnew;"))
        self.check_no_complaints()

    def test_pause_and_resume_by_click(self):
        browser, service = self.browser, self.service
        service.api("POST", f"apps/{APP}/groups/{GROUP}/resume")
        service.ask("p", "1.0.0")
        self.log_in(TOKEN)
        for wanted, label in ((False, "Resume updates"), (True, "Pause updates")):
            browser.click("#toggle")
            browser.wait_text("#toggle", label)
            group = service.api("GET", f"apps/{APP}/groups/{GROUP}")
            self.assertEqual(group["policy_updates_enabled"], wanted)
        actions = [entry["action"] for entry in service.api("GET", "audit")["entries"]]
        self.assertEqual(actions[:2], ["group.resume", "group.pause"])
        self.check_no_complaints()

    def test_a_viewer_only_looks(self):
        self.service.ask("v", "1.0.0")
        self.log_in(self.viewer)
        self.browser.wait("return find('#instances') !== null;")
        self.assertFalse(self.browser.run("return find('#toggle') !== null;"))
        self.browser.open(f"{self.service.url}/apps/{APP}/groups/{GROUP}")
        self.browser.wait("return find('instance-list table') !== null || "
                          "find('tbody a[href*=machine-v]') !== null;")
        self.assertFalse(self.browser.run("return find('policy-form, #toggle') !== null;"))
        self.check_no_complaints()

    def test_a_wrong_token_is_refused(self):
        self.log_in("a wrong token, quite long")
        self.browser.wait("return (find('p[role=alert]')?.textContent ?? '')"
                          ".includes('this token is not known');")
        self.assertFalse(self.browser.run("return find('#live') !== null;"))

    def test_all_views(self):
        self.service.ask("a", "1.0.0")
        self.service.ask("a", "1.0.0", '<event eventtype="3" eventresult="0" errorcode="7"/>')
        self.log_in(TOKEN)
        self.browser.wait_text("#live", "live")
        group = f"/apps/{APP}/groups/{GROUP}"
        for path, heading in (("/activity", "Activity"), ("/audit", "Audit"),
                              (f"{group}/instances/machine-a", "machine-a")):
            self.browser.open(self.service.url + path)
            self.browser.wait(f"return find('h2')?.textContent.trim() === {json.dumps(heading)} && "
                              "find('tbody tr') !== null;")
        self.check_no_complaints()


if __name__ == "__main__":
    unittest.main()
