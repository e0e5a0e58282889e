"""Real etcd for the conformance of locksmith: one member, what it stores, an old one."""

import base64
import http.server
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

DEBIAN = "/usr/bin/etcd"
OURS = os.environ.get("ARGOSY_ETCD", DEBIAN)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def fetch(url, method="GET", body=None, headers=None):
    """Status and body, whatever the status is."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


class Store:
    """One member of etcd with nothing in it."""

    def __init__(self, program, *flags):
        self.folder = tempfile.TemporaryDirectory(prefix="argosy-locksmith-etcd-")
        secure = "--cert-file" in flags
        self.url = f"{'https' if secure else 'http'}://127.0.0.1:{free_port()}"
        peer = f"http://127.0.0.1:{free_port()}"
        with open(os.path.join(self.folder.name, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [program, "--data-dir", os.path.join(self.folder.name, "data"), "--name", "m",
                 "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
                 "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--initial-cluster", f"m={peer}", *flags], stdout=log, stderr=log)
        end = time.monotonic() + 30
        while not secure and not self.answers():
            assert time.monotonic() < end, "etcd does not start"
            time.sleep(0.05)

    def answers(self):
        try:
            return fetch(self.url + "/health")[0] == 200
        except OSError:
            return False

    def ctl(self, *words):
        return subprocess.run(["etcdctl", "--endpoints", self.url, *words], check=False,
                              env={**os.environ, "ETCDCTL_API": "3"}, capture_output=True,
                              timeout=30)

    def v3(self, key):
        """The bytes of a key, or nothing."""
        found = json.loads(self.ctl("get", key, "-w", "json").stdout)
        return base64.b64decode(found["kvs"][0]["value"]).decode() if "kvs" in found else None

    def v2(self, key):
        status, body = fetch(f"{self.url}/v2/keys/{urllib.parse.quote(key)}")
        return json.loads(body)["node"]["value"] if status == 200 else None

    def put(self, api, key, value):
        if api == "v3":
            assert self.ctl("put", key, value).returncode == 0
        else:
            form = urllib.parse.urlencode({"value": value}).encode()
            status, _ = fetch(f"{self.url}/v2/keys/{urllib.parse.quote(key)}", "PUT", form)
            assert status in (200, 201)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class OldServer:
    """What an etcd of before 3.0 is to its clients: HTTP/1.1 with the v2 API, and a version
    that says so. It hands on to a newer one."""

    def __init__(self, store):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else None
                if self.path == "/version":
                    status, content = 200, b'{"etcdserver":"2.3.8","etcdcluster":"2.3.0"}'
                else:
                    kind = {"Content-Type": self.headers.get("Content-Type", "")}
                    status, content = fetch(store.url + self.path, self.command, body, kind)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
