"""docs/update-bad-input.md, row by row; see README.md."""

import os
import struct
import subprocess
import sys
import time
import unittest

from machine import MIB, PATIENCE, SLOT_BYTES, Keys, program, read, wait_until, write
from updates_test import Case

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "bad_input"))
from table import matches, rows  # noqa: E402

ROWS = rows(read(os.path.join(HERE, "..", "..", "..", "docs", "update-bad-input.md")).decode())
DAEMON_ROWS = {}
DONE = set()


def row(function):
    DAEMON_ROWS[function.__name__.replace("_", "-")] = function
    return function


# -- What each row does: gives the payload to be offered, and lies about it.

@row
def signature_wrong(case, machine, server):
    other = Keys(machine.directory, "stranger")
    server.offer(case.workshop.payload("stranger", case.two, key=other.private), "2.0.0")


@row
def signature_missing(case, machine, server):
    path = case.workshop.at("unsigned")
    case.workshop_run("-out_file", path, "-new_image", case.two)
    server.offer(read(path), "2.0.0")


@row
def hash_wrong(case, machine, server):
    server.offer(case.full, "2.0.0", sha256="A" * 43 + "=")


@row
def hash_no_hash(case, machine, server):
    server.offer(case.full, "2.0.0", sha256="what?")


@row
def payload_magic(case, machine, server):
    server.offer(b"CrAP" + case.full[4:], "2.0.0")


@row
def payload_truncated(case, machine, server):
    server.offer(case.full[:-1000], "2.0.0")


@row
def payload_longer(case, machine, server):
    server.offer(case.full + b"more", "2.0.0")


@row
def payload_reordered(case, machine, server):
    start = 20 + struct.unpack(">Q", case.full[12:20])[0]
    half = start + (len(case.full) - start) // 2
    server.offer(case.full[:start] + case.full[half:] + case.full[start:half], "2.0.0")


