"""The units that are installed, as systemd sees them and as it starts them; see README.md."""

import glob
import os
import subprocess
import unittest
import urllib.request

from host import PACKAGING, Host, needs_cgroups, own_mounts

from cluster import free_ports
from machine import program, wait_until, write

UNITS = sorted(os.path.basename(path)[:-len(".in")]
               for path in glob.glob(os.path.join(PACKAGING, "*.service.in")))
BINARIES = "/opt/argosy/bin"


@needs_cgroups
class Units(unittest.TestCase):
    def setUp(self):
        # Elsewhere than below /tmp or /home, which the units may not see.
        self.host = Host("units", [f"{os.path.dirname(program('ETCD'))}:{BINARIES}"])
        self.addCleanup(self.host.destroy)
        for unit in UNITS:
            self.host.add_packaged_unit(unit, BINARIES)

    def set_variables(self, name, **variables):
        write(self.host.at("etc/default/" + name),
              "".join(f"{key}={value}\n" for key, value in variables.items()))

    def check_active(self, unit):
        self.assertEqual(self.host.state(unit), "active", self.host.journal(unit)[-3000:])

    def answer(self, url):
        def ask():
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:
                    return answer.read().decode()
            except OSError:
                return None
        return wait_until(url, ask)

    def test_systemd_finds_nothing_wrong_with_them(self):
        self.host.start()
        for unit in UNITS:
            with self.subTest(unit):
                said = subprocess.run(
                    ["nsenter", "-t", str(self.host.leader), "-a", "systemd-analyze", "verify",
                     "--man=no", "--recursive-errors=no", unit],
                    capture_output=True, text=True, check=False)
                self.assertEqual((said.returncode, said.stderr), (0, ""))

    def test_servers_start_without_privileges_and_stop(self):
        client, peer, locks, updates = free_ports(4)
        etcd = f"http://127.0.0.1:{client}"
        self.set_variables("argosy-etcd", ETCD_NAME="default",
                           ETCD_DATA_DIR="/var/lib/argosy-etcd/default",
                           ETCD_LISTEN_CLIENT_URLS=etcd, ETCD_ADVERTISE_CLIENT_URLS=etcd,
                           ETCD_LISTEN_PEER_URLS=f"http://127.0.0.1:{peer}",
                           ETCD_INITIAL_ADVERTISE_PEER_URLS=f"http://127.0.0.1:{peer}",
                           ETCD_INITIAL_CLUSTER=f"default=http://127.0.0.1:{peer}")
        self.set_variables("fleetlockd", FLEETLOCKD_LISTEN=f"127.0.0.1:{locks}",
                           FLEETLOCKD_ENDPOINT=etcd)
        self.set_variables("update-service", UPDATE_SERVICE_HOST="127.0.0.1",
                           UPDATE_SERVICE_PORT=str(updates))
        servers = ("argosy-etcd.service", "fleetlockd.service", "update-service.service")
        self.host.start(*servers)
        self.assertIn('"health":"true"', self.answer(etcd + "/health"))
        self.assertIn("# TYPE", self.answer(f"http://127.0.0.1:{locks}/metrics"))
        self.answer(f"http://127.0.0.1:{updates}/health")
        for unit in servers:
            self.check_active(unit)
            pid = self.host.run("systemctl", "show", "-p", "MainPID", "--value", unit).strip()
            user = self.host.run("ps", "-o", "uid=", "-p", pid).strip()
            self.assertGreater(int(user), 0, unit)
        for unit in servers:
            self.host.run("systemctl", "stop", unit)
            self.assertEqual(self.host.state(unit), "inactive", self.host.journal(unit)[-3000:])


if __name__ == "__main__":
    own_mounts()
    unittest.main()
