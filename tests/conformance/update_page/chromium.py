"""Debian's Chromium, headless, over the DevTools protocol on its pipe (messages end with NUL)."""

import base64
import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))

from cluster import die_with_parent  # noqa: E402

WAIT_SECONDS = 60

# Components have their markup in shadow roots; this finds through all of them.
FIND = """
const find = (selector, root = document) => {
  const here = root.querySelector(selector);
  if (here) return here;
  for (const each of root.querySelectorAll('*')) {
    const below = each.shadowRoot && find(selector, each.shadowRoot);
    if (below) return below;
  }
  return null;
};
"""


def above(fd, least):
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD, least)
    os.close(fd)
    return moved


class Chromium:
    """One page. `complaints` gathers what the console and the content security policy say."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="argosy-chromium-",
                                                   ignore_cleanup_errors=True)
        read, self.output = os.pipe()
        self.input, write = os.pipe()
        # Out of the way of 3 and 4, which Chromium expects them to be.
        read, write = (above(fd, 10) for fd in (read, write))
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec 3<&{read} 4>&{write} {read}<&- {write}>&-; exec "$@"', "-",
             "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
             "--disable-extensions", "--disable-component-update", "--remote-debugging-pipe",
             f"--user-data-dir={self.profile.name}", "about:blank"],
            pass_fds=(read, write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent,
            env=dict(os.environ, HOME=self.profile.name))
        os.close(read)
        os.close(write)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.complaints = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(20)
        except (OSError, AssertionError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self.input)
        os.close(self.output)
        self.profile.cleanup()

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def read(self):
        end = time.monotonic() + WAIT_SECONDS
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.input], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.input, 1 << 16) if ready else b""
            if not piece:
                raise AssertionError("Chromium " + ("has ended" if ready else "says nothing"))
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(line)
        self.note(message.get("method"), message.get("params", {}))
        return message

    def note(self, method, params):
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    def run(self, script):
        """A function's body; its value as JSON."""
        answer = self.call("Runtime.evaluate", expression=f"(() => {{{FIND}{script}}})()",
                           returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)

    def wait(self, script, wanted=True):
        """Until the script's value is the wanted one."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            value = self.run(script)
            if value == wanted:
                return
            if time.monotonic() > end:
                raise AssertionError(f"{script} is {value!r}, not {wanted!r}")
            time.sleep(0.05)

    def text(self, selector):
        return self.run(f"return find({json.dumps(selector)})?.textContent.trim() ?? null;")

    def wait_text(self, selector, wanted):
        self.wait(f"return find({json.dumps(selector)})?.textContent.trim() ?? null;", wanted)

    def click(self, selector):
        """With the mouse, where the element is."""
        self.wait(f"return find({json.dumps(selector)}) !== null;")
        place = self.run(f"""const element = find({json.dumps(selector)});
            element.scrollIntoView({{block: 'center'}});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1],
                      button="left", clickCount=1)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def press_enter(self):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter",
                      windowsVirtualKeyCode=13, text="\r" if kind == "keyDown" else "")

    def look(self, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