@row
def payload_bit(case, machine, server):
    broken = bytearray(case.full)
    broken[len(broken) // 2] ^= 1
    server.offer(bytes(broken), "2.0.0")


@row
def manifest_oversized(case, machine, server):
    server.offer(case.full[:12] + struct.pack(">Q", 1 << 40) + case.full[20:], "2.0.0")


@row
def manifest_garbage(case, machine, server):
    server.offer(case.full[:20] + b"\xff" * 64 + case.full[84:], "2.0.0")


@row
def delta_wrong_base(case, machine, server):
    other = case.workshop.image("0.9.0")
    server.offer(case.workshop.payload("from-other", case.two, other), "2.0.0", delta="true")


@row
def slot_too_small(case, machine, server):
    large = case.workshop.image("2.1.0", size=SLOT_BYTES + MIB)
    server.offer(case.workshop.payload("large", large), "2.1.0")


@row
def size_larger(case, machine, server):
    server.offer(case.full, "2.0.0", size=len(case.full) + 7)


@row
def size_smaller(case, machine, server):
    server.offer(case.full, "2.0.0", size=len(case.full) - 7)


@row
def size_negative(case, machine, server):
    server.offer(case.full, "2.0.0", size=-1)


@row
def xml_malformed(case, machine, server):
    server.answer = "<response protocol="


@row
def xml_empty(case, machine, server):
    server.answer = ""


@row
def xml_entities(case, machine, server):
    server.answer = ('<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                     '<response><app><updatecheck status="&a;"/></app></response>')


@row
def xml_status(case, machine, server):
    server.offer(case.full, "2.0.0", status="error-internal")


@row
def http_status(case, machine, server):
    server.answer = 503


@row
def download_status(case, machine, server):
    server.offer(case.full, "2.0.0")
    server.rude = "status"


@row
def download_redirects(case, machine, server):
    server.offer(case.full, "2.0.0")
    server.rude = "redirects"


@row
def download_other_scheme(case, machine, server):
    server.offer(case.full, "2.0.0")
    server.rude = "scheme"


@row
def download_file(case, machine, server):
    write(machine.at("update.gz"), case.full)
    server.offer(case.full, "2.0.0", codebase=f"file://{machine.directory}/")


@row
def download_garbage(case, machine, server):
    server.offer(case.full, "2.0.0")
    server.rude = "garbage"


@row
def download_no_server(case, machine, server):
    server.offer(case.full, "2.0.0", codebase="http://127.0.0.1:1/")


@row
def download_cut(case, machine, server):
    server.offer(case.full, "2.0.0")
    server.rude = "cut"


@row
def download_stall(case, machine, server):
    server.offer(case.full, "2.0.0")
    server.rude = "stall"


@row
def download_drip(case, machine, server):
    server.offer(case.full, "2.0.0")
    server.rude = "drip"


@row
def downgrade(case, machine, server):
    server.offer(case.full, "0.9.0")


@row
def boot_full(case, machine, server):
    os.makedirs(machine.at("root/boot/coreos"), exist_ok=True)
    # Too small for the kernel.
    case.mount_small(machine.at("root/boot/coreos"))
    server.offer(case.full, "2.0.0")


@row
def postinst_fails(case, machine, server):
    image = case.workshop.image("2.2.0", postinst="#!/bin/sh\necho no boot partition\nexit 1\n")
    server.offer(case.workshop.payload("fails", image), "2.2.0")


@row
def postinst_firmware_b(case, machine, server):
    image = case.workshop.image("2.3.0", postinst="#!/bin/sh\nexit 3\n")
    server.offer(case.workshop.payload("firmware", image), "2.3.0")


@row
def postinst_hangs(case, machine, server):
    image = case.workshop.image("2.5.0", postinst="#!/bin/sh\nexec sleep 1000\n")
    server.offer(case.workshop.payload("hangs", image), "2.5.0")


@row
def image_no_filesystem(case, machine, server):
    path = write(case.workshop.at("noise"), os.urandom(MIB))
    server.offer(case.workshop.payload("noise-payload", path), "2.4.0")


class BadInput(Case):
    def workshop_run(self, *flags):
        subprocess.run([program("DELTA_GENERATOR"), *flags], check=True, capture_output=True)

    def mount_small(self, path):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], check=True)
        self.addCleanup(subprocess.run, ["umount", path], check=True)

    def said_and_code(self, name):
        texts, then = ROWS[name]
        DONE.add(name)
        return texts, then

    def check_untouched(self, machine, active, gpt):
        self.assertEqual(machine.slot_bytes(3), active)
        self.assertEqual(machine.grub_choice(takes_try=False), 3)
        self.assertEqual(self.table(machine), gpt)
        self.assertEqual(machine.leftovers(), [])

    def table(self, machine):
        return [machine.attribute(n, letter) for n in (3, 4) for letter in "PTS"]

    def run_row(self, name, act):
        if os.environ.get("TEST_TELL"):
            print(time.monotonic(), name, flush=True)
        texts, then = self.said_and_code(name)
        machine, server = self.machine(self.one), self.server()
        machine.boot()
        act(self, machine, server)
        machine.start_engine(server.url)
        wait_until("marked good", lambda: "Updating boot flags" in machine.log())
        active, gpt = machine.slot_bytes(3), self.table(machine)
        machine.attempt()
        refused = wait_until(f"a report of {name}", lambda: server.seen(3, 0) or
                             server.seen(3, 9) or self.fail_if_installed(server, machine),
                             patience=3 * PATIENCE)  # Twenty stalls, each its seconds.
        # With firmware B a reboot is what it asks for, as the original does.
        rest = "UPDATED_NEED_REBOOT" if name == "postinst-firmware-b" else "IDLE"
        wait_until("rest", lambda: machine.status() == "UPDATE_STATUS_" + rest)
        self.assertEqual(f"code {refused[0].code}", then, machine.log()[-3000:])
        for text in texts:
            self.assertTrue(matches(text, machine.log()), f"{text}\n{machine.log()[-3000:]}")
        self.check_untouched(machine, active, gpt)

    def fail_if_installed(self, server, machine):
        if server.seen(3, 1):
            self.fail("it was installed\n" + machine.log())

    def test_rows_by_the_daemon(self):
        only = os.environ.get("TEST_ONLY")
        for name, act in DAEMON_ROWS.items():
            with self.subTest(name):
                if not only or name in only.split():
                    self.run_row(name, act)

    @classmethod
    def tearDownClass(cls):
        if not os.environ.get("TEST_ONLY"):
            assert DONE == set(ROWS), DONE ^ set(ROWS)


if __name__ == "__main__":
    # Only this file's: Case comes with the other's tests.
    unittest.main(argv=[sys.argv[0], *(sys.argv[1:] or ["BadInput"])])
