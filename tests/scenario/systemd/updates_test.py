"""Updates on a machine with a real systemd, logind, bus and journal; see README.md."""

import json
import os
import shutil
import tempfile
import unittest

from host import PACKAGING, REBOOTS, Host, needs_cgroups, own_mounts

from cluster import Cluster
from machine import Machine, Workshop, program, read, wait_until, write
from omaha import Server

MACHINE_ID = "0123456789abcdef0123456789abcdef"
SEMAPHORE = "coreos.com/updateengine/rebootlock/semaphore"
ENGINE, LOCKSMITHD = "update-engine.service", "locksmithd.service"
APP = "[Service]\nExecStart=/bin/sh {usr}/lib/app\n"
HEALTH = "[Health]\nUnit=app.service\nTimeoutSec=3\n"
HOOK = "#!/bin/sh\necho \"drained for $LOCKSMITH_STRATEGY\"\n"


class OnSystemd(Machine):
    """Its programs are units of a Host; the rest is as for Machine."""

    def __init__(self, directory, image, endpoint):
        super().__init__(directory, image)
        self.host = Host("updates", [directory, os.path.dirname(program("UPDATE_ENGINE")),
                                     *(loop.device for loop in self.loops.values())])
        self.endpoint = endpoint
        self.add_units()

    def add_units(self):
        host, binaries = self.host, os.path.dirname(program("UPDATE_ENGINE"))
        environment = self.at("unit.environment")
        host.add_packaged_unit(ENGINE, binaries, f"""[Service]
EnvironmentFile={environment}
ExecStart=
ExecStart={binaries}/update_engine -foreground -logtostderr -root={self.root} \\
  -usr_device=${{USR_DEVICE}} -temporary_directory={self.root}/tmp \\
  -set_good_root={self.directory}/good-root -time_divisor=100
""")
        host.add_packaged_unit(LOCKSMITHD, binaries, f"""[Service]
EnvironmentFile={environment}
""")
        host.add_unit("app.service", APP.format(usr=self.at("root/usr")))
        bus_policy = "com.coreos.update1.conf"
        write(host.at("etc/dbus-1/system.d/" + bus_policy),
              read(os.path.join(PACKAGING, bus_policy)))
        hook = write(host.at("etc/locksmith/before-reboot.d/10-drain"), HOOK)
        os.chmod(hook, 0o755)

    def start(self, server):
        """The slot that GRUB takes, and systemd on it; gives the version."""
        version = super().boot()
        write(self.at("root/etc/coreos/update.conf"), f"GROUP=stable\nSERVER={server.url}\n")
        variables = {key: value for key, value in self.environment().items()
                     if key.startswith(("ARGOSY_", "TEST_", "ASAN_", "UBSAN_", "TSAN_"))}
        variables |= {"USR_DEVICE": self.slot(self.booted), "REBOOT_STRATEGY": "etcd-lock",
                      "LOCKSMITHD_ENDPOINT": self.endpoint, "LOCKSMITHD_RETRY_FIRST": "1s"}
        write(self.at("unit.environment"),
              "".join(f"{key}={value}\n" for key, value in variables.items()))
        self.host.start(ENGINE, LOCKSMITHD, "app.service")
        return version

    def ends(self):
        """How the host ended; /usr is free for the next boot."""
        code = self.host.wait_for_end()
        super().shut_down()
        return code

    def attempt(self):
        wait_until("update_engine", lambda: self.host.state(ENGINE) == "active")
        # Nothing is answered.
        self.host.run("busctl", "call", "com.coreos.update1", "/com/coreos/update1",
                      "com.coreos.update1.Manager", "AttemptUpdate")

    def log(self):
        return self.host.journal(ENGINE)

    def destroy(self):
        self.host.destroy()
        super().destroy()


@needs_cgroups
class Updates(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="argosy_systemd_", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.directory)
        self.etcd = Cluster([program("ETCD")], tempfile.mkdtemp(dir=self.directory))
        self.addCleanup(self.etcd.kill_all)
        self.etcd.start()
        self.server = Server()
        self.addCleanup(self.server.close)
        self.workshop = Workshop(self.directory)
        self.one, self.two, self.three = (
            self.image(version, app) for version, app in
            (("1.0.0", "exec sleep infinity\n"), ("2.0.0", "exec sleep infinity\n"),
             ("3.0.0", "exit 1\n")))
        self.machine = OnSystemd(tempfile.mkdtemp(dir=self.directory), self.one,
                                 self.etcd.members[0].client_url)
        self.addCleanup(self.machine.destroy)

    def image(self, version, app):
        return self.workshop.image(version, more={
            "lib/app": app, "lib/update_engine/health.d/app.conf": HEALTH})

    def offer(self, name, image, version):
        self.server.offer(self.workshop.payload(name, image), version)

    def holders(self):
        got = self.etcd.ctl("get", "--print-value-only", SEMAPHORE, check=False)
        return json.loads(got.stdout)["holders"] if got.stdout.strip() else None

    def holds(self, expected):
        wait_until(f"holders {expected}", lambda: (self.holders() or []) == expected)

    def is_marked_good(self):
        return "Updating boot flags" in self.machine.log()

    def check_reboots_into(self, version):
        self.assertEqual(self.machine.ends(), REBOOTS, self.machine.log()[-3000:])
        self.assertEqual(self.machine.start(self.server), version)

    def test_a_healthy_version_stays_and_an_unhealthy_one_goes(self):
        machine = self.machine
        self.assertEqual(machine.start(self.server), "1.0.0")
        self.assertEqual(machine.host.state("app.service"), "active")
        wait_until("marked good", self.is_marked_good)

        self.offer("second", self.two, "2.0.0")
        machine.attempt()
        self.assertEqual(machine.ends(), REBOOTS)
        # The lock is held while the machine is down, and the hook's words are in the journal.
        self.assertEqual(self.holders(), [MACHINE_ID])
        self.assertIn("drained for etcd-lock", machine.host.journal(LOCKSMITHD))

        self.server.withdraw()
        self.assertEqual(machine.start(self.server), "2.0.0")
        wait_until("marked good", lambda: machine.attribute(4, "S") == 1)
        self.holds([])

        self.offer("third", self.three, "3.0.0")
        machine.attempt()
        self.check_reboots_into("3.0.0")
        # It asks logind by itself; GRUB then takes the slot that was good.
        self.assertEqual(machine.ends(), REBOOTS)
        failed = read(machine.at("root/var/lib/update_engine/failed-version")).decode()
        self.assertIn("VERSION=3.0.0\nPARTITION=3\n", failed)
        self.assertIn("UNIT=app.service failed", failed)
        self.assertEqual([machine.attribute(3, letter) for letter in "PTS"], [0, 0, 0])

        self.server.withdraw()
        self.assertEqual(machine.start(self.server), "2.0.0")
        machine.attempt()
        wait_until("the report", lambda: [e for e in self.server.seen(3, 0) if e.code == 44])
        self.holds([])


if __name__ == "__main__":
    own_mounts()
    unittest.main()
