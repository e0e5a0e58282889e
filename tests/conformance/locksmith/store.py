"""Real etcd for the conformance of locksmith: one member, what it stores, an old one."""

import base64
import http.server
import json
import os
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))

from cluster import THEIRS as DEBIAN, Member, ctl, free_ports  # noqa: E402

OURS = os.environ.get("ARGOSY_ETCD", DEBIAN)
__all__ = ["DEBIAN", "OURS", "OldServer", "Store", "fetch", "free_ports"]


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
        self.member = Member(program, "m", self.folder.name, flags).start()
        self.url = self.member.client_url
        if not self.member.is_secure:
            self.member.wait_ready()

    def ctl(self, *words):
        return ctl(*words, endpoints=self.url, check=False, seconds=30)

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
        self.member.kill()
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
