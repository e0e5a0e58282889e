"""Updates end to end; see README.md. Needs root, loop devices and mounts."""

import base64
import hashlib
import os
import random
import shutil
import subprocess
import tempfile
import time
import unittest

from machine import MIB, Machine, Workshop, program, read, wait_until, write
from omaha import Server

SEED = int(os.environ.get("ARGOSY_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
KILLS = 60 if os.environ.get("ARGOSY_LONG") else 8
NEED_REBOOT = "UPDATE_STATUS_UPDATED_NEED_REBOOT"


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="argosy_updates_")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.workshop = Workshop(cls.directory)
        cls.one = cls.workshop.image("1.0.0")
        cls.two = cls.workshop.image("2.0.0")
        cls.kernel = [write(os.path.join(cls.directory, f"kernel{n}"),
                            hashlib.sha512(bytes([n])).digest() * 5000 + b"%d" % n)
                      for n in (1, 2)]
        cls.full = cls.workshop.payload("full", cls.two, kernel=cls.kernel[1])
        cls.delta = cls.workshop.payload("delta", cls.two, cls.one, kernel=cls.kernel[1],
                                         old_kernel=cls.kernel[0])

    def machine(self, image):
        machine = Machine(tempfile.mkdtemp(dir=self.directory), image, read(self.kernel[0]))
        self.addCleanup(machine.destroy)
        return machine

    def server(self):
        server = Server()
        self.addCleanup(server.close)
        return server

    def check_slot(self, machine, number, image):
        content = read(image)
        self.assertEqual(machine.slot_bytes(number, len(content)), content)

    def update(self, machine, server, payload, version, **lies):
        """Until it asks for the reboot."""
        server.offer(payload, version, **lies)
        machine.attempt()
        wait_until("the update", lambda: machine.status() == NEED_REBOOT or self.fail_if_refused(
            machine, server))

    def fail_if_refused(self, machine, server):
        refused = server.seen(3, 0)
        if refused:
            self.fail(f"refused: {refused}\n{machine.log()}")


class Story(Case):
    def test_good_by_delta_then_bad_and_back(self):
        machine, server = self.machine(self.one), self.server()
        active = machine.slot_bytes(3)
        self.assertEqual(machine.boot(), "1.0.0")
        machine.start_engine(server.url)
        self.update(machine, server, self.delta, "2.0.0", delta="true")
        for kind in (13, 14, 3):
            self.assertTrue(wait_until("events", lambda k=kind: server.seen(k, 1)))
        self.assertEqual(machine.slot_bytes(3), active)
        self.check_slot(machine, 4, self.two)
        self.assertEqual(read(machine.at("root/boot/coreos/vmlinuz-b")), read(self.kernel[1]))
        self.assertEqual(machine.leftovers(), [])

        # Version 2 boots, and is good once update_engine has been up for a while.
        self.assertEqual(machine.grub_choice(takes_try=False), 4)
        self.assertEqual(machine.reboot(), "2.0.0")
        self.assertEqual((machine.attribute(4, "T"), machine.attribute(4, "S")), (0, 0))
        server.withdraw()
        machine.start_engine(server.url)
        wait_until("marked good", lambda: machine.attribute(4, "S") == 1)
        machine.attempt()
        wait_until("the first check's event",
                   lambda: [e for e in server.seen(3, 2) if e.previous == "1.0.0"])

        # Version 3 never comes up: it is not marked good, and one try later 2 is back.
        three = self.workshop.image("3.0.0", "squashfs")
        good = machine.slot_bytes(4)
        self.update(machine, server, self.workshop.payload("third", three), "3.0.0")
        self.check_slot(machine, 3, three)
        self.assertEqual(machine.slot_bytes(4), good)
        self.assertEqual(machine.reboot(), "3.0.0")
        self.assertEqual(machine.reboot(), "2.0.0")
        server.withdraw()
        machine.start_engine(server.url)
        machine.attempt()
        # "rollback": still running what was to be replaced.
        wait_until("the report", lambda: [e for e in server.seen(3, 0) if e.code == 44])
        self.assertEqual(machine.grub_choice(takes_try=False), 4)
        self.assertEqual(read(machine.slot(4))[:len(good)], good)

    def test_a_download_that_breaks_goes_on(self):
        machine, server = self.machine(self.one), self.server()
        machine.boot()
        machine.start_engine(server.url)
        server.rude = "cut once"
        self.update(machine, server, self.full, "2.0.0")
        self.assertEqual(server.gets, [0, len(self.full) // 2])
        self.check_slot(machine, 4, self.two)

    def test_a_server_without_ranges(self):
        machine, server = self.machine(self.one), self.server()
        machine.boot()
        machine.start_engine(server.url)
        server.rude = "cut once"
        server.offer(self.full, "2.0.0")
        machine.attempt()
        wait_until("the first half", lambda: server.rude is None)
        server.rude = "no ranges"
        self.update(machine, server, self.full, "2.0.0")
        self.check_slot(machine, 4, self.two)


class Crashes(Case):
    """kill -9 of update_engine at random moments: what was good stays, and the end is reached."""

    def test_killed_daemon(self):
        chance = random.Random(SEED)
        machine, server = self.machine(self.one), self.server()
        active = machine.slot_bytes(3)
        machine.boot()
        server.pace = 4 * MIB
        server.offer(self.full, "2.0.0")
        for _ in range(KILLS):
            machine.start_engine(server.url)
            machine.attempt()
            time.sleep(chance.random() * 1.5)
            machine.kill_engine()
            self.assertEqual(machine.slot_bytes(3), active, f"seed {SEED}")
            choice = machine.grub_choice(takes_try=False)
            if choice == 4:
                self.check_slot(machine, 4, self.two)
        server.pace = None
        machine.start_engine(server.url)
        machine.attempt()
        wait_until("the update", lambda: machine.status() == NEED_REBOOT)
        self.check_slot(machine, 4, self.two)
        self.assertEqual(machine.slot_bytes(3), active)
        self.assertEqual(machine.leftovers(), [])
        self.assertEqual(machine.reboot(), "2.0.0")


class WritePositions(Case):
    """Killed by itself at its n-th write or sync, then run again until it is through."""

    def setUp(self):
        self.machine_ = self.machine(self.one)
        self.machine_.boot()

    def install(self, payload, die_at=None):
        machine = self.machine_
        digest = base64.b64encode(hashlib.sha256(payload).digest()).decode()
        path = write(machine.at("payload"), payload)
        environment = machine.environment()
        count = machine.at("count")
        if os.path.exists(count):
            os.unlink(count)
        environment["LD_PRELOAD"] = os.environ["ARGOSY_WRITE_SHIM"]
        environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        environment["TEST_COUNT_TO"] = count
        environment["TEST_BELOW"] = machine.directory
        if die_at:
            environment["TEST_DIE_AT"] = str(die_at)
        done = subprocess.run(
            [program("INSTALL_ONCE"), "-url", path, "-size", str(len(payload)), "-hash", digest,
             "-active", machine.slot(machine.booted), "-kernels", machine.at("root/boot/coreos"),
             "-state", machine.at("state"), "-temporary", machine.at("root/tmp"), "-key",
             self.workshop.keys.public], capture_output=True, text=True, check=False,
            env=environment)
        writes = int(read(count)) if os.path.exists(count) else 0
        return done, writes

    def forget(self):
        machine = self.machine_
        shutil.rmtree(machine.at("state"), ignore_errors=True)
        machine.write_slot(4, bytes(12 * MIB))
        if os.path.exists(machine.at("root/boot/coreos/vmlinuz-b")):
            os.unlink(machine.at("root/boot/coreos/vmlinuz-b"))

    def check_through(self, done):
        machine = self.machine_
        self.assertIn("code 0 ", done.stdout, done.stdout + done.stderr)
        self.check_slot(machine, 4, self.two)
        self.assertEqual(read(machine.at("root/boot/coreos/vmlinuz-b")), read(self.kernel[1]))

    def run_positions(self, payload):
        chance = random.Random(SEED)
        machine = self.machine_
        active = machine.slot_bytes(3)
        done, writes = self.install(payload)
        self.check_through(done)
        self.assertGreater(writes, 10)
        for _ in range(KILLS):
            self.forget()
            message = f"seed {SEED}"
            for _ in range(3):
                died, _ = self.install(payload, chance.randrange(1, writes))
                self.assertTrue(died.returncode == -9 or "code 0 " in died.stdout, died)
                self.assertEqual(machine.slot_bytes(3), active, message)
            done, _ = self.install(payload)
            self.check_through(done)
            self.assertEqual(machine.slot_bytes(3), active, message)
        self.assertEqual(machine.leftovers(), [])

    def test_full(self):
        self.run_positions(self.full)

    def test_delta(self):
        self.run_positions(self.delta)


if __name__ == "__main__":
    unittest.main()
