"""A page in Chromium without a screen, driven as a person does: keys, text, clicks; over the browser's own debugging protocol."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from browser import FLAGS
from websockets.sync.client import ClientConnection, connect

KEYS = {"Enter": "\r", "ArrowRight": "", "ArrowLeft": "", "ArrowDown": "", "ArrowUp": "", "Tab": ""}
OURS = [flag for flag in FLAGS if not flag.startswith(("--virtual-time", "--window-size"))]


class Page:
    """One tab. ``events`` holds what the browser told of its own accord."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number = connection, 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The browser's answer to a command."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=60))
            if message.get("id") == self._number:
                assert "error" not in message, message
                return dict(message["result"])
            self.events.append(message)

    def read(self, expression: str) -> Any:
        """The value of a JavaScript expression on the page. Raises where it fails."""
        told = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait(self, condition: str, seconds: float = 60) -> None:
        """Returns once a JavaScript expression is true. TimeoutError says what was waited for."""
        deadline = time.monotonic() + seconds
        while not self.read(condition):
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds:.0f} s for {condition}; the page says: {self.read('document.body.innerText')[:2000]}")
            time.sleep(0.05)

    def open(self, url: str) -> None:
        """Goes to an address."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def press(self, key: str) -> None:
        """A key, as it is on a keyboard."""
        self.call(
            "Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=KEYS[key], windowsVirtualKeyCode=13 if key == "Enter" else 0
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    def write(self, selector: str, text: str) -> None:
        """Types a text in place of what is in a field."""
        self.read(f"(field => {{ field.focus(); field.select(); }})(document.querySelector({json.dumps(selector)}))")
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """The left button of the mouse, in the middle of an element."""
        self.read(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        box = self.read(f"document.querySelector({json.dumps(selector)}).getClientRects()[0].toJSON()")
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def say(self, selector: str) -> str:
        """What an element says."""
        return str(self.read(f"document.querySelector({json.dumps(selector)})?.textContent ?? ''"))

    def resize(self, width: int, height: int, scheme: str) -> None:
        """The window's size, and the colours that the person prefers."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def take_picture(self, path: Path) -> None:
        """What is seen, as a PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self) -> list[dict[str, Any]]:
        """Errors that the page's scripts, its policy or the browser met."""
        return [event for event in self.events if event["method"] == "Runtime.exceptionThrown" or _is_error(event)]

    def addresses(self) -> set[str]:
        """Scheme and host of all that was asked for."""
        asked = (event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent")
        return {url.split("/", 3)[0] + "//" + url.split("/", 3)[2] for url in asked}


def _is_error(event: dict[str, Any]) -> bool:
    return event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"


@contextmanager
def open_chromium(folder: Path) -> Iterator[Page]:
    """A tab of a new Chromium, whose profile is in the folder. Skips where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: `make system-packages` installs the package chromium")
    words = [program, *OURS, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    with (folder.with_suffix(".log")).open("w+") as log, subprocess.Popen(words, stderr=log, stdout=subprocess.DEVNULL) as process:
        try:
            port = _wait_for_port(folder.with_suffix(".log"), process)
            (tab, *_) = (each for each in requests.get(f"http://127.0.0.1:{port}/json/list", timeout=30).json() if each["type"] == "page")
            with connect(tab["webSocketDebuggerUrl"], max_size=None) as connection:
                yield Page(connection)
        finally:
            process.terminate()
            process.wait(20)


def _wait_for_port(log: Path, process: subprocess.Popen[bytes], seconds: float = 60) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"listening on ws://127\.0\.0\.1:(\d+)/", log.read_text(encoding="utf-8", errors="replace")):
            return int(found[1])
        time.sleep(0.1)
    raise TimeoutError(f"chromium does not answer: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
