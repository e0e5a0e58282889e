"""The whole loop with the real update service; see README.md. Needs root, loop devices, mounts."""

import base64
import hashlib
import os
import shutil
import sys
import tempfile
import unittest
import urllib.error

from machine import APP, Machine, Workshop, read, wait_until, write

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                                "conformance", "cluster"))

from update_service import UpdateService  # noqa: E402

APP_ID = APP.strip("{}")
NEED_REBOOT = "UPDATE_STATUS_UPDATED_NEED_REBOOT"
IDLE = "UPDATE_STATUS_IDLE"


class Service(UpdateService):
    """update-service that hosts what it offers."""

    def __init__(self, directory):
        self.packages = os.path.join(directory, "packages")
        super().__init__(directory, "-host-flatcar-packages",
                         "-flatcar-packages-path", self.packages)
        self.channel_key = os.path.join(directory, "channel.key")
        self.ctl_words("key", "generate", "-bits", "2048", self.channel_key)
        self.start("-channel-keys-file", self.channel_key + ".pub")

    def ctl_words(self, *words):
        done = self.ctl(*words)
        assert done.returncode == 0, done.stderr

    def sign_channel(self):
        document = os.path.join(self.directory, "stable.json")
        self.ctl_words("channel", "draft", "-app-id", APP_ID, "-channel", "stable", "-arch",
                       "amd64", "-file", document)
        self.ctl_words("channel", "sign", "-file", document, "-key", self.channel_key)
        self.ctl_words("channel", "push", "-app-id", APP_ID, "-file", document)

    def ask(self, method, path, body=None):
        try:
            return self.api(method, path.lstrip("/"), body)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def add_package(self, version, payload, source=""):
        name = f"{version}-{source or 'full'}.gz"
        write(os.path.join(self.packages, name), payload)
        digest = base64.b64encode(hashlib.sha256(payload).digest()).decode()
        sha1 = base64.b64encode(hashlib.sha1(payload).digest()).decode()
        return self.ask("POST", f"/apps/{APP_ID}/packages", {
            "application_id": APP_ID, "type": 1, "arch": 1, "version": version,
            "source_version": source, "url": "/flatcar/", "filename": name,
            "size": str(len(payload)), "hash": sha1,
            "flatcar_action": {"event": "postinstall", "sha256": digest}})

    def stable(self):
        channels = self.ask("GET", f"/apps/{APP_ID}/channels?perpage=50")["channels"]
        return next(c for c in channels if c["name"] == "stable" and c["arch"] == 1)

    def offer(self, package):
        channel = self.stable()
        channel["package_id"] = package["id"]
        self.ask("PUT", f"/apps/{APP_ID}/channels/{channel['id']}", channel)

    def group(self):
        groups = self.ask("GET", f"/apps/{APP_ID}/groups?perpage=50")["groups"]
        return next(g for g in groups if g["track"] == "stable"
                    and g["channel_id"] == self.stable()["id"])

    def set_policy(self, **policy):
        group = self.group()
        self.ask("PUT", f"/apps/{APP_ID}/groups/{group['id']}", {**group, **policy})

    def instance(self, machine_id):
        group = self.group()
        found = self.ask("GET", f"/apps/{APP_ID}/groups/{group['id']}/instances?status=0"
                                f"&sort=2&sortOrder=0&page=1&perpage=50&duration=30d")
        return next((i for i in found["instances"] if i["id"] == machine_id), None)


