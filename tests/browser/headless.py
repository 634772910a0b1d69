"""Debian's Chromium without a screen, driven through two pipes: no port is opened, no driver is installed.

The protocol is Chrome's own (https://chromedevtools.github.io/devtools-protocol/): JSON messages that end
with a zero byte, read by the browser from descriptor 3 and written to descriptor 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
_WAIT_S = 60.0
_READ_BYTES = 1 << 20
_OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # in containers, where tests run as root, there is none to be had
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def find_chromium() -> str:
    """Raises RuntimeError where there is none: a browser test that did not run has not passed."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("no Chromium here: apt-get install chromium")
    return found


class Chromium:
    """One browser with one page. `console`: what the page said; `requests`: addresses that it asked for."""

    def __init__(self, profile: Path, *, width_px: int = 1280, height_px: int = 900) -> None:
        self.console: list[str] = []
        self.requests: list[str] = []
        self._profile = profile
        self._size = (width_px, height_px)
        self._number = 0
        self._buffer = b""
        self._session: str | None = None

    def __enter__(self) -> Self:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        width, height = self._size
        command = [
            *(find_chromium(), *_OPTIONS),
            *(f"--window-size={width},{height}", f"--user-data-dir={self._profile}", "about:blank"),
        ]
        # A shell puts the pipes where the browser looks for them: what Python passes on keeps its number.
        shell = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        self._log = (self._profile.parent / "chromium.log").open("wb")
        self._process = subprocess.Popen(
            ["bash", "-c", shell, *command],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )
        os.close(to_browser)
        os.close(from_browser)
        try:
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
            self._session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self._call(f"{domain}.enable")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._write)
        os.close(self._read)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def open(self, path: Path) -> None:
        """Show a file, and wait until all of it is there."""
        reply = self._call("Page.navigate", url=path.absolute().as_uri())
        assert "errorText" not in reply, reply
        self.evaluate(
            "new Promise(r => document.readyState == 'complete' ? r() : addEventListener('load', () => r()))"
        )
        self.evaluate("Promise.all([...document.images].map(image => image.decode())).then(() => true)")

    def evaluate(self, script: str) -> Any:
        """What a script on the page gives; promises are waited for."""
        reply = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in reply, reply["exceptionDetails"]
        return reply["result"].get("value")

    def take_screenshot(self) -> bytes:
        """The whole page, not only the window, as PNG; one pixel for each CSS pixel."""
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        reply = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(reply["data"])

    def print_pdf(self) -> bytes:
        """The page on A4, with backgrounds off, as a browser prints unless told otherwise."""
        reply = self._call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)
        return base64.b64decode(reply["data"])

    def _call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        number = self._number
        while (reply := self._receive()).get("id") != number:
            self._note(reply.get("method", ""), reply.get("params", {}))
        assert "error" not in reply, f"{method}: {reply['error']}"
        return reply["result"]

    def _note(self, event: str, parameters: dict[str, Any]) -> None:
        """Keep what the page says and asks for."""
        match event:
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Runtime.consoleAPICalled":
                self.console.append(json.dumps(parameters["args"]))
            case "Runtime.exceptionThrown":
                self.console.append(json.dumps(parameters["exceptionDetails"]))
            case "Log.entryAdded":
                self.console.append(json.dumps(parameters["entry"]))

    def _receive(self) -> dict[str, Any]:
        limit_s = time.monotonic() + _WAIT_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, limit_s - time.monotonic()))
            data = os.read(self._read, _READ_BYTES) if ready else b""
            if not data:
                why = "does not answer" if not ready else "has ended"
                raise RuntimeError(f"Chromium {why}: {self._read_log()}")
            self._buffer += data
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message

    def _read_log(self) -> str:
        return Path(self._log.name).read_text(errors="replace")[-2000:]
