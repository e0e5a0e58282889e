"""update-service as a process on loopback, with a directory of its own.

It may be stopped, killed and started again on the same port; its log gathers in
<directory>/log. The kernel kills it with the thread that started it.
"""

import json
import os
import signal
import subprocess
import time
import urllib.request

from cluster import die_with_parent, free_ports

READY_SECONDS = 30
TOKEN = "a token for the first administrator"


class UpdateService:
    def __init__(self, directory, *flags, port=None, database=None):
        """`flags` are those of each start. A database that is not named is SQLite's."""
        self.directory = directory
        self.flags = flags
        self.port = port or free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = database or self.path("db")
        self.process = None
        with open(self.path("token"), "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, *more):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [os.environ["ARGOSY_UPDATE_SERVICE"], "-host", "127.0.0.1", "-port",
                 str(self.port), "-database", self.database, "-root-token-file",
                 self.path("token"), *self.flags, *more],
                stderr=log, preexec_fn=die_with_parent)
        self.wait_ready()
        return self

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=READY_SECONDS):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(self.log()) from None
                time.sleep(0.02)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def end(self, number=signal.SIGTERM):
        """Its exit status; nothing when it was not running."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(number)
        return self.process.wait(READY_SECONDS)

    def stop(self):
        self.end()

    def api(self, method, path, body=None, token=TOKEN):
        """What the API answers; HTTPError when it refuses."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}", None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method)
        with urllib.request.urlopen(request, timeout=READY_SECONDS) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def ctl(self, *words, key=TOKEN, timeout=60):
        """updateservicectl, to its end."""
        return subprocess.run(
            [os.environ["ARGOSY_UPDATESERVICECTL"], *words], text=True, capture_output=True,
            timeout=timeout, check=False, stdin=subprocess.DEVNULL,
            env=dict(os.environ, UPDATECTL_SERVER=self.url, UPDATECTL_KEY=key))
