#!/usr/bin/env python3
"""The operators' page in Chromium, against the real service and machines that ask it."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

from chromium import Chromium
from update_service import TOKEN, UpdateService

HERE = os.path.dirname(os.path.abspath(__file__))
WEB = os.path.join(HERE, "..", "..", "..", "web", "update_service")
APP = "e96281a6-d1af-4bde-9a0a-97b76e56dc57"
GROUP = "9a2deb70-37be-4026-853f-bfdd6b347bbe"
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


class Service(UpdateService):
    """With a database of its own, and what machines and other operators do to it."""

    def __init__(self, place):
        secret = os.path.join(place, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("a secret that outlives a restart of the service")
        super().__init__(place, "-http-static-dir", built_page(place),
                         "-session-secret-file", secret)
        self.start()

    def api(self, method, path, body=None, token=TOKEN):
        try:
            return super().api(method, path, body, token)
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

    def open_group(self):
        self.log_in(TOKEN)
        self.browser.wait_text("#live", "live")
        self.browser.open(f"{self.service.url}/apps/{APP}/groups/{GROUP}")
        self.browser.wait("return find('instance-list') !== null;")

    def test_policy_is_changed_in_its_form(self):
        browser, service = self.browser, self.service
        self.open_group()
        browser.click("summary")
        field = "input[name=policy_max_updates_per_period]"
        self.write_into(field, "7")
        self.write_into("input[name=policy_period_interval]", "20 minutes")
        browser.click("input[name=policy_office_hours]")
        browser.click("policy-form button, form div button")
        browser.wait_text("form div [role=status]", "Saved.")
        group = service.api("GET", f"apps/{APP}/groups/{GROUP}")
        self.assertEqual((group["policy_max_updates_per_period"], group["policy_period_interval"],
                          group["policy_office_hours"]), (7, "20 minutes", True))
        self.assertEqual(service.api("GET", "audit")["entries"][0]["action"], "group.change")
        self.check_no_complaints()
        self.write_into("input[name=policy_period_interval]", "a while")
        browser.click("policy-form button, form div button")
        browser.wait("return find('form div [role=status]')?.textContent"
                     ".startsWith('Not saved: ') ?? false;")
        after = service.api("GET", f"apps/{APP}/groups/{GROUP}")
        self.assertEqual(after["policy_period_interval"], "20 minutes")
        service.api("PUT", f"apps/{APP}/groups/{GROUP}", {
            "policy_max_updates_per_period": 1000, "policy_office_hours": False})

    def write_into(self, selector, text):
        """Instead of what is there, with the keyboard."""
        self.browser.wait(f"return find({json.dumps(selector)}) !== null;")
        self.browser.run(f"find({json.dumps(selector)}).focus();"
                         f"find({json.dumps(selector)}).select();")
        self.browser.type(text)

    def rows(self):
        return self.browser.run("return find('tbody')?.children.length ?? 0;")

    def test_machines_page_by_page(self):
        browser = self.browser
        for machine in range(60):
            self.service.ask(f"page-{machine:02}", "1.0.0")
        total = self.service.api(
            "GET", f"apps/{APP}/groups/{GROUP}/instancescount?duration=1d")["count"]
        self.open_group()
        pages = "return find('#pages span')?.textContent.replace(/\\s+/g, ' ').trim() ?? '';"
        browser.wait(pages, f"1 to 50 of {total}")
        self.assertEqual(self.rows(), 50)
        self.assertTrue(browser.run("return find('#previous').disabled;"))
        browser.click("#next")
        browser.wait(pages, f"51 to {total} of {total}")
        browser.wait("return find('tbody')?.children.length ?? 0;", total - 50)
        self.assertTrue(browser.run("return find('#next').disabled;"))
        # Another filter begins at its first page.
        browser.run("const status = find('#status'); status.value = '8';"
                    "status.dispatchEvent(new Event('change'));")
        browser.wait("return find('tbody') === null && find('#pages') === null;")
        browser.run("const status = find('#status'); status.value = '';"
                    "status.dispatchEvent(new Event('change'));")
        browser.wait(pages, f"1 to 50 of {total}")
        self.check_no_complaints()

    def test_the_page_finds_a_service_that_was_restarted(self):
        browser, service = self.browser, self.service
        service.ask("r0", "1.0.0")
        self.log_in(TOKEN)
        browser.wait_text("#live", "live")
        browser.run("window.notLoadedAnew = true;")
        before = int(browser.text("#instances"))
        service.stop()
        browser.wait("return find('#live').textContent.includes('not connected');")
        # What was there is still to be seen.
        self.assertEqual(browser.text("#instances"), str(before))
        service.start()
        service.ask("r1", "1.0.0")
        browser.wait_text("#live", "live")
        browser.wait_text("#instances", str(before + 1))
        self.assertTrue(browser.run("return window.notLoadedAnew;"))

    def test_log_out(self):
        browser = self.browser
        self.log_in(TOKEN)
        browser.wait_text("#live", "live")
        cookies = browser.call("Network.getCookies")["cookies"]
        session = next(each for each in cookies if each["name"] == "update_service_session")
        browser.click("#leave")
        browser.wait("return find('#token') !== null && find('#live') === null;")
        self.assertEqual(browser.call("Network.getCookies")["cookies"], [])
        # Who has kept the cookie has nothing of it.
        request = urllib.request.Request(
            self.service.url + "/api/session",
            headers={"Cookie": f"{session['name']}={session['value']}"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=30)
        refused.exception.close()
        self.assertEqual(refused.exception.code, 401)
        self.check_no_complaints()

    def test_from_what_is_stuck_to_the_machine(self):
        """Paused after failures: the overview leads to the group, to who failed, and to why."""
        browser, service = self.browser, self.service
        service.ask("well", "1.0.0")
        service.ask("stuck", "1.0.0")
        service.ask("stuck", "1.0.0", '<event eventtype="3" eventresult="0" errorcode="2404"/>')
        service.api("POST", f"apps/{APP}/groups/{GROUP}/pause")
        self.addCleanup(service.api, "POST", f"apps/{APP}/groups/{GROUP}/resume")
        self.log_in(TOKEN)
        browser.wait("return find('#advice li.error')?.textContent.includes('failed with 2.0.0')"
                     " ?? false;")
        browser.click("#advice li.error a")
        browser.wait("return find('.advice.error') !== null && find('tbody tr') !== null;")
        browser.click("a[href$='?status=3']")
        browser.wait("return find('#status')?.value;", "3")
        # The list of all is there until that of the failed ones has come.
        browser.wait("return find('a[href$=\"/instances/machine-well\"]') === null && "
                     "find('a[href$=\"/instances/machine-stuck\"]') !== null;")
        browser.click("a[href$='/instances/machine-stuck']")
        browser.wait("return find('tbody')?.textContent.includes('2404: HTTP status 404') "
                     "?? false;")
        self.check_no_complaints()

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