class Loop(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="argosy_update_loop_")
        self.addCleanup(shutil.rmtree, self.directory)
        self.workshop = Workshop(self.directory)
        self.service = Service(self.directory)
        self.addCleanup(self.service.stop)

    def status_of(self, machine):
        machine_id = read(machine.at("root/etc/machine-id")).decode().strip()
        instance = self.service.instance(machine_id)
        return instance and (instance["application"]["version"],
                             instance["application"]["status"])

    def update(self, machine):
        """Asks again while the service has granted enough for this second."""
        def attempt():
            machine.attempt()
            wait_until("an end", lambda: machine.status() in (NEED_REBOOT, IDLE))
            return machine.status() == NEED_REBOOT
        try:
            wait_until("the update", attempt)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{machine.log()}") from error

    def test_by_delta_then_a_bad_version_that_stops_the_rollout(self):
        one, two = self.workshop.image("1.0.0"), self.workshop.image("2.0.0")
        three = self.workshop.image("3.0.0", "squashfs")
        self.service.set_policy(policy_safe_mode=True, policy_max_updates_per_period=1,
                                policy_period_interval="1 seconds")
        package = self.service.add_package("2.0.0", self.workshop.payload("full", two))
        delta = self.workshop.payload("delta", two, one)
        self.service.add_package("2.0.0", delta, "1.0.0")
        self.service.offer(package)
        machine = Machine(tempfile.mkdtemp(dir=self.directory), one)
        self.addCleanup(machine.destroy)
        self.assertEqual(machine.boot(), "1.0.0")
        machine.start_engine(self.service.url + "/v1/update/")
        self.update(machine)
        # Told by its size: the delta it was.
        self.assertIn(f"/{len(delta)} bytes (100%)", machine.log())
        self.assertEqual(machine.slot_bytes(4, os.path.getsize(two)), read(two))
        self.assertEqual(self.status_of(machine), ("1.0.0", 5))

        self.assertEqual(machine.reboot(), "2.0.0")
        machine.start_engine(self.service.url + "/v1/update/")
        wait_until("marked good", lambda: machine.attribute(4, "S") == 1)
        machine.attempt()
        wait_until("the service knows", lambda: self.status_of(machine) == ("2.0.0", 4))
        self.assertTrue(self.service.group()["policy_updates_enabled"])

        self.service.offer(self.service.add_package(
            "3.0.0", self.workshop.payload("third", three)))
        wait_until("rest", lambda: machine.status() == IDLE)
        self.update(machine)
        self.assertEqual(machine.reboot(), "3.0.0")
        # It is not marked good before the next boot, which is the old version's.
        self.assertEqual(machine.reboot(), "2.0.0")
        machine.start_engine(self.service.url + "/v1/update/")
        machine.attempt()
        wait_until("the service knows", lambda: self.status_of(machine) == ("2.0.0", 3))
        wait_until("the rollout stops",
                   lambda: not self.service.group()["policy_updates_enabled"])
        self.assertEqual(machine.grub_choice(takes_try=False), 4)

        # An operator lets it go on: the machine remembers what was bad.
        self.service.set_policy(policy_updates_enabled=True)
        wait_until("rest", lambda: machine.status() == IDLE)
        machine.attempt()
        wait_until("the refusal", lambda: "version 3.0.0 was installed before and did not hold"
                   in machine.log())
        self.assertEqual(machine.grub_choice(takes_try=False), 4)

    def test_a_machine_that_names_its_group_by_id_believes_the_channel_s_signed_statement(self):
        key = {"share/update_engine/channel-metadata-key.pub.pem":
               read(self.service.channel_key + ".pub")}
        one = self.workshop.image("1.0.0", more=key)
        two = self.workshop.image("2.0.0", more=key)
        self.service.set_policy(policy_safe_mode=False)
        self.service.offer(self.service.add_package("2.0.0", self.workshop.payload("full", two)))
        machine = Machine(tempfile.mkdtemp(dir=self.directory), one)
        self.addCleanup(machine.destroy)
        self.assertEqual(machine.boot(), "1.0.0")
        machine.start_engine(self.service.url + "/v1/update/", self.service.group()["id"])
        machine.attempt()
        wait_until("the refusal", lambda: "channel" in machine.log()
                   and machine.status() == IDLE)
        self.assertNotEqual(machine.grub_choice(takes_try=False), 4)
        self.service.sign_channel()
        self.update(machine)
        self.assertEqual(machine.reboot(), "2.0.0")


if __name__ == "__main__":
    unittest.main()
