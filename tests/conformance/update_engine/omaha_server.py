"""An update server for tests: answers Omaha requests with what it is told to, serves payloads
with ranges, and keeps every request byte for byte."""

import base64
import hashlib
import http.server
import re
import sys
import threading

NO_UPDATE = ('<response protocol="3.0" server="test"><app appid="x" status="ok">'
             '<updatecheck status="noupdate"{poll}></updatecheck></app></response>')
UPDATE = ('<response protocol="3.0" server="test"><app appid="x" status="ok">'
          '<updatecheck status="ok"><urls><url codebase="{url}"/></urls>'
          '<manifest version="{version}"><packages><package name="update.gz" size="{size}" '
          'required="true"/></packages><actions><action event="postinstall" sha256="{sha256}" '
          'IsDeltaPayload="{delta}" DisablePayloadBackoff="true"{more}/></actions></manifest>'
          '</updatecheck></app></response>')
EVENT = '<response protocol="3.0"><app status="ok"><event status="ok"/></app></response>'


class Server:
    def __init__(self):
        self.requests = []  # bodies of POSTs, as they came
        self.fields = []    # their header fields
        self.gets = []      # (path, range) of payloads
        self.payload = b""
        self.status = 200
        self.check = NO_UPDATE.format(poll="")
        self.is_slow = False
        self._changed = threading.Condition()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body, fields=()):
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = outer.reply_to(body, dict(self.headers))
                self.answer(outer.status, reply.encode(), [("Content-Type", "text/xml")])

            def do_GET(self):
                wanted = self.headers.get("Range", "")
                outer.note_get(self.path, wanted)
                match = re.match(r"bytes=(\d+)-", wanted)
                start = int(match[1]) if match else 0
                size = len(outer.payload)
                fields = [("Content-Range", f"bytes {start}-{size - 1}/{size}")] if match else []
                self.answer(206 if match else 200, outer.payload[start:], fields)

        class Listener(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                # A client that was killed does not read its answer.
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(request, client_address)

        self._http = Listener(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1/update/"

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def reply_to(self, body, fields):
        with self._changed:
            self.requests.append(body)
            self.fields.append(fields)
            self._changed.notify_all()
            return self.check if b"<updatecheck>" in body else EVENT

    def note_get(self, path, wanted):
        with self._changed:
            self.gets.append((path, wanted))
            self._changed.notify_all()

    def offer(self, version, payload, delta=False, more=""):
        self.payload = payload
        sha256 = base64.b64encode(hashlib.sha256(payload).digest()).decode()
        self.check = UPDATE.format(
            url=self.url.replace("v1/update/", "packages/"), version=version, size=len(payload),
            sha256=sha256, delta="true" if delta else "false", more=more)

    def no_update(self, poll=None):
        self.check = NO_UPDATE.format(poll=f' PollInterval="{poll}"' if poll else "")

    def wait_for(self, condition, what, limit=60):
        """Until condition(requests) is true."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self.requests), limit):
                raise AssertionError(f"no {what} in {limit} s; there were: " + "\n".join(
                    gist(each) for each in self.requests))


def gist(body):
    """What sets a request apart: "check 3/2/1.0.0", "event 13/1", "event 3/0/44", "ping"."""
    text = body.decode()
    event = re.search(r'<event eventtype="(\d+)" eventresult="(\d+)"'
                      r'(?: (?:errorcode|previousversion)="([^"]*)")?', text)
    shown = "/".join(each for each in event.groups() if each is not None) if event else ""
    if "<updatecheck>" in text:
        return "check " + shown
    return "event " + shown if event else "ping"
