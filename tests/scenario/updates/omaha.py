"""An update service that can be told to lie: Omaha answers and payloads over HTTP."""

import base64
import hashlib
import http.server
import re
import socket
import threading
import time

ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<response protocol="3.0" server="test"><daystart elapsed_seconds="0"/>
<app appid="{e96281a6-d1af-4bde-9a0a-97b76e56dc57}" status="ok"><ping status="ok"/>%s</app>
</response>"""
NO_UPDATE = ANSWER % '<updatecheck status="noupdate"/>'


class Event:
    def __init__(self, attributes):
        def number(name):
            found = re.search(rf'{name}="(-?\d+)"', attributes)
            return int(found.group(1)) if found else None
        self.type = number("eventtype")
        self.result = number("eventresult")
        self.code = None
        if number("errorcode") is not None:
            # Without the bits that tell of circumstances.
            self.code = number("errorcode") & 0x0fffffff
        self.previous = re.search(r'previousversion="([^"]*)"', attributes)
        self.previous = self.previous.group(1) if self.previous else None

    def __repr__(self):
        return f"{self.type}/{self.result}/{self.code}"


class Server:
    """Serves one payload; `rude` is what is wrong with the way it does."""

    def __init__(self):
        self.payload = None
        self.answer = NO_UPDATE
        self.events = []
        self.gets = []
        self.rude = None
        self.pace = None  # bytes a second
        self.checks = 0
        self.lock = threading.Lock()
        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.httpd.daemon_threads = True
        self.port = self.httpd.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1/update/"
        self.stopping = threading.Event()
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def close(self):
        self.stopping.set()
        self.httpd.shutdown()
        self.httpd.server_close()

    def offer(self, payload, version, **lies):
        self.payload = payload
        digest = base64.b64encode(hashlib.sha256(payload).digest()).decode()
        facts = {"size": len(payload), "sha256": digest, "delta": "false", "version": version,
                 "codebase": f"http://127.0.0.1:{self.port}/", "status": "ok", **lies}
        self.answer = ANSWER % (
            '<updatecheck status="{status}"><urls><url codebase="{codebase}"/></urls>'
            '<manifest version="{version}"><packages><package name="update.gz" hash="x" '
            'size="{size}" required="true"/></packages><actions><action event="postinstall" '
            'sha256="{sha256}" IsDeltaPayload="{delta}" DisablePayloadBackoff="true" '
            'MaxFailureCountPerUrl="2"/>'
            '</actions></manifest></updatecheck>').format(**facts)

    def withdraw(self):
        self.answer = NO_UPDATE

    def seen(self, kind, result):
        with self.lock:
            return [event for event in self.events if (event.type, event.result) == (kind, result)]


def handler_of(server):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments):
            pass

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_check = "<updatecheck" in body
            with server.lock:
                server.events += [Event(found) for found in re.findall(r"<event ([^>]*)>", body)]
                server.checks += is_check
            answer = server.answer if is_check else NO_UPDATE
            status = 200
            if is_check and isinstance(answer, int):
                status, answer = answer, ""
            content = answer if isinstance(answer, bytes) else answer.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self):
            whole = server.payload
            wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
            first = int(wanted.group(1)) if wanted else 0
            with server.lock:
                server.gets.append(first)
            try:
                self.give(whole, first, wanted is not None)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def give(self, whole, first, is_range):
            if server.rude == "status":
                return self.send_error(403)
            if server.rude == "redirects":
                self.send_response(302)
                self.send_header("Location", self.path)
                self.send_header("Content-Length", "0")
                return self.end_headers()
            if server.rude == "scheme":
                self.send_response(302)
                self.send_header("Location", "file:///etc/passwd")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            if server.rude == "garbage":
                self.close_connection = True
                return self.wfile.write(b"\0\1\2 no HTTP at all\r\n\r\n")
            if server.rude == "no ranges":
                first, is_range = 0, False
            body = whole[first:]
            self.send_response(206 if is_range else 200)
            if is_range:
                place = first + 1 if server.rude == "wrong range" else first
                self.send_header("Content-Range", f"bytes {place}-{len(whole) - 1}/{len(whole)}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return self.give_body(body)

        def give_body(self, body):
            if server.rude == "cut":
                self.close_connection = True
                self.wfile.write(body[:len(body) // 2])
                return self.connection.shutdown(socket.SHUT_RDWR)
            if server.rude == "cut once":
                server.rude = None
                self.close_connection = True
                self.wfile.write(body[:len(body) // 2])
                return self.connection.shutdown(socket.SHUT_RDWR)
            if server.rude == "stall":
                server.stopping.wait(600)
                self.close_connection = True
                return None
            if server.rude == "drip":
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    if server.stopping.wait(0.2):
                        break
                self.close_connection = True
                return None
            if server.pace:
                step = 1 << 16
                for at in range(0, len(body), step):
                    self.wfile.write(body[at:at + step])
                    time.sleep(step / server.pace)
                return None
            self.wfile.write(body)
            return None

    return Handler
